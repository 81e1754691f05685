/**
 * Bicubic resampling with anti-aliasing, bit for bit as Pillow's `Image.resize(size, BICUBIC)` on
 * 8-bit RGB. Knows no file formats and no models.
 *
 * Pillow (src/libImaging/Resample.c) resamples rows, then columns, in fixed point: weights are
 * rounded to 22 fractional bits, sums are 32-bit integers, and each pass rounds to 8 bits. The
 * reference values depend on both roundings.
 */

import { AppError } from "../../base/errors";
import type { RgbImage } from "./imageDecode";

/** Fractional bits of a weight: 32 less 8 for the sample and 2 for sign and overshoot. */
const PRECISION_BITS = 22;
/** The cubic's free parameter; −0.5 is Catmull-Rom. */
const A = -0.5;
/** Reach of the cubic on each side, in samples of the coarser grid. */
const REACH = 2;

/**
 * The picture at another size; the aspect ratio is not kept. Returns the same object when the size
 * is already right.
 * @throws AppError `internal` when the data does not fit its size or a size is not a positive integer.
 */
export function resizeBicubic(
  image: RgbImage,
  size: { readonly width: number; readonly height: number },
): RgbImage {
  for (const side of [image.width, image.height, size.width, size.height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new AppError("internal", `A picture cannot have a side of ${side} pixels.`);
    }
  }
  if (image.data.length !== image.width * image.height * 3) {
    throw new AppError(
      "internal",
      `A picture of ${image.width} × ${image.height} cannot hold ${image.data.length} samples.`,
    );
  }
  // Pillow (Image.py, `resize`) shrinks columns first when a picture is far taller than wide; the
  // rounding in between makes the order visible.
  const isTower = image.height > image.width * 100 && size.height < image.height;
  if (isTower) return resizeRows(resizeColumns(image, size.height), size.width);
  return resizeColumns(resizeRows(image, size.width), size.height);
}

/** What each target sample takes from the source line. */
interface Weights {
  /** Most source samples a target sample uses; the stride of `values`. */
  readonly stride: number;
  /** [target] first source sample. */
  readonly starts: Int32Array;
  /** [target] number of source samples. */
  readonly counts: Int32Array;
  /** [target, stride] fixed-point weights, each row summing to about 1 << PRECISION_BITS. */
  readonly values: Int32Array;
}

function computeWeights(sourceSize: number, targetSize: number): Weights {
  const scale = sourceSize / targetSize;
  // Enlarging interpolates between neighbours; shrinking widens the cubic to cover all samples.
  const filterScale = Math.max(scale, 1);
  const reach = REACH * filterScale;
  const stride = Math.ceil(reach) * 2 + 1;
  const starts = new Int32Array(targetSize);
  const counts = new Int32Array(targetSize);
  const values = new Int32Array(targetSize * stride);
  const exact = new Float64Array(stride);
  // Pillow multiplies by the reciprocal; a division would round differently.
  const inverse = 1 / filterScale;
  for (let target = 0; target < targetSize; target++) {
    const center = (target + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const count = Math.min(sourceSize, Math.trunc(center + reach + 0.5)) - start;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const weight = cubic((i + start - center + 0.5) * inverse);
      exact[i] = weight;
      sum += weight;
    }
    for (let i = 0; i < count; i++) {
      const scaled = (sum === 0 ? exact[i]! : exact[i]! / sum) * (1 << PRECISION_BITS);
      values[target * stride + i] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    starts[target] = start;
    counts[target] = count;
  }
  return { stride, starts, counts, values };
}

/** The terms are in Pillow's order, which fixes the rounding. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

/** Half of the last place kept, so that the shift below rounds. */
const HALF = 1 << (PRECISION_BITS - 1);

function toByte(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Changes the width; all rows are computed, because every one of them reaches some target row. */
function resizeRows(image: RgbImage, width: number): RgbImage {
  if (width === image.width) return image;
  const { stride, starts, counts, values } = computeWeights(image.width, width);
  const source = image.data;
  const data = new Uint8Array(width * image.height * 3);
  for (let y = 0, to = 0; y < image.height; y++) {
    const row = y * image.width * 3;
    for (let x = 0; x < width; x++, to += 3) {
      let from = row + starts[x]! * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      const first = x * stride;
      const end = first + counts[x]!;
      for (let i = first; i < end; i++, from += 3) {
        const weight = values[i]!;
        // A plain product would be computed in floating point.
        red = (red + Math.imul(source[from]!, weight)) | 0;
        green = (green + Math.imul(source[from + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[from + 2]!, weight)) | 0;
      }
      data[to] = toByte(red);
      data[to + 1] = toByte(green);
      data[to + 2] = toByte(blue);
    }
  }
  return { width, height: image.height, data };
}

/** Changes the height; a sum stays in a register, which is twice as fast as a row of sums in memory. */
function resizeColumns(image: RgbImage, height: number): RgbImage {
  if (height === image.height) return image;
  const { stride, starts, counts, values } = computeWeights(image.height, height);
  const source = image.data;
  const rowLength = image.width * 3;
  const data = new Uint8Array(rowLength * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = starts[y]! * rowLength;
    const first = y * stride;
    const end = first + counts[y]!;
    for (let x = 0; x < rowLength; x += 3, to += 3) {
      let from = row + x;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = first; i < end; i++, from += rowLength) {
        const weight = values[i]!;
        red = (red + Math.imul(source[from]!, weight)) | 0;
        green = (green + Math.imul(source[from + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[from + 2]!, weight)) | 0;
      }
      data[to] = toByte(red);
      data[to + 1] = toByte(green);
      data[to + 2] = toByte(blue);
    }
  }
  return { width: image.width, height, data };
}
