/** Puts a sprite on a patch: scaled, turned, sheared, mirrored. */

import type { Patch } from "./canvas";
import type { Sprite, SpriteLevel } from "../drawings/sprites";

/** Where and how a sprite is seen. */
export interface Pose {
  /** Of its centre on the canvas, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Of the whole sprite on the canvas, in pixels. */
  readonly side: number;
  /** Clockwise, in radians. */
  readonly angle: number;
  /** Width over height of what was square. */
  readonly stretch: number;
  /** How far the upper edge moves to the right, over the height. */
  readonly shear: number;
  readonly isMirrored: boolean;
}

/** Draws a sprite in a pose, between its pixels linearly, from the copy that is nearest in size. */
export function warp(sprite: Sprite, pose: Pose): Patch {
  const level = levelFor(sprite, pose.side);
  const reach = reachOf(pose);
  const left = Math.floor(pose.x - reach.x);
  const top = Math.floor(pose.y - reach.y);
  const width = Math.ceil(pose.x + reach.x) - left;
  const height = Math.ceil(pose.y + reach.y) - top;
  const pixels = new Float32Array(width * height * 4);
  const { side } = level;
  const [a, b, c, d] = inverseOf(pose);
  // The sprite's own pixels are counted between their centres.
  const middle = side / 2 - 0.5;
  for (let y = 0; y < height; y++) {
    const dy = top + y + 0.5 - pose.y;
    for (let x = 0; x < width; x++) {
      const dx = left + x + 0.5 - pose.x;
      const u = (a * dx + b * dy) * side + middle;
      const v = (c * dx + d * dy) * side + middle;
      if (u > -1 && v > -1 && u < side && v < side) {
        sample(level, u, v, pixels, (y * width + x) * 4);
      }
    }
  }
  return { left, top, width, height, pixels };
}

/** The smallest copy that is not smaller than what is seen. */
function levelFor({ levels }: Sprite, side: number): SpriteLevel {
  return levels[Math.max(0, levels.filter((level) => level.side >= side).length - 1)]!;
}

type Matrix = readonly [number, number, number, number];

/** From the sprite (one wide, around 0) to the canvas. */
function matrixOf({ side, angle, stretch, shear, isMirrored }: Pose): Matrix {
  const wide = side * Math.sqrt(stretch) * (isMirrored ? -1 : 1);
  const high = side / Math.sqrt(stretch);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos * wide, (-cos * shear - sin) * high, sin * wide, (-sin * shear + cos) * high];
}

function inverseOf(pose: Pose): Matrix {
  const [a, b, c, d] = matrixOf(pose);
  const determinant = a * d - b * c;
  return [d / determinant, -b / determinant, -c / determinant, a / determinant];
}

/** Half of what the pose covers on the canvas. */
function reachOf(pose: Pose): { x: number; y: number } {
  const [a, b, c, d] = matrixOf(pose);
  return { x: (Math.abs(a) + Math.abs(b)) / 2, y: (Math.abs(c) + Math.abs(d)) / 2 };
}

/** Plain numbers, because this runs for each pixel. */
// oxlint-disable-next-line max-params
function sample(level: SpriteLevel, u: number, v: number, to: Float32Array, at: number): void {
  const { side, pixels } = level;
  const x = Math.floor(u);
  const y = Math.floor(v);
  for (let corner = 0; corner < 4; corner++) {
    const right = corner & 1;
    const down = corner >> 1;
    const cx = x + right;
    const cy = y + down;
    if (cx < 0 || cy < 0 || cx >= side || cy >= side) continue;
    const weight = ((right ? u - x : 1 - u + x) * (down ? v - y : 1 - v + y)) / 255;
    const from = (cy * side + cx) * 4;
    to[at] = to[at]! + pixels[from]! * weight;
    to[at + 1] = to[at + 1]! + pixels[from + 1]! * weight;
    to[at + 2] = to[at + 2]! + pixels[from + 2]! * weight;
    to[at + 3] = to[at + 3]! + pixels[from + 3]! * weight;
  }
}
