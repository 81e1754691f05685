/**
 * Writes an ONNX model as protobuf bytes: the fields of onnx.proto that our graphs use, nothing else.
 * Knows no operator and reads no model.
 */

import { invariant } from "../../base/assert";

export type OnnxDataType =
  "float32" | "float16" | "uint8" | "int8" | "uint4" | "int32" | "int64" | "bool";

export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** `com.microsoft` for ONNX Runtime's own operators. @default the standard domain */
  readonly domain?: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** An input or output of the graph. A text in `dims` is the name of an axis of unknown length. */
export interface OnnxValue {
  readonly name: string;
  readonly dataType: OnnxDataType;
  readonly dims: readonly (number | string)[];
}

/** A constant tensor: little-endian row-major bytes, here or in a file beside the graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dataType: OnnxDataType;
  readonly dims: readonly number[];
  readonly data:
    | Uint8Array
    | {
        /** File name, relative to the folder of the graph. */
        readonly location: string;
        /** Bytes from the start of that file. */
        readonly offset: number;
        readonly length: number;
      };
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxInitializer[];
  /** Version of the standard operators. @default 20 */
  readonly opset?: number;
  /** Free key-value pairs of the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

// onnx.proto: ModelProto.ir_version of ONNX 1.15 and newer, and the operator sets our graphs use.
const IR_VERSION = 10;
const OPSET = 20;
const MICROSOFT_OPSET = 1;

/** onnx.proto: TensorProto.DataType, with the bytes of one element. */
const DATA_TYPES: Readonly<Record<OnnxDataType, { readonly id: number; readonly nBytes: number }>> =
  {
    float32: { id: 1, nBytes: 4 },
    uint8: { id: 2, nBytes: 1 },
    int8: { id: 3, nBytes: 1 },
    int32: { id: 6, nBytes: 4 },
    int64: { id: 7, nBytes: 8 },
    bool: { id: 9, nBytes: 1 },
    float16: { id: 10, nBytes: 2 },
    uint4: { id: 21, nBytes: 0.5 },
  };

/** The type that onnx.proto gives this number; undefined for one that our graphs do not use. */
export function dataTypeOf(id: number): OnnxDataType | undefined {
  return (Object.keys(DATA_TYPES) as OnnxDataType[]).find((name) => DATA_TYPES[name].id === id);
}

/** onnx.proto: AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;
/** onnx.proto: TensorProto.DataLocation.EXTERNAL. */
const EXTERNAL = 1;
/** protobuf refuses longer messages; weights of that size belong in external data. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

/**
 * The bytes of a .onnx file: ir_version 10, operator sets `""` 20, or another, and `com.microsoft` 1.
 * @throws AppError `internal` when a number is not an integer where one is needed, when a tensor's
 * bytes do not fit its shape, or when the model outgrows what protobuf can hold (2 GiB).
 */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  const model = new Message().int(1, IR_VERSION).string(2, "sightline").message(7, graphOf(graph));
  const opsets = [
    ["", graph.opset ?? OPSET],
    ["com.microsoft", MICROSOFT_OPSET],
  ] as const;
  for (const [domain, version] of opsets) {
    model.message(8, new Message().string(1, domain).int(2, version));
  }
  for (const [key, value] of Object.entries(graph.metadata ?? {})) {
    model.message(14, keyValue(key, value));
  }
  return model.toBytes();
}

function graphOf(graph: OnnxGraph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeOf(node));
  message.string(2, graph.name);
  for (const initializer of graph.initializers) message.message(5, tensorOf(initializer));
  for (const input of graph.inputs) message.message(11, valueOf(input));
  for (const output of graph.outputs) message.message(12, valueOf(output));
  return message;
}

function nodeOf(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.name).string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message.message(5, attributeOf(name, value));
  }
  return message.string(7, node.domain ?? "");
}

