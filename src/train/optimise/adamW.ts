/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) as torch.optim.AdamW computes it, in place.
 * The parameters are the arrays that a training graph reads, so that a step changes what the next run sees.
 */

import { defined, invariant } from "../../base/assert";

export interface AdamWOptions {
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.98, as the paper has it; LAVIS's runner takes 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly eps?: number;
  /** @default 0.05 */
  readonly weightDecay?: number;
  /** The least value of a tensor by its name, such as a temperature's. A step that goes below it ends there. */
  readonly floors?: Readonly<Partial<Record<string, number>>>;
}

export const DEFAULTS = { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.05, floors: {} };

/** A tensor that is trained. */
export interface Parameter {
  /** Changed by every step. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** The running means of a tensor's gradient and of its square, and how many steps they saw. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly steps: number;
}

/** What a step is told beside the gradients. */
export interface StepOptions {
  readonly rate: number;
  /** What gradients are multiplied with, such as 1/n of an accumulated sum. @default 1 */
  readonly factor?: number;
}

/**
 *   const optimizer = new AdamW(parameters, { weightDecay: 0.05, floors: { temp: 0.01 } });
 *   optimizer.step(gradients, { rate: schedule(iteration), factor: clipFactor(gradients, 1) });
 */
export class AdamW {
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #options: Required<AdamWOptions>;
  readonly #moments: Map<string, Moments>;

  /** @param moments of an earlier `state`, to go on where it ended; the arrays are taken over. */
  constructor(
    parameters: ReadonlyMap<string, Parameter>,
    options: AdamWOptions = {},
    moments: ReadonlyMap<string, Moments> = new Map(),
  ) {
    this.#parameters = parameters;
    this.#options = { ...DEFAULTS, ...options };
    this.#moments = new Map(moments);
    for (const [name, { first, second }] of moments) {
      const { length } = this.#parameter(name).values;
      const isWhole = first.length === length && second.length === length;
      invariant(isWhole, `The moments of ${name} have another length than it.`);
    }
  }

  /** By the names of the parameters; the same arrays that the next step changes. */
  get state(): ReadonlyMap<string, Moments> {
    return this.#moments;
  }

  /** As in torch, a tensor without a gradient stays as it is: it does not even decay. */
  step(gradients: ReadonlyMap<string, Float32Array>, { rate, factor = 1 }: StepOptions): void {
    for (const [name, gradient] of gradients) this.#update(name, gradient, { rate, factor });
  }

  /**
   * p ← p·(1 − rate·wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
   * p ← p − rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + eps)
   */
  #update(name: string, gradient: Float32Array, { rate, factor }: Required<StepOptions>): void {
    const { values, shape } = this.#parameter(name);
    invariant(gradient.length === values.length, `The gradient of ${name} has another length.`);
    const { first, second, steps } = this.#momentsOf(name, values.length);
    const { beta1, beta2, eps, weightDecay, floors } = this.#options;
    const kept = decays(name, shape) ? 1 - rate * weightDecay : 1;
    const size = rate / (1 - beta1 ** (steps + 1));
    const root = 1 / Math.sqrt(1 - beta2 ** (steps + 1));
    const floor = floors[name] ?? -Infinity;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]! * factor;
      const m = (first[i] = beta1 * first[i]! + (1 - beta1) * g);
      const v = (second[i] = beta2 * second[i]! + (1 - beta2) * g * g);
      const next = values[i]! * kept - (size * m) / (Math.sqrt(v) * root + eps);
      values[i] = next < floor ? floor : next;
    }
    this.#moments.set(name, { first, second, steps: steps + 1 });
  }

  #parameter(name: string): Parameter {
    return defined(this.#parameters.get(name), `The trained tensor ${name}`);
  }

  #momentsOf(name: string, length: number): Moments {
    const fresh = (): Float32Array => new Float32Array(length);
    return this.#moments.get(name) ?? { first: fresh(), second: fresh(), steps: 0 };
  }
}

/**
 * LAVIS's two groups (`runner_base.py`): vectors and biases do not decay. A scalar does, and so the temperature.
 */
export function decays(name: string, shape: readonly number[]): boolean {
  return shape.length !== 1 && !name.endsWith(".bias");
}
