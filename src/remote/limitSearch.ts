/**
 * Which number in flight brings the most answers in a time, found out by trying: twice as many as long as that pays,
 * and from then on a few more or a few fewer now and then. A refusal is a trial that failed.
 */

/** Twice as many in flight must bring this much more. */
const GAIN_OF_DOUBLING = 1.2;
/** A few more must bring more, because whoever else asks waits longer; fewer may bring as much. */
const GAIN_OF_MORE = 1.05;
const GAIN_OF_FEWER = 1;
const STEP_SHARE = 0.25;
/** Answers differ in length: fewer say little of a server. */
const MIN_ANSWERS = 8;
/** A trial that brings less than this ends after half of them. */
const HOPELESS_SHARE = 0.8;
/** Measurements between two trials where none has paid for long. */
const MAX_PATIENCE = 16;

interface Measured {
  readonly limit: number;
  readonly rate: number;
}

export class LimitSearch {
  readonly #max: number;
  #limit: number;
  #best: Measured | undefined;
  #state: "doubling" | "trying" | "keeping" = "doubling";
  #direction: 1 | -1 = 1;
  #patience = 1;
  /** Measurements until the next trial. */
  #nKept = 0;

  /** @param first to begin with; @param max that it never exceeds. */
  constructor(first: number, max: number) {
    this.#max = max;
    this.#limit = Math.min(first, max);
  }

  get limit(): number {
    return this.#limit;
  }

  /**
   * Learns from what was measured with as many in flight as the limit says.
   * @param nAnswers that were measured; @param rate answers in a time.
   * @returns false where more of them are needed.
   */
  measured(nAnswers: number, rate: number): boolean {
    if (nAnswers < this.#nNeeded(rate)) return false;
    const limit = this.#limit;
    const best = this.#best;
    if (best?.limit === limit) {
      // The server may have become faster or slower.
      this.#best = { limit, rate: (best.rate + rate) / 2 };
      if (--this.#nKept <= 0) this.#try("trying");
    } else if (best === undefined || rate >= best.rate * this.#gain) {
      this.#best = { limit, rate };
      this.#patience = 1;
      this.#try(this.#state === "doubling" ? "doubling" : "trying");
    } else {
      this.#fail(best);
    }
    return true;
  }

  /** The server does not take as many. */
  refused(): void {
    if (this.#best !== undefined && this.#best.limit < this.#limit) {
      this.#fail(this.#best);
      return;
    }
    // It takes fewer than it did.
    this.#best = undefined;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#keep();
  }

  #nNeeded(rate: number): number {
    if (this.#state === "doubling") return this.#limit;
    const nEnough = Math.max(MIN_ANSWERS, 2 * this.#limit);
    const isHopeless =
      this.#state === "trying" &&
      this.#best !== undefined &&
      rate < this.#best.rate * HOPELESS_SHARE;
    return isHopeless ? nEnough / 2 : nEnough;
  }

  get #gain(): number {
    if (this.#state === "doubling") return GAIN_OF_DOUBLING;
    return this.#direction > 0 ? GAIN_OF_MORE : GAIN_OF_FEWER;
  }

  #try(state: "doubling" | "trying"): void {
    this.#state = state;
    const limit = this.#limit;
    const step = state === "doubling" ? limit : Math.max(1, Math.round(limit * STEP_SHARE));
    this.#limit = Math.min(this.#max, Math.max(1, limit + this.#direction * step));
    if (this.#limit === limit) this.#turn();
  }

  #fail({ limit }: Measured): void {
    this.#limit = limit;
    if (this.#state === "trying") this.#turn();
    else this.#keep();
  }

  /** The next trial goes the other way, and later than this one did. */
  #turn(): void {
    this.#direction = this.#direction > 0 ? -1 : 1;
    this.#patience = Math.min(2 * this.#patience, MAX_PATIENCE);
    this.#keep();
  }

  #keep(): void {
    this.#state = "keeping";
    this.#nKept = this.#patience;
  }
}
