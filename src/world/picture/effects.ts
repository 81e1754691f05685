/**
 * What makes one drawing look as if other hands had made it: colours, lines, blur, a hole. Each works on
 * a patch in place. The mix was found on styles that training does not see.
 */

import type { Patch } from "./canvas";

/** Rows of a product with red, green, blue. */
export type ColorMatrix = readonly [number[], number[], number[]];

/** Turns the hue and changes the saturation, brightness kept (the weights of Rec. 709). */
export function hueAndSaturation(turn: number, saturation: number): ColorMatrix {
  const [cos, sin] = [Math.cos(turn) * saturation, Math.sin(turn) * saturation];
  const luma = [0.213, 0.715, 0.072];
  const cosPart = [
    [0.787, -0.715, -0.072],
    [-0.213, 0.285, -0.072],
    [-0.213, -0.715, 0.928],
  ];
  const sinPart = [
    [-0.213, -0.715, 0.928],
    [0.143, 0.14, -0.283],
    [-0.787, 0.715, 0.072],
  ];
  const row = (i: number) => luma.map((l, j) => l + cos * cosPart[i]![j]! + sin * sinPart[i]![j]!);
  return [row(0), row(1), row(2)];
}

/** color ← gain · matrix · color + lift, of what is not transparent. */
export function recolor(
  { pixels }: Patch,
  { matrix, gain, lift }: { matrix: ColorMatrix; gain: number; lift: number },
): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]!;
    if (alpha === 0) continue;
    const color = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    for (let c = 0; c < 3; c++) {
      const row = matrix[c]!;
      const mixed = row[0]! * color[0]! + row[1]! * color[1]! + row[2]! * color[2]!;
      pixels[i + c] = Math.min(alpha, Math.max(0, gain * mixed + lift * alpha));
    }
  }
}

/** Leaves `levels` steps of each colour. */
export function posterize({ pixels }: Patch, levels: number): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]!;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) {
      pixels[i + c] = (Math.round((pixels[i + c]! / alpha) * (levels - 1)) / (levels - 1)) * alpha;
    }
  }
}

/** Averages each pixel with its eight neighbours. */
export function blur({ width, height, pixels }: Patch): void {
  const source = pixels.slice();
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let dy = -1; dy <= 1; dy++) {
          const at = ((y + dy) * width + x) * 4 + c;
          sum += source[at - 4]! + source[at]! + source[at + 4]!;
        }
        pixels[(y * width + x) * 4 + c] = sum / 9;
      }
    }
  }
}

/** Darkens where colours change, as a pen would draw around them. @param strength 0 to 1. */
export function drawEdges({ width, height, pixels }: Patch, strength: number): void {
  const light = new Float32Array(width * height);
  for (let i = 0; i < light.length; i++) {
    // On white, so that the outer edge of a drawing counts.
    light[i] =
      (pixels[4 * i]! + pixels[4 * i + 1]! + pixels[4 * i + 2]!) / 3 + 1 - pixels[4 * i + 3]!;
  }
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = light[i + 1]! - light[i - 1]!;
      const dy = light[i + width]! - light[i - width]!;
      const edge = Math.min(1, 2 * strength * Math.sqrt(dx * dx + dy * dy));
      for (let c = 0; c < 3; c++) pixels[4 * i + c]! *= 1 - edge;
      pixels[4 * i + 3] = pixels[4 * i + 3]! * (1 - edge) + edge;
    }
  }
}

/** Makes dark lines one pixel wider: each pixel becomes the darkest of the five around it. */
export function thicken({ width, height, pixels }: Patch): void {
  const source = pixels.slice();
  const darkness = (i: number) =>
    source[4 * i + 3]! - (source[4 * i]! + source[4 * i + 1]! + source[4 * i + 2]!) / 3;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const here = y * width + x;
      let darkest = here;
      for (const other of [here - 1, here + 1, here - width, here + width]) {
        if (darkness(other) > darkness(darkest)) darkest = other;
      }
      if (darkest !== here) pixels.set(source.subarray(4 * darkest, 4 * darkest + 4), 4 * here);
    }
  }
}

/** Takes a rectangle away. */
export function erase(
  { width, pixels }: Patch,
  hole: { left: number; top: number; width: number; height: number },
): void {
  for (let y = hole.top; y < hole.top + hole.height; y++) {
    pixels.fill(0, (y * width + hole.left) * 4, (y * width + hole.left + hole.width) * 4);
  }
}
