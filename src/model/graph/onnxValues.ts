/** Reads what a graph takes and gives from the bytes of a .onnx file; knows no operator and no weights. */

import { AppError } from "../../base/errors";
import { dataTypeOf, type OnnxValue } from "./onnxProto";

export interface GraphValues {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

// Field numbers of onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH = { input: 11, output: 12 } as const;
const VALUE = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TENSOR = { elementType: 1, shape: 2 } as const;
const SHAPE_DIM = 1;
const DIM = { value: 1, name: 2 } as const;

/**
 * @param file for messages.
 * @throws AppError `model.corrupt` for bytes that are no such graph.
 */
export function readGraphValues(bytes: Uint8Array, file: string): GraphValues {
  try {
    const graph = messageIn(fieldsOf(bytes), MODEL_GRAPH);
    const values = (field: number): readonly OnnxValue[] =>
      graph.filter((each) => each.field === field).map((each) => readValue(fieldsOf(each.bytes)));
    return { inputs: values(GRAPH.input), outputs: values(GRAPH.output) };
  } catch (cause) {
    const text = `${file} is no graph that can be read. Convert the checkpoint again.`;
    throw new AppError("model.corrupt", text, { cause, detail: { file } });
  }
}

function readValue(value: readonly Field[]): OnnxValue {
  const tensor = messageIn(fieldsOf(bytesIn(value, VALUE.type)), TYPE_TENSOR);
  const dataType = dataTypeOf(numberIn(tensor, TENSOR.elementType));
  if (dataType === undefined) throw new RangeError("an unknown type");
  const dims = messageIn(tensor, TENSOR.shape)
    .filter(({ field }) => field === SHAPE_DIM)
    .map((each) => {
      const dim = fieldsOf(each.bytes);
      const isFree = dim.some(({ field }) => field === DIM.name);
      return isFree ? textIn(dim, DIM.name) : numberIn(dim, DIM.value);
    });
  return { name: textIn(value, VALUE.name), dataType, dims };
}

/** A field of a protobuf message: a number, or bytes that hold a text or another message. */
interface Field {
  readonly field: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** @throws RangeError where the bytes end too early or are no protobuf. */
function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError("a number that is cut off");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  const take = (count: number): Uint8Array => {
    if (count > bytes.length - at) throw new RangeError("a field that is cut off");
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        fields.push({ field, number: varint(), bytes: NOTHING });
        break;
      case 1:
        take(8);
        break;
      case 2:
        fields.push({ field, number: 0, bytes: take(varint()) });
        break;
      case 5:
        take(4);
        break;
      default:
        throw new RangeError("a field of an unknown kind");
    }
  }
  return fields;
}

function find(fields: readonly Field[], wanted: number): Field {
  const found = fields.find(({ field }) => field === wanted);
  if (found === undefined) throw new RangeError(`no field ${wanted}`);
  return found;
}

const bytesIn = (fields: readonly Field[], wanted: number): Uint8Array =>
  find(fields, wanted).bytes;
const messageIn = (fields: readonly Field[], wanted: number): readonly Field[] =>
  fieldsOf(bytesIn(fields, wanted));
const numberIn = (fields: readonly Field[], wanted: number): number => find(fields, wanted).number;
/** Our names are ASCII. */
const textIn = (fields: readonly Field[], wanted: number): string =>
  String.fromCharCode(...bytesIn(fields, wanted));
