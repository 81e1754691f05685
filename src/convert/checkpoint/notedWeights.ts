/** Stands in for a checkpoint that is not there: whatever tensor a graph asks for is said to exist, and noted. */

import { elementsOf, type TensorInfo } from "./tensorInfo";
import { WeightMap } from "./weightMap";

export class NotedWeights extends WeightMap {
  readonly asked = new Map<string, readonly number[]>();

  constructor() {
    super({ folder: "", tensors: new Map() });
  }

  override take(name: string, shape: readonly number[]): TensorInfo {
    this.asked.set(name, shape);
    return { name, shape, dtype: "F32", file: "", begin: 0, end: 4 * elementsOf(shape) };
  }

  /** Of the names of one tensor, that which Hugging Face's and LAVIS' own files have. */
  override has(name: string): boolean {
    return name === "cls.predictions.bias";
  }
}
