/**
 * Bit-exact conversions between the float types of a checkpoint, on whole typed arrays.
 * Knows no files and no shapes. Typed arrays use the byte order of the machine, and every machine
 * ONNX Runtime has a package for is little-endian, as the files are.
 */

import { invariant } from "../../base/assert";

/** The storage types that can be converted; the names are those of the safetensors format. */
export type FloatDtype = "F32" | "F16" | "BF16";

const ITEM_BYTES: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** True for a storage type that `toFloat32` reads. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(ITEM_BYTES, dtype);
}

/**
 * The little-endian values of a tensor, or of a piece of one, as float32 `[n]`. The bytes may start
 * at any offset of their buffer. Aligned F32 bytes are returned as a view, not as a copy, so the
 * result shares its memory with the input.
 * @param into where halves go; `bytesWithin` says where in it their bytes may lie.
 * @throws AppError `internal` when the bytes are no whole number of values.
 */
export function toFloat32(bytes: Uint8Array, dtype: FloatDtype, into?: Float32Array): Float32Array {
  const itemBytes = ITEM_BYTES[dtype];
  invariant(
    bytes.byteLength % itemBytes === 0,
    `${bytes.byteLength} bytes are no whole number of ${dtype} values.`,
  );
  const length = bytes.byteLength / itemBytes;
  const out = into?.subarray(0, length);
  // A Buffer's own slice() would be a view with the same offset, hence the constructor.
  const source = bytes.byteOffset % itemBytes === 0 ? bytes : new Uint8Array(bytes);
  switch (dtype) {
    case "F32":
      return new Float32Array(source.buffer, source.byteOffset, length);
    case "F16":
      return float16ToFloat32(new Uint16Array(source.buffer, source.byteOffset, length), out);
    case "BF16":
      return bfloat16ToFloat32(new Uint16Array(source.buffer, source.byteOffset, length), out);
  }
}

/**
 * The bytes at the end of room for float32 values `[n]` that as many stored values take: `toFloat32` can
 * turn them into floats in the same memory, because no value is written before it was read.
 */
export function bytesWithin(room: Float32Array, dtype: FloatDtype): Uint8Array {
  const nBytes = room.length * ITEM_BYTES[dtype];
  return new Uint8Array(room.buffer, room.byteOffset + room.byteLength - nBytes, nBytes);
}

/** IEEE 754 binary16 bits `[n]` as float32 `[n]`; exact, and a NaN keeps its payload. */
export function float16ToFloat32(
  values: Uint16Array,
  out: Float32Array = new Float32Array(values.length),
): Float32Array {
  float16Table ??= buildFloat16Table();
  const table = float16Table;
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < values.length; i++) bits[i] = table[values[i]!]!;
  return out;
}

/**
 * float32 `[n]` as IEEE 754 binary16 bits `[n]`, rounded to nearest even as PyTorch and NumPy do:
 * what is 65520 or more becomes infinity, what is below 2^-14 a subnormal or zero, NaN stays NaN.
 */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = roundToFloat16(bits[i]!);
  return halves;
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToFloat32(
  values: Uint16Array,
  out: Float32Array = new Float32Array(values.length),
): Float32Array {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < values.length; i++) bits[i] = values[i]! << 16;
  return out;
}

/** float32 bits of every binary16 value, `[65536]`; built by the first use, 256 KiB. */
let float16Table: Uint32Array | undefined;

function buildFloat16Table(): Uint32Array {
  const table = new Uint32Array(1 << 16);
  for (let half = 0; half < table.length; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0x1f) {
      table[half] = sign | 0x7f800000 | (mantissa << 13);
    } else if (exponent !== 0) {
      // 112 is the difference of the two exponent biases, 127 - 15.
      table[half] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    } else if (mantissa !== 0) {
      // A subnormal is normal in float32: its leading one moves to bit 10 and becomes implicit.
      const shift = Math.clz32(mantissa) - 21;
      table[half] = sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
    } else {
      table[half] = sign;
    }
  }
  return table;
}

function roundToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000 && magnitude < 0x47800000) {
    // From 2^-14 to below 2^16: 13 bits go, and a carry out of the mantissa raises the exponent,
    // up to infinity.
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x38800000) {
    // Counted in steps of 2^-24; below half a step, 2^-25, the shift would leave the 32 bits.
    const shift = 126 - (magnitude >>> 23);
    if (shift > 24) return sign;
    const mantissa = (magnitude & 0x7fffff) | 0x800000;
    const half = 1 << (shift - 1);
    return sign | ((mantissa + half - 1 + ((mantissa >>> shift) & 1)) >>> shift);
  }
  // The quiet bit keeps a NaN whose payload lies in the dropped bits from becoming infinity.
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  return sign | 0x7c00;
}
