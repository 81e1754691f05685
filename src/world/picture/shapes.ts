/** Flat shapes: circle, square, triangle, star. */

import { levelsOf, type Sprite } from "../drawings/sprites";
import { warp } from "./warp";
import type { Color, Patch } from "./canvas";

export const SHAPES = ["circle", "square", "triangle", "star"] as const;
export type Shape = (typeof SHAPES)[number];

/** Samples on a side of a pixel. */
const SAMPLES = 3;

/** Pixels on a side of the one drawing of each shape. */
const SIDE = 96;

const sprites = new Map<Shape, Sprite>();

/** Draws a shape around a point. @param radius From its centre to its corners, in pixels. */
export function drawShape(
  shape: Shape,
  { x, y, radius, color }: { x: number; y: number; radius: number; color: Color },
): Patch {
  let sprite = sprites.get(shape);
  if (sprite === undefined) sprites.set(shape, (sprite = spriteOf(shape)));
  const upright = { angle: 0, stretch: 1, shear: 0, isMirrored: false };
  const patch = warp(sprite, { x, y, side: 2 * radius, ...upright });
  const { pixels } = patch;
  for (let i = 0; i < pixels.length; i++) pixels[i]! *= color[i % 4] ?? 1;
  return patch;
}

/** The shape in white. */
function spriteOf(shape: Shape): Sprite {
  const isInside = insideOf(shape);
  const pixels = new Uint8Array(SIDE * SIDE * 4);
  // From -1 to 1 over the sprite.
  const position = (pixel: number, sample: number) =>
    (2 * (pixel + (sample + 0.5) / SAMPLES)) / SIDE - 1;
  for (let i = 0; i < SIDE * SIDE; i++) {
    let hits = 0;
    for (let s = 0; s < SAMPLES * SAMPLES; s++) {
      const u = position(i % SIDE, s % SAMPLES);
      const v = position(Math.floor(i / SIDE), Math.floor(s / SAMPLES));
      if (isInside(u, v)) hits++;
    }
    pixels.fill(Math.round((255 * hits) / SAMPLES ** 2), 4 * i, 4 * i + 4);
  }
  return { levels: levelsOf({ side: SIDE, pixels }) };
}

type IsInside = (u: number, v: number) => boolean;

/** Of a shape with radius 1 around 0. */
function insideOf(shape: Shape): IsInside {
  switch (shape) {
    case "circle":
      return (u, v) => u * u + v * v <= 1;
    case "square":
      return (u, v) => Math.max(Math.abs(u), Math.abs(v)) <= 0.88;
    case "triangle":
      return insidePolygon(corners(3, 1));
    case "star":
      return insidePolygon(corners(5, 0.42));
  }
}

/** Corners of a star with n points; `inner` 1 gives a polygon. */
function corners(n: number, inner: number): (readonly [number, number])[] {
  const count = inner === 1 ? n : 2 * n;
  return Array.from({ length: count }, (_, i) => {
    const radius = inner !== 1 && i % 2 === 1 ? inner : 1;
    const angle = (2 * Math.PI * i) / count;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)];
  });
}

function insidePolygon(points: readonly (readonly [number, number])[]): IsInside {
  return (u, v) => {
    let isInside = false;
    for (let i = 0; i < points.length; i++) {
      const [x1, y1] = points[i]!;
      const [x2, y2] = points[(i + 1) % points.length]!;
      if (y1 > v !== y2 > v && u < ((x2 - x1) * (v - y1)) / (y2 - y1) + x1) isInside = !isInside;
    }
    return isInside;
  };
}