function attributeOf(name: string, value: AttributeValue): Message {
  const message = new Message().string(1, name);
  if ("int" in value) return message.int(3, value.int).int(20, ATTRIBUTE_TYPE.int);
  if ("float" in value) return message.float(2, value.float).int(20, ATTRIBUTE_TYPE.float);
  if ("string" in value) return message.string(4, value.string).int(20, ATTRIBUTE_TYPE.string);
  if ("ints" in value) {
    for (const item of value.ints) message.int(8, item);
    return message.int(20, ATTRIBUTE_TYPE.ints);
  }
  for (const item of value.floats) message.float(7, item);
  return message.int(20, ATTRIBUTE_TYPE.floats);
}

function tensorOf(initializer: OnnxInitializer): Message {
  const { name, dims, data } = initializer;
  const dataType = DATA_TYPES[initializer.dataType];
  const nBytes = Math.ceil(dims.reduce((product, dim) => product * dim, dataType.nBytes));
  const given = data instanceof Uint8Array ? data.byteLength : data.length;
  invariant(
    given === nBytes,
    `The tensor "${name}" ${initializer.dataType}[${dims.join(", ")}] needs ${nBytes} bytes, not ${given}.`,
  );
  const message = new Message();
  for (const dim of dims) message.int(1, dim);
  message.int(2, dataType.id).string(8, name);
  if (data instanceof Uint8Array) return message.bytes(9, data);
  invariant(
    Number.isSafeInteger(data.offset) && data.offset >= 0,
    `The tensor "${name}" cannot start at byte ${data.offset} of ${data.location}.`,
  );
  return message
    .message(13, keyValue("location", data.location))
    .message(13, keyValue("offset", String(data.offset)))
    .message(13, keyValue("length", String(data.length)))
    .int(14, EXTERNAL);
}

function valueOf(value: OnnxValue): Message {
  const shape = new Message();
  for (const dim of value.dims) {
    const axis = new Message();
    shape.message(1, typeof dim === "number" ? axis.int(1, dim) : axis.string(2, dim));
  }
  const tensor = new Message().int(1, DATA_TYPES[value.dataType].id).message(2, shape);
  return new Message().string(1, value.name).message(2, new Message().message(1, tensor));
}

function keyValue(key: string, value: string): Message {
  return new Message().string(1, key).string(2, value);
}

// protobuf wire types: how the bytes after a field's number are to be read.
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** One protobuf message being written; large tensors are referenced and copied only at the end. */
class Message {
  readonly #chunks: Uint8Array[] = [];
  #nBytes = 0;

  int(field: number, value: number): this {
    invariant(Number.isSafeInteger(value), `ONNX cannot store ${value} as an integer.`);
    return this.#varint(field * 8 + VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#varint(field * 8 + FIXED32).#push(bytes);
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + LENGTH_DELIMITED).#varint(value.byteLength);
    return this.#push(value);
  }

  message(field: number, value: Message): this {
    this.#varint(field * 8 + LENGTH_DELIMITED).#varint(value.#nBytes);
    for (const chunk of value.#chunks) this.#push(chunk);
    return this;
  }

  toBytes(): Uint8Array {
    invariant(
      this.#nBytes <= MAX_MODEL_BYTES,
      `A graph of ${this.#nBytes} bytes does not fit a protobuf file; its weights must be external.`,
    );
    const bytes = new Uint8Array(this.#nBytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }

  /** Seven bits per byte, lowest first; a negative number is its 64-bit two's complement. */
  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    return this.#push(Uint8Array.from(bytes));
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#nBytes += chunk.byteLength;
    return this;
  }
}

/** TextEncoder belongs to the DOM or to Node, and this room knows neither. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    // A lone surrogate has no UTF-8 form; like TextEncoder, write U+FFFD for it.
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code));
    else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), continuation(code >> 6), continuation(code));
    } else {
      bytes.push(0xf0 | (code >> 18), continuation(code >> 12));
      bytes.push(continuation(code >> 6), continuation(code));
    }
  }
  return Uint8Array.from(bytes);
}

const continuation = (bits: number): number => 0x80 | (bits & 0x3f);
