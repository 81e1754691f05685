/** Weights of a model that has learnt nothing yet. */

import { CheckpointWeights } from "../convert/checkpoint/checkpointWeights";
import { NotedWeights } from "../convert/checkpoint/notedWeights";
import { TensorReader } from "../convert/checkpoint/tensorReader";
import type { RandomStream } from "../engine/decode/sampling";
import { elementsOf } from "../convert/checkpoint/tensorInfo";
import { TEMPERATURE } from "./parameters";
import type { StoredTensor } from "./output/safetensorsFile";

/** The names and shapes of all tensors that graphs of a model read. @param build writes the graphs. */
export function shapesOf(
  build: (weights: CheckpointWeights) => void,
): ReadonlyMap<string, readonly number[]> {
  const map = new NotedWeights();
  build(new CheckpointWeights(map, new TensorReader()));
  return map.asked;
}

/** Of query tokens, tables and the class token. */
const TABLE_DEVIATION = 0.02;

/**
 * Random values: norms change nothing, biases are zero, matrices keep the size of what they multiply (Glorot and
 * Bengio, 2010). The queries' feed-forward begins as the text's (LAVIS copies both from BERT).
 */
export function newWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  random: RandomStream,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    tensors.set(name, { shape, values: newValues(name, shape, random) });
  }
  for (const [name, { values }] of tensors) {
    const text = tensors.get(name.replace(/_query\./, "."));
    if (name.includes("_query.") && text !== undefined) values.set(text.values);
  }
  return tensors;
}

function newValues(name: string, shape: readonly number[], random: RandomStream): Float32Array {
  const values = new Float32Array(elementsOf(shape));
  if (name === "temp") return TEMPERATURE.values.slice();
  if (shape.length === 1) return values.fill(/norm\w*\.weight$/i.test(name) ? 1 : 0);
  const [rows = 1, ...others] = shape;
  const cols = elementsOf(others);
  const isTable = /embed|token/.test(name) && !name.includes("patch");
  const deviation = isTable ? TABLE_DEVIATION : Math.sqrt(2 / (rows + cols));
  for (let i = 0; i < values.length; i++) values[i] = deviation * normal(random);
  return values;
}

/** Standard normal (Box and Muller). */
function normal(random: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.nextUnit()));
  return radius * Math.cos(2 * Math.PI * random.nextUnit());
}
