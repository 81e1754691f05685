/** What can end the work before it is done: a signal, or a reader that went away. */

/** 128 + the number of the signal, as shells report it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type InterruptSignal = keyof typeof EXIT_CODES;

/** Collects reasons to stop into one AbortSignal and remembers the exit code that they ask for. */
export class Interrupts {
  readonly #controller = new AbortController();
  #intercept: (() => boolean) | undefined;
  #exitCode: number | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the process should exit with because it was told to stop; undefined when it was not. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Stops the work, unless someone makes other use of an interrupt at the moment. */
  interrupt(signal: InterruptSignal): void {
    if (signal === "SIGINT" && this.#intercept?.() === true) return;
    this.#stop(EXIT_CODES[signal]);
  }

  /** Stops the work because nobody can get its output. */
  outputLost(exitCode: number): void {
    this.#stop(exitCode);
  }

  /**
   * Lets the handler have every SIGINT first; returning true keeps the work going.
   * @returns a function that ends this.
   */
  intercept(handler: () => boolean): () => void {
    this.#intercept = handler;
    return () => {
      this.#intercept = undefined;
    };
  }

  #stop(exitCode: number): void {
    this.#exitCode ??= exitCode;
    this.#controller.abort();
  }
}

/** The part of `process` that tells of signals. */
export interface SignalSource {
  on(signal: InterruptSignal, listener: () => void): unknown;
  off(signal: InterruptSignal, listener: () => void): unknown;
}

/**
 * Connects a process's signals. Once the work has been told to stop, signals have their default
 * action again: a second Ctrl-C ends the process even while native code computes.
 */
export function connectSignals(interrupts: Interrupts, source: SignalSource): void {
  const listeners = (Object.keys(EXIT_CODES) as InterruptSignal[]).map((signal) => {
    const listener = (): void => {
      interrupts.interrupt(signal);
    };
    source.on(signal, listener);
    return { signal, listener };
  });
  interrupts.signal.addEventListener("abort", () => {
    for (const { signal, listener } of listeners) source.off(signal, listener);
  });
}
