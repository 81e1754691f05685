/** When a child that keeps dying may be started again; pure arithmetic on times. */

export interface RestartLimits {
  /** Wait after the second death in a row, in ms; the first costs no wait. @default 1000 */
  readonly firstDelayMs?: number;
  /** The wait doubles with each further death up to this, in ms. @default 60000 */
  readonly maxDelayMs?: number;
  /** From this many deaths in a row on, a call fails instead of waiting. @default 3 */
  readonly maxFailures?: number;
}

/** What a call that needs the child should do. */
export type RestartAdvice =
  | { readonly kind: "start" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "refuse"; readonly ms: number; readonly nFailures: number };

export class RestartPolicy {
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #maxFailures: number;
  #nFailures = 0;
  #allowedAtMs = -Infinity;

  constructor(limits: RestartLimits = {}) {
    this.#firstDelayMs = limits.firstDelayMs ?? 1000;
    this.#maxDelayMs = limits.maxDelayMs ?? 60_000;
    this.#maxFailures = limits.maxFailures ?? 3;
  }

  /** The child died, or never became ready. */
  failed(nowMs: number): void {
    this.#nFailures += 1;
    const delayMs = this.#nFailures === 1 ? 0 : this.#firstDelayMs * 2 ** (this.#nFailures - 2);
    this.#allowedAtMs = nowMs + Math.min(delayMs, this.#maxDelayMs);
  }

  /** The child did what it was asked to do. */
  succeeded(): void {
    this.#nFailures = 0;
    this.#allowedAtMs = -Infinity;
  }

  advice(nowMs: number): RestartAdvice {
    const ms = this.#allowedAtMs - nowMs;
    if (ms <= 0) return { kind: "start" };
    return this.#nFailures < this.#maxFailures
      ? { kind: "wait", ms }
      : { kind: "refuse", ms, nFailures: this.#nFailures };
  }
}
