/** A picture in the making: colours from 0 to 1 in planes, as an image encoder takes them. */

/** Red, green, blue, 0 to 1. */
export type Color = readonly [red: number, green: number, blue: number];

/** A small picture with transparency that is laid on a canvas. */
export interface Patch {
  /** Where its upper left corner goes, in whole pixels; may lie outside. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** [height, width, 4] red, green, blue times alpha, and alpha; 0 to 1. */
  readonly pixels: Float32Array;
}

export class Canvas {
  readonly side: number;
  /** [3, side, side], 0 to 1. */
  readonly planes: Float32Array;

  constructor(side: number, ground: Color) {
    this.side = side;
    this.planes = new Float32Array(3 * side * side);
    for (let c = 0; c < 3; c++) {
      this.planes.fill(ground[c]!, c * side * side, (c + 1) * side * side);
    }
  }

  /** Lays a patch over what is there. */
  lay({ left, top, width, height, pixels }: Patch): void {
    const { side, planes } = this;
    const plane = side * side;
    for (let y = Math.max(0, -top); y < Math.min(height, side - top); y++) {
      for (let x = Math.max(0, -left); x < Math.min(width, side - left); x++) {
        const from = (y * width + x) * 4;
        const rest = 1 - pixels[from + 3]!;
        if (rest === 1) continue;
        const to = (top + y) * side + left + x;
        for (let c = 0; c < 3; c++) {
          planes[c * plane + to] = planes[c * plane + to]! * rest + pixels[from + c]!;
        }
      }
    }
  }

  /** Rounds to the 256 steps that a picture file has. */
  round(): void {
    const { planes } = this;
    for (let i = 0; i < planes.length; i++) {
      planes[i] = Math.round(Math.min(1, Math.max(0, planes[i]!)) * 255) / 255;
    }
  }
}
