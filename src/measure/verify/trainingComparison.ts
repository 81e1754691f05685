/** How far a training step may be from a kit's, stage by stage; knows no graph. */

import { defined } from "../../base/assert";
import type { Gradients } from "../../train/optimise/gradients";
import { Comparison, type Deviation } from "./comparison";
import type { TrainingKit } from "./trainingKit";

/** In the order in which they are computed. */
export const TRAINING_STAGES = ["losses", "logits", "gradients", "step1", "step5"] as const;

export type TrainingStage = (typeof TRAINING_STAGES)[number];

/** torch's own float32 is within 5e-6 of the gradients, and within 5e-5 where one nearly cancels. */
const MAX_REL_L2: Readonly<Record<"losses" | "logits" | "gradients", number>> = {
  losses: 1e-5,
  logits: 1e-5,
  gradients: 1e-4,
};

/** Of the sum of the learning rates so far. */
const MAX_MOVED = 1e-2;

/** AdamW's first step is the gradient's sign, which rounding decides below this. */
const LEAST_GRADIENT = 1e-6;

/**
 * Deviations of one kit. `relL2` is that of the worst tensor; with parameters, `maxAbs` is in units of the sum of
 * the learning rates so far, because AdamW moves each by about one rate a step whatever its gradient.
 */
export class TrainingComparison {
  readonly #kit: TrainingKit;
  readonly #worst = new Map<TrainingStage, Deviation>();

  constructor(kit: TrainingKit) {
    this.#kit = kit;
  }

  /** @param theirs as the kit names them; each is compared. */
  losses(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): void {
    for (const [name, loss] of theirs) this.#add("losses", [ours.get(name) ?? NaN], [loss]);
  }

  /**
   * @param recorded The name of a tensor of the kit.
   * @param counts Which of its rows mean something. @default all
   */
  logits(ours: Float32Array, recorded: string, counts?: readonly boolean[]): void {
    const theirs = this.#kit.tensor(recorded);
    if (counts === undefined || ours.length !== theirs.length) {
      this.#add("logits", ours, theirs);
      return;
    }
    const width = theirs.length / counts.length;
    const isMeant = (_: number, i: number): boolean => counts[Math.floor(i / width)] === true;
    this.#add("logits", ours.filter(isMeant), theirs.filter(isMeant));
  }

  /**
   * All trained tensors; one that either side leaves out has gradient zero there.
   * @param under Where the kit has them, such as `pretrain/grad`.
   */
  gradients(ours: Gradients, under: string): void {
    for (const { name, shape } of this.#compared()) {
      const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const recorded = `${under}/${name}`;
      const theirs = this.#kit.hasTensor(recorded) ? this.#kit.tensor(recorded) : zeros;
      this.#add("gradients", ours.get(name) ?? zeros, theirs);
    }
  }

  /** The parameters after so many steps, where the first gradient says which way they go. */
  parameters(stage: "step1" | "step5", ours: Gradients): void {
    const { optimizedBatch } = this.#kit;
    for (const { name } of this.#compared()) {
      const first = `${optimizedBatch}/grad/${name}`;
      if (!this.#kit.hasTensor(first)) continue;
      const gradient = this.#kit.tensor(first);
      const isSure = (_: number, i: number): boolean => Math.abs(gradient[i] ?? 0) > LEAST_GRADIENT;
      const theirs = this.#kit.tensor(`${stage}/${name}`).filter(isSure);
      const values = defined(ours.get(name), `The tensor ${name}`).filter(isSure);
      this.#add(stage, values, theirs);
    }
  }

  /** What was compared. */
  result(): Readonly<Partial<Record<TrainingStage, Deviation>>> {
    const order = TRAINING_STAGES.filter((stage) => this.#worst.has(stage));
    return Object.fromEntries(order.map((stage) => [stage, this.#worst.get(stage)]));
  }

  /** A stage that was not compared is not equal either. */
  get isOk(): boolean {
    return TRAINING_STAGES.every((stage) => {
      const deviation = this.#worst.get(stage);
      if (deviation === undefined) return false;
      if (stage === "step1" || stage === "step5") return deviation.maxAbs <= MAX_MOVED;
      return deviation.relL2 <= MAX_REL_L2[stage];
    });
  }

  #compared(): TrainingKit["trained"] {
    return this.#kit.trained.filter(({ name }) => !this.#kit.zeroGradient.has(name));
  }

  #add(stage: TrainingStage, ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
    const comparison = new Comparison();
    comparison.add(ours, theirs);
    const { maxAbs, relL2 } = comparison.result();
    const worst = this.#worst.get(stage) ?? { maxAbs: 0, relL2: 0 };
    this.#worst.set(stage, {
      maxAbs: Math.max(worst.maxAbs, maxAbs / this.#unit(stage)),
      // Where zeros were expected, the error is infinite, which JSON cannot say.
      relL2: Math.max(worst.relL2, Math.min(relL2, Number.MAX_VALUE)),
    });
  }

  /** The sum of the learning rates up to a step; 1 for what is no parameter. */
  #unit(stage: TrainingStage): number {
    const taken = { step1: 1, step5: 5 }[stage as string];
    if (taken === undefined) return 1;
    return this.#kit.steps.slice(0, taken).reduce((sum, { rate }) => sum + rate, 0);
  }
}
