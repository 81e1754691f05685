/**
 * Follows many patterns through a text at once: a nondeterministic automaton whose sets of states become states
 * of a deterministic one when a text first reaches them (Thompson 1968).
 */

import type { Pattern } from "./patterns";

interface Arrow {
  readonly has: (unit: number) => boolean;
  readonly to: number;
}

interface Step {
  /** Which pattern ends here, the first of several; -1 for none. */
  readonly accepts: number;
  readonly arrows: readonly Arrow[];
  /** What follows on a UTF-16 unit, as far as a text has asked. */
  readonly next: Map<number, Step | undefined>;
}

export interface Match {
  /** Index of the pattern. */
  readonly pattern: number;
  readonly end: number;
}

export class Automaton {
  readonly #free: number[][] = [];
  readonly #arrows: (Arrow | undefined)[] = [];
  readonly #accepts = new Map<number, number>();
  readonly #steps = new Map<string, Step>();
  readonly #start: Step;

  constructor(patterns: readonly Pattern[]) {
    const begin = this.#state();
    for (const [i, pattern] of patterns.entries()) {
      const end = this.#add(pattern, begin);
      this.#accepts.set(end, i);
    }
    this.#start = this.#stepOf([begin]);
  }

  /** The longest match that begins at `at`, of the first pattern that has it. */
  longest(text: string, at: number): Match | undefined {
    let best: Match | undefined;
    this.#walk(text, at, (pattern, end) => {
      best = { pattern, end };
    });
    return best;
  }

  /** Every place where a match that begins at `at` ends, the nearest first. */
  ends(text: string, at: number): number[] {
    const ends: number[] = [];
    this.#walk(text, at, (_, end) => ends.push(end));
    return ends;
  }

  #walk(text: string, at: number, onMatch: (pattern: number, end: number) => void): void {
    let step: Step | undefined = this.#start;
    for (let i = at; i < text.length; i++) {
      step = this.#follow(step, text.charCodeAt(i));
      if (step === undefined) return;
      if (step.accepts !== -1) onMatch(step.accepts, i + 1);
    }
  }

  #follow(step: Step, unit: number): Step | undefined {
    if (step.next.has(unit)) return step.next.get(unit);
    const reached = step.arrows.filter(({ has }) => has(unit)).map(({ to }) => to);
    const next = reached.length === 0 ? undefined : this.#stepOf(reached);
    step.next.set(unit, next);
    return next;
  }

  /** The step of all states that these reach without reading. */
  #stepOf(states: readonly number[]): Step {
    const all = new Set(states);
    for (const state of all) for (const free of this.#free[state] ?? []) all.add(free);
    const sorted = [...all].sort((a, b) => a - b);
    const key = sorted.join(" ");
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const accepted = sorted.flatMap((state) => this.#accepts.get(state) ?? []);
    const step = {
      accepts: accepted.length === 0 ? -1 : Math.min(...accepted),
      arrows: sorted.flatMap((state) => this.#arrows[state] ?? []),
      next: new Map(),
    };
    this.#steps.set(key, step);
    return step;
  }

  #state(): number {
    this.#free.push([]);
    return this.#free.length - 1;
  }

  #join(from: number, to: number): void {
    this.#free[from]?.push(to);
  }

  /** Adds a pattern behind a state. @returns the state where it ends. */
  #add(pattern: Pattern, from: number): number {
    switch (pattern.kind) {
      case "one": {
        const state = this.#state();
        this.#join(from, state);
        const end = this.#state();
        this.#arrows[state] = { has: pattern.has, to: end };
        return end;
      }
      case "sequence":
        return pattern.parts.reduce((state, part) => this.#add(part, state), from);
      case "choice": {
        const end = this.#state();
        for (const part of pattern.parts) this.#join(this.#add(part, from), end);
        return end;
      }
      case "repeat":
        return this.#repeat(pattern, from);
    }
  }

  #repeat(pattern: Extract<Pattern, { kind: "repeat" }>, from: number): number {
    const { of, min, max } = pattern;
    let state = from;
    for (let i = 0; i < min; i++) state = this.#add(of, state);
    if (max === Infinity) {
      // A state of its own, which nothing else leaves, so that going round leads nowhere else.
      const loop = this.#state();
      this.#join(state, loop);
      this.#join(this.#add(of, loop), loop);
      return loop;
    }
    const end = this.#state();
    this.#join(state, end);
    for (let i = min; i < max; i++) {
      state = this.#add(of, state);
      this.#join(state, end);
    }
    return end;
  }
}
