/** The text of a config.pbtxt for a graph: Triton's ModelConfig, as far as graphs without a state need it. */

import { AppError } from "../../base/errors";
import type { OnnxDataType, OnnxValue } from "../../model/graph/onnxProto";
import type { GraphValues } from "../../model/graph/onnxValues";

/** Where Triton runs a graph. */
export type TritonDevice = "gpu" | "cpu";

const DATA_TYPES: { readonly [T in OnnxDataType]?: string } = {
  ...{ float32: "TYPE_FP32", int64: "TYPE_INT64", int32: "TYPE_INT32" },
};

/** Pictures that Triton puts together; a GPU gains little from more. */
const MAX_BATCH_SIZE = 16;
/** How long the first of them may wait for others. */
const MAX_QUEUE_DELAY_US = 5000;

/** The axis that Triton puts pictures together on. */
const BATCH = "batch";

export interface ModelConfigSpec {
  readonly name: string;
  readonly values: GraphValues;
  readonly device: TritonDevice;
}

/**
 * Where every input and output has the batch as its first axis, that axis is Triton's; otherwise all axes are
 * written down, and pictures come one by one.
 * @throws AppError `internal` for an element type that no graph of ours has there.
 */
export function modelConfigText({ name, values, device }: ModelConfigSpec): string {
  const { inputs, outputs } = values;
  const isBatched = [...inputs, ...outputs].every(({ dims }) => dims[0] === BATCH);
  const tensors = (all: readonly OnnxValue[]): string =>
    all.map((value) => tensorText(value, isBatched)).join(",\n");
  return `name: "${name}"
backend: "onnxruntime"
max_batch_size: ${isBatched ? MAX_BATCH_SIZE : 0}
input [
${tensors(inputs)}
]
output [
${tensors(outputs)}
]
instance_group [ { kind: ${device === "gpu" ? "KIND_GPU" : "KIND_CPU"}, count: 1 } ]
${isBatched ? `dynamic_batching { max_queue_delay_microseconds: ${MAX_QUEUE_DELAY_US} }\n` : ""}`;
}

function tensorText({ name, dataType, dims }: OnnxValue, isBatched: boolean): string {
  const type = DATA_TYPES[dataType];
  if (type === undefined) throw new AppError("internal", `"${name}" is ${dataType}.`);
  const sizes = (isBatched ? dims.slice(1) : dims).map((dim) =>
    typeof dim === "number" ? dim : -1,
  );
  return `  { name: "${name}", data_type: ${type}, dims: [ ${sizes.join(", ")} ] }`;
}
