/**
 * Whether a picture is of the kind that a small model was trained on, by the picture's own pixels: what
 * such a model says of another one is made up, and its words do not show it. Knows no model.
 */

import type { Color, PictureWorld } from "../../model/folder/pictureWorld";
import type { RgbImage } from "./imageDecode";

/** Pixels of the smallest thing that is told from a speck. */
const MIN_THING = 4;
/** Pixels that a thing may reach over the line between two cells, because resizing blurs. */
const OVERLAP = 2;

/** True for a picture that the model can know nothing about. @param image as the model sees it. */
export function isOutside(image: RgbImage, world: PictureWorld): boolean {
  const ground = borderColor(image);
  if (nearest(ground, world.grounds) > world.groundWithin) return true;
  if (shareOfBorder(image, ground, world.sameWithin) < world.minGroundBorder) return true;
  const flat = flatPixels(image, world.flatWithin);
  if (flat.reduce((sum, is) => sum + is, 0) < world.minFlat * flat.length) return true;
  const things = thingsOf(image, { flat, ground, world });
  const nPixels = things.reduce((sum, thing) => sum + thing.pixels.length, 0);
  const nKnown = things.reduce((sum, thing) => sum + knownPixels(image, thing, world), 0);
  const large = things.filter(({ pixels }) => pixels.length >= MIN_THING);
  return (
    large.length === 0 ||
    large.length > world.maxThings ||
    nPixels < world.minSolid * inkOf(image, ground, world) ||
    nKnown < world.minKnownColors * nPixels ||
    large.some((thing) => crossesCells(image, thing, world.grid)) ||
    large.some((thing) => colorRange(image, thing) > world.maxColorRange)
  );
}

function colorAt({ data }: RgbImage, pixel: number): Color {
  return [data[3 * pixel] ?? 0, data[3 * pixel + 1] ?? 0, data[3 * pixel + 2] ?? 0];
}

function distance(a: Color, b: Color): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function nearest(color: Color, known: readonly Color[]): number {
  return known.reduce((least, other) => Math.min(least, distance(color, other)), Infinity);
}

function borderPixels({ width, height }: RgbImage): number[] {
  const last = width * (height - 1);
  const rows = Array.from({ length: width }, (_, x) => [x, last + x]);
  const columns = Array.from({ length: height }, (_, y) => [y * width, y * width + width - 1]);
  return [...rows.flat(), ...columns.flat()];
}

/** The median of each channel. */
function borderColor(image: RgbImage): Color {
  const colors = borderPixels(image).map((pixel) => colorAt(image, pixel));
  const median = (channel: 0 | 1 | 2): number => {
    const sorted = colors.map((color) => color[channel]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  };
  return [median(0), median(1), median(2)];
}

function shareOfBorder(image: RgbImage, ground: Color, within: number): number {
  const border = borderPixels(image);
  const plain = border.filter((pixel) => distance(colorAt(image, pixel), ground) < within);
  return plain.length / border.length;
}

/** 1 for each pixel that looks like its neighbours above, below and at both sides. */
function flatPixels(image: RgbImage, within: number): Uint8Array {
  const flat = new Uint8Array(image.width * image.height);
  for (let pixel = 0; pixel < flat.length; pixel++) {
    const own = colorAt(image, pixel);
    const isFlat = neighbours(image, pixel).every((other) => {
      const color = colorAt(image, other);
      return own.every((sample, channel) => Math.abs(sample - (color[channel] ?? 0)) <= within);
    });
    flat[pixel] = isFlat ? 1 : 0;
  }
  return flat;
}

function neighbours({ width, height }: RgbImage, pixel: number): number[] {
  const x = pixel % width;
  return [
    ...(x > 0 ? [pixel - 1] : []),
    ...(x + 1 < width ? [pixel + 1] : []),
    ...(pixel >= width ? [pixel - width] : []),
    ...(pixel < width * (height - 1) ? [pixel + width] : []),
  ];
}

/** Flat pixels that hang together and are not ground. */
interface Thing {
  readonly pixels: readonly number[];
}

function thingsOf(
  image: RgbImage,
  at: { readonly flat: Uint8Array; readonly ground: Color; readonly world: PictureWorld },
): Thing[] {
  const { flat, ground, world } = at;
  const isOpen = flat.map((isFlat, pixel) =>
    isFlat === 1 && distance(colorAt(image, pixel), ground) >= world.sameWithin ? 1 : 0,
  );
  const things: Thing[] = [];
  for (let start = 0; start < isOpen.length; start++) {
    if (isOpen[start] !== 1) continue;
    const pixels = [start];
    isOpen[start] = 0;
    // Grows while it is walked.
    for (const pixel of pixels) {
      for (const other of neighbours(image, pixel)) {
        if (isOpen[other] !== 1) continue;
        isOpen[other] = 0;
        pixels.push(other);
      }
    }
    things.push({ pixels });
  }
  return things;
}

/** Pixels that are not ground, flat or not. */
function inkOf(image: RgbImage, ground: Color, { sameWithin }: PictureWorld): number {
  let count = 0;
  for (let pixel = 0; pixel < image.width * image.height; pixel++) {
    if (distance(colorAt(image, pixel), ground) >= sameWithin) count++;
  }
  return count;
}

function knownPixels(image: RgbImage, { pixels }: Thing, world: PictureWorld): number {
  const isKnown = (pixel: number): boolean =>
    nearest(colorAt(image, pixel), world.colors) < world.colorWithin;
  return pixels.filter(isKnown).length;
}

function crossesCells({ width, height }: RgbImage, { pixels }: Thing, grid: number): boolean {
  const crosses = (positions: readonly number[], side: number): boolean => {
    const low = positions.reduce((least, position) => Math.min(least, position), Infinity);
    const high = positions.reduce((most, position) => Math.max(most, position), 0);
    return Array.from({ length: grid - 1 }, (_, i) => ((i + 1) * side) / grid).some(
      (line) => low < line - OVERLAP && high >= line + OVERLAP,
    );
  };
  return (
    crosses(
      pixels.map((pixel) => pixel % width),
      width,
    ) ||
    crosses(
      pixels.map((pixel) => Math.floor(pixel / width)),
      height,
    )
  );
}

function colorRange(image: RgbImage, { pixels }: Thing): number {
  const colors = pixels.map((pixel) => colorAt(image, pixel));
  const ranges = ([0, 1, 2] as const).map((channel) => {
    const low = colors.reduce((least, color) => Math.min(least, color[channel]), 255);
    const high = colors.reduce((most, color) => Math.max(most, color[channel]), 0);
    return high - low;
  });
  return Math.max(...ranges);
}
