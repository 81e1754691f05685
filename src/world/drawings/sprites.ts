/** Drawings as small pictures with transparency, ready to be put on a canvas. */

import { drawDrawing } from "../../engine/picture/imageDecode";
import type { Drawing, Style } from "./meanings";

/** Pixels on a side: a drawing alone fills a picture of 96. */
const SPRITE_SIDE = 80;

/** Of the width of a drawing; the first is how thick an outline is that a drawing gets. */
const OUTLINES = [0.024, 0.04] as const;

/** A square picture with transparency, and smaller copies of it. */
export interface Sprite {
  /** From large to small, each half of the one before. */
  readonly levels: readonly SpriteLevel[];
}

export interface SpriteLevel {
  readonly side: number;
  /** [side, side, 4] red, green, blue times alpha, and alpha; 0 to 255. */
  readonly pixels: Uint8Array;
}

/** All drawings of one style, drawn in one way. */
export interface SpriteSet {
  readonly style: string;
  readonly sprites: ReadonlyMap<string, Sprite>;
}

/** Draws what a style has of these names. @param outline Whether shapes without a stroke get one. */
export async function drawStyle(
  style: Style,
  names: Iterable<string>,
  outline = false,
): Promise<SpriteSet> {
  const sprites = new Map<string, Sprite>();
  for (const name of names) {
    // Mozilla writes its names as one word.
    const drawing = style.drawings.get(name) ?? style.drawings.get(name.replaceAll("-", ""));
    if (drawing === undefined) continue;
    const width = outline ? OUTLINES[sprites.size % OUTLINES.length]! : 0;
    const pixels = await drawDrawing(Buffer.from(svgOf(drawing, width)), SPRITE_SIDE);
    sprites.set(name, { levels: levelsOf({ side: SPRITE_SIDE, pixels: premultiply(pixels) }) });
  }
  return { style: outline ? `${style.name}, outlined` : style.name, sprites };
}

/** @param outline Of the width, 0 for none. */
function svgOf({ body, width, height }: Drawing, outline: number): string {
  const look =
    outline === 0
      ? ""
      : "<style>path,circle,ellipse,rect,polygon{stroke:#222;stroke-linejoin:round;" +
        `stroke-width:${outline * width}}</style>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${SPRITE_SIDE}" height="${SPRITE_SIDE}" viewBox="0 0 ${width} ${height}">` +
    // Drawings in one colour leave it to the text around them.
    `<g color="#222">${look}${body}</g></svg>`
  );
}

function premultiply(rgba: Uint8Array): Uint8Array {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]! / 255;
    for (let c = 0; c < 3; c++) rgba[i + c] = Math.round(rgba[i + c]! * alpha);
  }
  return rgba;
}

/** A picture and its halves, while they can be halved. */
export function levelsOf(first: SpriteLevel): SpriteLevel[] {
  const levels = [first];
  for (let level = first; level.side % 2 === 0 && level.side > 10;) {
    level = halve(level);
    levels.push(level);
  }
  return levels;
}

function halve({ side, pixels }: SpriteLevel): SpriteLevel {
  const half = side / 2;
  const out = new Uint8Array(half * half * 4);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      for (let c = 0; c < 4; c++) {
        const at = (2 * y * side + 2 * x) * 4 + c;
        const sum =
          pixels[at]! + pixels[at + 4]! + pixels[at + side * 4]! + pixels[at + side * 4 + 4]!;
        out[(y * half + x) * 4 + c] = (sum + 2) >> 2;
      }
    }
  }
  return { side: half, pixels: out };
}
