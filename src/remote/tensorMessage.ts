/**
 * Tensors as KServe v2 sends them over HTTP (Open Inference Protocol with Triton's binary extension): a JSON head,
 * and behind it the bytes of each tensor, little-endian and row-major. Sends nothing.
 */

import { cpuTensor, type Tensor, type TensorMap } from "../engine/session/session";
import type { OnnxDataType, OnnxValue } from "../model/graph/onnxProto";
import { listOf, parsed, recordOf, ServerFailure } from "./serverRequest";

/** How long the head is, in bytes; also of an answer. */
export const HEAD_LENGTH = "inference-header-content-length";

/** Names and shapes of a few tensors. */
const MAX_HEAD_BYTES = 2 ** 16;

const DATA_TYPES: { readonly [T in OnnxDataType]?: string } = {
  ...{ float32: "FP32", int64: "INT64", int32: "INT32" },
};

export interface TensorMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * A request that runs a graph.
 * @param id comes back with the answer; KServe's own server wants one.
 */
export function tensorMessage(
  feeds: TensorMap,
  {
    id,
    inputs,
    outputs,
  }: {
    readonly id: string;
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly OnnxValue[];
  },
): TensorMessage {
  const parts: Uint8Array[] = [];
  const described = inputs.map(({ name, dataType }) => {
    const { data, dims } = feeds[name] ?? cpuTensor(new Float32Array(0), [0]);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    parts.push(bytes);
    const parameters = { binary_data_size: bytes.length };
    return { name, shape: dims, datatype: DATA_TYPES[dataType], parameters };
  });
  const wanted = outputs.map(({ name }) => ({ name, parameters: { binary_data: true } }));
  const head = Buffer.from(JSON.stringify({ id, inputs: described, outputs: wanted }));
  return {
    headers: {
      "content-type": "application/octet-stream",
      [HEAD_LENGTH]: String(head.length),
    },
    body: Buffer.concat([head, ...parts]),
  };
}

/** What an answer must hold, f32. */
export interface ExpectedTensor {
  readonly name: string;
  /** Undefined where the graph leaves a length open. */
  readonly dims: readonly (number | undefined)[];
}

/** Longer than any open length: tokens of a picture. */
const MAX_LENGTH = 4096;
/** A number as JSON has it, with its comma. */
const MAX_NUMBER_BYTES = 26;
/** Whatever the lengths are. */
const MAX_ANSWER_BYTES = 2 ** 28;

/** Most bytes that an answer with these tensors may have. */
export function longestAnswer(expected: readonly ExpectedTensor[]): number {
  const longest = expected.reduce((sum, { dims }) => {
    const count = countOf(dims.map((dim) => dim ?? MAX_LENGTH));
    return sum + MAX_NUMBER_BYTES * count;
  }, MAX_HEAD_BYTES);
  return Math.min(longest, MAX_ANSWER_BYTES);
}

/**
 * The tensors of an answer. A server may send anything: nothing is taken but these tensors in these shapes.
 * KServe's own server gives numbers in the head, though bytes were asked for.
 * @param headLength as its header says it.
 * @throws ServerFailure `final` for another answer.
 */
export function readTensors(
  bytes: Uint8Array,
  headLength: string | null,
  expected: readonly ExpectedTensor[],
): Record<string, Tensor> {
  const nHead = headLength === null ? bytes.length : Number(headLength);
  if (!Number.isSafeInteger(nHead) || nHead < 0 || nHead > bytes.length) {
    throw new ServerFailure("final", "Its answer has no head of a length that can be.");
  }
  const outputs = outputsOf(bytes, nHead);
  return Object.fromEntries(
    expected.map(({ name, dims }) => {
      const { datatype, shape, values } = outputs.get(name) ?? {};
      const isRight =
        datatype === "FP32" &&
        isShape(shape) &&
        shape.length === dims.length &&
        shape.every((length, axis) => length === (dims[axis] ?? length));
      if (!isRight || values?.length !== countOf(shape)) {
        const wanted = dims.map((dim) => dim ?? "…").join(", ");
        throw new ServerFailure("final", `Its answer has no "${name}" FP32[${wanted}].`);
      }
      if (!values.every(Number.isFinite)) {
        const text = `Its answer has a "${name}" with values that are no numbers.`;
        throw new ServerFailure("final", text);
      }
      return [name, cpuTensor(values, shape)];
    }),
  );
}

interface GivenTensor {
  readonly datatype: unknown;
  readonly shape: unknown;
  readonly values: Float32Array | undefined;
}

/** @throws ServerFailure where the body is not as long as the head says. */
function outputsOf(bytes: Uint8Array, nHead: number): ReadonlyMap<unknown, GivenTensor> {
  const head = parsed(new TextDecoder().decode(bytes.subarray(0, nHead)));
  const outputs = new Map<unknown, GivenTensor>();
  let at = nHead;
  for (const { name, datatype, shape, parameters, data } of listOf(head["outputs"])) {
    const { binary_data_size: size } = recordOf(parameters);
    let values: Float32Array | undefined;
    if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) {
      const isWhole = size % 4 === 0 && at + size <= bytes.length;
      // Copied, because floats begin at a multiple of four.
      const own = isWhole ? Uint8Array.from(bytes.subarray(at, at + size)) : undefined;
      values = own && new Float32Array(own.buffer);
      at += size;
    } else if (Array.isArray(data)) {
      values = Float32Array.from(data, (value) => (typeof value === "number" ? value : NaN));
    }
    outputs.set(name, { datatype, shape, values });
  }
  // Cut off on the way, or more than was asked for.
  if (at === bytes.length) return outputs;
  throw new ServerFailure("fault", "Its answer is not as long as it says.");
}

function isShape(shape: unknown): shape is readonly number[] {
  return (
    Array.isArray(shape) &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 0 && length <= 2 ** 31)
  );
}

function countOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
