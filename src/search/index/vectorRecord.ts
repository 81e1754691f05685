/**
 * One picture in the index as bytes. Its unit vectors are kept twice: as integers that are scanned, and as
 * halves that the best are compared by again. Knows no files.
 *
 * A record of integers is a matrix of bytes, [head rows + rows, width], so that records one after another
 * are one matrix that a product can read. The head is
 *   sha256 [32], scales f32 [rows], width and height u32, flags u32, look [8], CRC-32 of the halves u32,
 *   CRC-32 of all else in the record u32,
 * and zeros up to whole rows. A code c stands for (c - 128) × the scale of its row.
 */

import { crc32 } from "node:zlib";
import { float16ToFloat32, float32ToFloat16 } from "../../convert/checkpoint/dtype";

/** Sizes of an index's records. */
export interface RecordShape {
  /** Vectors of a picture: BLIP-2's queries, or BLIP's one. */
  readonly rows: number;
  /** Of a vector. */
  readonly width: number;
}

/** What is kept of a picture beside its vectors. */
export interface PictureTraits {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** There is nothing to see. */
  readonly isOneColor: boolean;
  /** A difference hash of 64 bits, in hexadecimal (see `pictureLook.ts`). */
  readonly look: string;
}

export interface VectorRecord extends PictureTraits {
  /** sha256 of the picture's bytes, in hexadecimal. */
  readonly digest: string;
  /** [rows, width], each row of unit length. */
  readonly vectors: Float32Array;
}

/** The integer that stands for zero. */
export const ZERO_CODE = 128;
const LARGEST_CODE = 127;
/**
 * Of the other side of a product. An x64 processor without VNNI adds two products in 16 bits that saturate;
 * 2 · 255 · 63 just fits, so that the sums are exact everywhere.
 */
const LARGEST_SIGNED_CODE = 63;

const DIGEST_BYTES = 32;
const LOOK_BYTES = 8;
const ONE_COLOR = 1;

/** Bytes before the scales' end and after it. */
const TRAIT_BYTES = 12 + LOOK_BYTES + 4 + 4;

/** Rows of the matrix that a record's head takes. */
export function headRows({ rows, width }: RecordShape): number {
  return Math.ceil((DIGEST_BYTES + 4 * rows + TRAIT_BYTES) / width);
}

/** Bytes of a record of integers. */
export function codeBytes(shape: RecordShape): number {
  return (headRows(shape) + shape.rows) * shape.width;
}

/** Bytes of a record of halves. */
export function halfBytes({ rows, width }: RecordShape): number {
  return 2 * rows * width;
}

export interface EncodedRecord {
  readonly codes: Buffer;
  readonly halves: Buffer;
}

/** @throws RangeError for vectors of another shape, or that are no numbers. */
export function encodeRecord(record: VectorRecord, shape: RecordShape): EncodedRecord {
  const { rows, width } = shape;
  const { vectors } = record;
  if (vectors.length !== rows * width) throw new RangeError(`${vectors.length} values`);
  if (!vectors.every(Number.isFinite)) throw new RangeError("no numbers");
  const half = float32ToFloat16(vectors);
  const halves = Buffer.from(half.buffer, half.byteOffset, half.byteLength);
  const codes = Buffer.alloc(codeBytes(shape));
  codes.write(record.digest, 0, DIGEST_BYTES, "hex");
  const first = headRows(shape) * width;
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const into = codes.subarray(first + row * width, first + (row + 1) * width);
    const scale = quantize(vector, into, LARGEST_CODE);
    codes.writeFloatLE(scale, DIGEST_BYTES + 4 * row);
  }
  let at = DIGEST_BYTES + 4 * rows;
  at = codes.writeUInt32LE(record.width, at);
  at = codes.writeUInt32LE(record.height, at);
  at = codes.writeUInt32LE(record.isOneColor ? ONE_COLOR : 0, at);
  at += codes.write(record.look, at, LOOK_BYTES, "hex");
  at = codes.writeUInt32LE(crc32(halves), at);
  codes.writeUInt32LE(crc32(codes.subarray(at + 4), crc32(codes.subarray(0, at))), at);
  return { codes, halves };
}

/** @returns the scale; the codes go into the bytes. */
function quantize(vector: Float32Array, codes: Uint8Array, largestCode: number): number {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(largest / largestCode);
  for (let i = 0; i < vector.length; i++) {
    codes[i] = scale === 0 ? ZERO_CODE : Math.round(vector[i]! / scale) + ZERO_CODE;
  }
  return scale;
}

/** A text's or picture's vector as signed integers, which the other side of a product wants. */
export function signedCodes(vector: Float32Array): {
  readonly codes: Int8Array;
  readonly scale: number;
} {
  const bytes = new Uint8Array(vector.length);
  const scale = quantize(vector, bytes, LARGEST_SIGNED_CODE);
  return { codes: Int8Array.from(bytes, (code) => code - ZERO_CODE), scale };
}

/**
 * Checks a record that begins at `at` among others, and puts its scales into their place. A start does so with each,
 * and makes no object of it.
 * @param into [rows]. @returns its picture's digest; undefined when its bytes are damaged.
 */
export function readKey(
  bytes: Buffer,
  at: number,
  { shape, into }: { readonly shape: RecordShape; readonly into: Float32Array },
): string | undefined {
  const end = at + codeBytes(shape);
  const crcAt = at + DIGEST_BYTES + 4 * shape.rows + TRAIT_BYTES - 4;
  const crc = crc32(bytes.subarray(crcAt + 4, end), crc32(bytes.subarray(at, crcAt)));
  if (bytes.readUInt32LE(crcAt) !== crc) return undefined;
  const scalesAt = at + DIGEST_BYTES;
  for (let row = 0; row < shape.rows; row++) into[row] = bytes.readFloatLE(scalesAt + 4 * row);
  return bytes.toString("hex", at, scalesAt);
}

/** What a whole record says of its picture, and the CRC-32 of its halves. */
export function readTraits(
  bytes: Buffer,
  at: number,
  { rows }: RecordShape,
): PictureTraits & { readonly halvesCrc: number } {
  const begin = at + DIGEST_BYTES + 4 * rows;
  return {
    width: bytes.readUInt32LE(begin),
    height: bytes.readUInt32LE(begin + 4),
    isOneColor: (bytes.readUInt32LE(begin + 8) & ONE_COLOR) !== 0,
    look: bytes.toString("hex", begin + 12, begin + 12 + LOOK_BYTES),
    halvesCrc: bytes.readUInt32LE(begin + TRAIT_BYTES - 8),
  };
}

/** [rows · width]; undefined when the bytes are damaged. */
export function readHalves(halves: Buffer, crc: number): Float32Array | undefined {
  if (crc32(halves) !== crc) return undefined;
  return float16ToFloat32(new Uint16Array(halves.buffer, halves.byteOffset, halves.byteLength / 2));
}
