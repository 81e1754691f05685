/**
 * One forked child: its channel, its log and its end. Knows nothing of what is said on the channel.
 * Node frames the messages: bytes that something else writes into the channel's file descriptor are
 * an uncaught exception of Node's that cannot be caught here.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Logger } from "../../base/logger";
import { NATIVE_MEMORY_ENV } from "../../base/nativeMemory";
import type { Transport } from "../../protocol/transport";
import type { Clock } from "../../base/clock";

export interface ForkOptions {
  /** The bundled program of the child. */
  readonly childFile: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Says in lists of processes what the child is for; the child does not look at it. */
  readonly label?: string;
  /** Options of Node for the child. @default [] */
  readonly execArgv?: readonly string[];
  /** Gets what the child prints. */
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long SIGTERM may take before SIGKILL follows, in ms. @default 2000 */
  readonly killGraceMs?: number;
}

/** How a process ended: a code or a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface EngineProcess {
  /** Undefined when the process could not be started. */
  readonly pid: number | undefined;
  readonly transport: Transport;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Asks with SIGTERM, then insists with SIGKILL. */
  kill(): void;
  /** SIGKILL at once, for a process that hangs. */
  killNow(): void;
}

/** Starts the child. A child that cannot be started is one that exits at once. */
export function forkEngine(options: ForkOptions): EngineProcess {
  const child = fork(options.childFile, options.label === undefined ? [] : [options.label], {
    // The editor's own program is Electron, which is Node only when it is told to be.
    env: { ...NATIVE_MEMORY_ENV, ...process.env, ELECTRON_RUN_AS_NODE: "1", ...options.env },
    // Not the host's own options: an inspector port can be open only once.
    execArgv: [...(options.execArgv ?? [])],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  logLines(child.stdout, options.logger);
  logLines(child.stderr, options.logger);
  return new ForkedEngine(child, options);
}

class ForkedEngine implements EngineProcess {
  readonly #child: ChildProcess;
  readonly #options: ForkOptions;
  readonly transport: Transport;
  readonly exited: Promise<ProcessExit>;
  #hasExited = false;
  #stopKillTimer: (() => void) | undefined;

  constructor(child: ChildProcess, options: ForkOptions) {
    this.#child = child;
    this.#options = options;
    this.exited = new Promise((resolve) => {
      const end = (exit: ProcessExit): void => {
        this.#hasExited = true;
        this.#stopKillTimer?.();
        resolve(exit);
      };
      child.once("exit", (code, signal) => {
        end({ code, signal });
      });
      child.on("error", (error) => {
        options.logger.error(`The engine's process: ${error.message}`);
        // A process that never started has no exit event.
        if (child.pid === undefined) end({ code: null, signal: null });
      });
    });
    // A child without a channel can do nothing more.
    child.once("disconnect", () => {
      this.kill();
    });
    this.transport = this.#createTransport();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): void {
    if (this.#hasExited || this.#stopKillTimer !== undefined) return;
    this.#child.kill("SIGTERM");
    this.#stopKillTimer = this.#options.clock.after(this.#options.killGraceMs ?? 2000, () => {
      this.killNow();
    });
  }

  killNow(): void {
    if (!this.#hasExited) this.#child.kill("SIGKILL");
  }

  #createTransport(): Transport {
    const child = this.#child;
    return {
      send: (message) => {
        if (!child.connected) return;
        // The message comes from our own typed code; a channel that closes meanwhile is no error.
        child.send(message as object, () => undefined);
      },
      onMessage: (listener) => {
        child.on("message", listener);
      },
      onClose: (listener) => {
        void this.exited.then(({ code, signal }) => {
          listener(signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`);
        });
      },
    };
  }
}

/** Native libraries print too, so both streams go to the log, line by line. */
function logLines(stream: Readable | null, logger: Logger): void {
  if (stream === null) return;
  stream.on("error", (error) => {
    logger.warn(`The engine's output: ${error.message}`);
  });
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
    logger.info(`[engine] ${line}`);
  });
}
