/** What is done with gradients between the graph and the optimiser: sums, norms and limits. */

import { invariant } from "../../base/assert";

/** By the names of the trained tensors. */
export type Gradients = ReadonlyMap<string, Float32Array>;

/** Added to a norm before it divides (torch.nn.utils.clip_grad_norm_). */
const CLIP_EPS = 1e-6;

/** Sums the gradients of micro-batches. A mean of means: not what one large batch gives for ITC. */
export class GradientSum {
  readonly #sums = new Map<string, Float32Array>();
  #count = 0;

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param gradients The first of a round are kept and changed, because a copy takes as much as the model: their
   * tensors are disposed after the step, those of the others at once.
   */
  add(gradients: Gradients): void {
    for (const [name, gradient] of gradients) {
      const sum = this.#sums.get(name);
      if (sum === undefined) this.#sums.set(name, gradient);
      else addTo(sum, gradient);
    }
    this.#count++;
  }

  /** The sums, and the factor that makes means of them; begins anew. */
  take(): { readonly gradients: Gradients; readonly factor: number } {
    invariant(this.#count > 0, "No gradients were added.");
    const taken = { gradients: new Map(this.#sums), factor: 1 / this.#count };
    this.#sums.clear();
    this.#count = 0;
    return taken;
  }
}

function addTo(sum: Float32Array, gradient: Float32Array): void {
  invariant(sum.length === gradient.length, "Gradients of one tensor have different lengths.");
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + gradient[i]!;
}

/** ‖g‖ over all tensors together; not finite if one of the numbers is not. */
export function globalNorm(gradients: Gradients): number {
  let squares = 0;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  }
  return Math.sqrt(squares);
}

/** What gradients of this norm are multiplied with, so that it is at most `most`. */
export function clipFactor(norm: number, most: number): number {
  return Math.min(1, most / (norm + CLIP_EPS));
}
