/** Where the tensors of weight files lie, whatever the format of the files. Reads nothing. */

/** Storage types, by the names of the safetensors format, and their bits per element. */
export const DTYPE_BITS = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
} as const;

export type TensorDtype = keyof typeof DTYPE_BITS;

/** Where the values of one tensor lie. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: TensorDtype;
  /** Outermost axis first; values are row-major unless there are strides. Empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Elements from one value to the next along each axis, for a view that is not row-major; its values are
   * read in row-major order all the same. Absent otherwise.
   */
  readonly strides?: readonly number[];
  /** Absolute offset of the first byte in `file`. */
  readonly begin: number;
  /** Absolute offset behind the last byte, whoever has the bytes between two values of a view. */
  readonly end: number;
  readonly file: string;
}

/** A run of consecutive elements of a tensor. */
export interface ElementRange {
  readonly start: number;
  readonly count: number;
}

/** What the header of a weight file says. */
export interface WeightHeader {
  readonly file: string;
  readonly fileBytes: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** Bytes of all values of a tensor, which a view of others does not have side by side. */
export function tensorBytes({ shape, dtype }: Pick<TensorInfo, "shape" | "dtype">): number {
  return (elementsOf(shape) * DTYPE_BITS[dtype]) / 8;
}

/** How many values a tensor of that shape has. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
