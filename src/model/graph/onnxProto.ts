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
  const model = new ProtoWriter().int(1, IR_VERSION).string(2, "sightline");
  model.message(7, () => {
    writeGraph(model, graph);
  });
  const opsets = [
    ["", graph.opset ?? OPSET],
    ["com.microsoft", MICROSOFT_OPSET],
  ] as const;
  for (const [domain, version] of opsets) {
    model.message(8, () => model.string(1, domain).int(2, version));
  }
  for (const [key, value] of Object.entries(graph.metadata ?? {})) {
    writeKeyValue(model, 14, [key, value]);
  }
  return model.toBytes();
}

function writeGraph(to: ProtoWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) {
    to.message(1, () => {
      writeNode(to, node);
    });
  }
  to.string(2, graph.name);
  for (const initializer of graph.initializers) {
    to.message(5, () => {
      writeTensor(to, initializer);
    });
  }
  for (const input of graph.inputs) writeValue(to, 11, input);
  for (const output of graph.outputs) writeValue(to, 12, output);
}

function writeNode(to: ProtoWriter, node: OnnxNode): void {
  for (const input of node.inputs) to.string(1, input);
  for (const output of node.outputs) to.string(2, output);
  to.string(3, node.name).string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    to.message(5, () => {
      to.string(1, name);
      writeAttribute(to, value);
    });
  }
  to.string(7, node.domain ?? "");
}

function writeAttribute(to: ProtoWriter, value: AttributeValue): void {
  if ("int" in value) to.int(3, value.int).int(20, ATTRIBUTE_TYPE.int);
  else if ("float" in value) to.float(2, value.float).int(20, ATTRIBUTE_TYPE.float);
  else if ("string" in value) to.string(4, value.string).int(20, ATTRIBUTE_TYPE.string);
  else if ("ints" in value) {
    for (const item of value.ints) to.int(8, item);
    to.int(20, ATTRIBUTE_TYPE.ints);
  } else {
    for (const item of value.floats) to.float(7, item);
    to.int(20, ATTRIBUTE_TYPE.floats);
  }
}

function writeTensor(to: ProtoWriter, initializer: OnnxInitializer): void {
  const { name, dims, data } = initializer;
  const dataType = DATA_TYPES[initializer.dataType];
  const nBytes = Math.ceil(dims.reduce((product, dim) => product * dim, dataType.nBytes));
  const given = data instanceof Uint8Array ? data.byteLength : data.length;
  invariant(
    given === nBytes,
    `The tensor "${name}" ${initializer.dataType}[${dims.join(", ")}] needs ${nBytes} bytes, not ${given}.`,
  );
  for (const dim of dims) to.int(1, dim);
  to.int(2, dataType.id).string(8, name);
  if (data instanceof Uint8Array) {
    to.bytes(9, data);
    return;
  }
  invariant(
    Number.isSafeInteger(data.offset) && data.offset >= 0,
    `The tensor "${name}" cannot start at byte ${data.offset} of ${data.location}.`,
  );
  writeKeyValue(to, 13, ["location", data.location]);
  writeKeyValue(to, 13, ["offset", String(data.offset)]);
  writeKeyValue(to, 13, ["length", String(data.length)]);
  to.int(14, EXTERNAL);
}

function writeValue(to: ProtoWriter, field: number, value: OnnxValue): void {
  const writeShape = (): void => {
    for (const dim of value.dims) {
      to.message(1, () => (typeof dim === "number" ? to.int(1, dim) : to.string(2, dim)));
    }
  };
  const writeType = (): void => {
    to.int(1, DATA_TYPES[value.dataType].id).message(2, writeShape);
  };
  to.message(field, () => to.string(1, value.name).message(2, () => to.message(1, writeType)));
}

function writeKeyValue(to: ProtoWriter, field: number, [key, value]: [string, string]): void {
  to.message(field, () => to.string(1, key).string(2, value));
}

// protobuf wire types: how the bytes after a field's number are to be read.
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const FIRST_BYTES = 4096;
/** Of this size or more they are referenced, and copied only at the end. */
const LARGE_BYTES = 4096;

/**
 * A protobuf message being written. A graph has some 100,000 fields: all go into one memory, each message in front of
 * which its length is put when it has ended.
 */
class ProtoWriter {
  /** All but the large ones. */
  #small = new Uint8Array(FIRST_BYTES);
  #nSmall = 0;
  readonly #large: { at: number; readonly bytes: Uint8Array }[] = [];
  #nLarge = 0;

  int(field: number, value: number): this {
    invariant(Number.isSafeInteger(value), `ONNX cannot store ${value} as an integer.`);
    return this.#varint(field * 8 + VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + FIXED32);
    const at = this.#reserve(4);
    new DataView(this.#small.buffer).setFloat32(at, value, true);
    return this;
  }

  string(field: number, value: string): this {
    // Names and texts of graphs are nearly always ASCII.
    for (let i = 0; i < value.length; i++) {
      if (value.charCodeAt(i) >= 0x80) return this.bytes(field, utf8(value));
    }
    this.#varint(field * 8 + LENGTH_DELIMITED).#varint(value.length);
    const at = this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) this.#small[at + i] = value.charCodeAt(i);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + LENGTH_DELIMITED).#varint(value.byteLength);
    if (value.byteLength >= LARGE_BYTES) {
      this.#large.push({ at: this.#nSmall, bytes: value });
      this.#nLarge += value.byteLength;
      return this;
    }
    const at = this.#reserve(value.byteLength);
    this.#small.set(value, at);
    return this;
  }

  /** @param write Puts the fields of the message into this writer. */
  message(field: number, write: () => void): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    const begin = this.#nSmall;
    const { length: firstLarge } = this.#large;
    const nLargeBefore = this.#nLarge;
    write();
    const end = this.#nSmall;
    // Behind the message for the moment.
    this.#varint(end - begin + this.#nLarge - nLargeBefore);
    const prefix = this.#small.slice(end, this.#nSmall);
    this.#small.copyWithin(begin + prefix.length, begin, end);
    this.#small.set(prefix, begin);
    for (const one of this.#large.slice(firstLarge)) one.at += prefix.length;
    return this;
  }

  toBytes(): Uint8Array {
    const nBytes = this.#nSmall + this.#nLarge;
    invariant(
      nBytes <= MAX_MODEL_BYTES,
      `A graph of ${nBytes} bytes does not fit a protobuf file; its weights must be external.`,
    );
    const all = new Uint8Array(nBytes);
    let from = 0;
    let to = 0;
    for (const { at, bytes } of [...this.#large, { at: this.#nSmall, bytes: new Uint8Array(0) }]) {
      all.set(this.#small.subarray(from, at), to);
      to += at - from;
      all.set(bytes, to);
      to += bytes.byteLength;
      from = at;
    }
    return all;
  }

  /** Seven bits per byte, lowest first; a negative number is its 64-bit two's complement. */
  #varint(value: number): this {
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
      return this.#byte(Number(rest));
    }
    let rest = value;
    // Operators on bits end at 32 of them, and an offset in a file may be larger.
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    const at = this.#reserve(1);
    this.#small[at] = value;
    return this;
  }

  /** @returns where the bytes go. */
  #reserve(nBytes: number): number {
    const at = this.#nSmall;
    this.#nSmall += nBytes;
    if (this.#nSmall > this.#small.byteLength) {
      const grown = new Uint8Array(Math.max(2 * this.#small.byteLength, this.#nSmall));
      grown.set(this.#small.subarray(0, at));
      this.#small = grown;
    }
    return at;
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
