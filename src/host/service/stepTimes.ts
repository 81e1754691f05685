/** How long the steps of an answer took in this session, as a guess at the next; knows nothing of what they do. */

import type { StepName } from "../../model/ask/progress";

/** A picture that is known already is looked at in no time, and says nothing of one that is not. */
const MIN_MS = 1000;
/** Enough that one slow moment of the machine does not count. */
const MAX_SAMPLES = 5;

export class StepTimes {
  readonly #model: () => string;
  /** By model and step; the latest last. */
  readonly #samples = new Map<string, number[]>();

  /** @param model whose times these are. */
  constructor(model: () => string) {
    this.#model = model;
  }

  /** Takes note of a step that came to its end, in ms. */
  note(name: StepName, ms: number): void {
    if (ms < MIN_MS) return;
    const key = this.#key(name);
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), ms].slice(-MAX_SAMPLES));
  }

  /** The median, in ms. Undefined before the first, and for words: how many there will be is unknown. */
  expected(name: StepName): number | undefined {
    if (name === "write") return undefined;
    const sorted = [...(this.#samples.get(this.#key(name)) ?? [])].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  #key(name: StepName): string {
    return `${name} ${this.#model()}`;
  }
}
