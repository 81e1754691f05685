/** The checkpoint's tensors as weight sources, by their Hugging Face names. */

import type { TensorBytes } from "./tensorReader";
import type { WeightMap } from "./weightMap";
import { stackRows, tensorSource, type WeightSource } from "./weightSource";

/** A linear layer's weight [out, in] and bias [out]. */
export interface LinearWeights {
  readonly weight: WeightSource;
  readonly bias: WeightSource;
}

export class CheckpointWeights {
  readonly #map: WeightMap;
  readonly #reader: TensorBytes;

  constructor(map: WeightMap, reader: TensorBytes) {
    this.#map = map;
    this.#reader = reader;
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  /** @throws AppError `checkpoint.incomplete` when the tensor is missing or of another shape. */
  tensor(name: string, shape: readonly number[]): WeightSource {
    return tensorSource(this.#reader, this.#map.take(name, shape));
  }

  /** The first of several names under which checkpoints store the same tensor. */
  tensorOf(names: readonly [string, ...string[]], shape: readonly number[]): WeightSource {
    return tensorSource(this.#reader, this.#map.takeFirst(names, shape));
  }

  /** `<name>.weight` [out, in] and `<name>.bias` [out]. */
  linear(name: string, outputs: number, inputs: number): LinearWeights {
    return {
      weight: this.tensor(`${name}.weight`, [outputs, inputs]),
      bias: this.tensor(`${name}.bias`, [outputs]),
    };
  }

  /** `<name>.weight` and `<name>.bias`, both [width]. */
  norm(name: string, width: number): LinearWeights {
    return {
      weight: this.tensor(`${name}.weight`, [width]),
      bias: this.tensor(`${name}.bias`, [width]),
    };
  }
}

/** Linear layers with the same input as one: [out₁ + out₂ + …, in]. */
export function packLinear(layers: readonly LinearWeights[]): LinearWeights {
  return {
    weight: stackRows(layers.map((layer) => layer.weight)),
    bias: stackRows(layers.map((layer) => layer.bias)),
  };
}
