/** How long work that counts bytes will still take, going by its speed of late. */

/** Long enough to even out a slow file, short enough to notice a slower line, in ms. */
const WINDOW_MS = 30_000;
/** Sooner a speed would be a guess, in ms. */
const MIN_MS = 3000;

interface Sample {
  readonly atMs: number;
  readonly doneBytes: number;
}

export class TimeLeft {
  readonly #nowMs: () => number;
  #samples: Sample[] = [];
  #bytesPerSecond: number | undefined;

  /** @param nowMs a clock in milliseconds that only goes forward. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The speed of late; undefined while it is not known. */
  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond;
  }

  /**
   * Takes the next count into account.
   * @returns seconds, or undefined while the speed is not known.
   */
  update({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): number | undefined {
    const atMs = this.#nowMs();
    const last = this.#samples.at(-1);
    // Another step, or a file that starts again.
    if (last !== undefined && doneBytes < last.doneBytes) this.#samples = [];
    this.#samples.push({ atMs, doneBytes });
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS);
    const [first] = this.#samples;
    this.#bytesPerSecond = undefined;
    if (first === undefined || atMs - first.atMs < MIN_MS) return undefined;
    const bytesPerMs = (doneBytes - first.doneBytes) / (atMs - first.atMs);
    if (bytesPerMs > 0) this.#bytesPerSecond = bytesPerMs * 1000;
    return bytesPerMs <= 0 ? undefined : Math.max(0, totalBytes - doneBytes) / bytesPerMs / 1000;
  }
}

/** A duration in the two largest units that matter: seconds alone below a minute. */
export interface Duration {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Rounded up: minutes from a minute on, so that the text does not flicker. */
export function durationOf(seconds: number): Duration {
  if (seconds < 60) return { hours: 0, minutes: 0, seconds: Math.ceil(seconds) };
  const minutes = Math.ceil(seconds / 60);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60, seconds: 0 };
}
