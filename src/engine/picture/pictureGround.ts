/**
 * What a picture with transparent parts is laid on, and whether there is anything to see. Knows no
 * decoder and no model.
 */

import type { AlphaMode } from "../../model/ask/request";

/** What transparent pixels are laid on. */
export type Ground = Extract<AlphaMode, "white" | "dark">;

/** Red, green and blue; the dark one is that of GitHub's dark pages. */
const GROUNDS: Readonly<Record<Ground, readonly [number, number, number]>> = {
  white: [255, 255, 255],
  dark: [13, 17, 23],
};

/** Samples as a decoder gives them: [height, width, 4] red, green, blue, alpha. */
export interface AlphaPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * White is what most pages are, so a picture has to lose nearly half of what it shows there before it
 * goes onto dark: a white card with a shadow (0.6) and a sticker with an outline stay on white, a white
 * drawing (0) and a colored mark with white words beside it do not.
 */
const ENOUGH_ON_WHITE = 0.55;

/** Rows that are looked at; the others look alike. */
const MAX_ROWS = 1024;

/** The ground on which more of a picture is seen, white unless it is much less there. */
export function chooseGround(pixels: AlphaPixels): Ground {
  const { white, dark } = contrasts(pixels);
  return white < ENOUGH_ON_WHITE * dark ? "dark" : "white";
}

/**
 * How much there is to see on each ground: the differences between neighbours, each that of the color
 * that differs most, summed up.
 */
function contrasts({ data, width, height }: AlphaPixels): Record<Ground, number> {
  const sums = { white: 0, dark: 0 };
  const step = Math.max(1, Math.floor(height / MAX_ROWS));
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      if (x + 1 < width) addDifference(sums, data, [at, at + 4]);
      if (y + 1 < height) addDifference(sums, data, [at, at + 4 * width]);
    }
  }
  return sums;
}

function addDifference(
  sums: Record<Ground, number>,
  data: Uint8Array,
  [a, b]: readonly [number, number],
): void {
  const alphaA = data[a + 3] ?? 0;
  const alphaB = data[b + 3] ?? 0;
  if (alphaA === 0 && alphaB === 0) return;
  let white = 0;
  let dark = 0;
  for (let channel = 0; channel < 3; channel++) {
    // On a ground g: (color × alpha + g × (255 − alpha)) / 255.
    const colors = (data[a + channel] ?? 0) * alphaA - (data[b + channel] ?? 0) * alphaB;
    const share = alphaB - alphaA;
    white = Math.max(white, Math.abs(colors + (GROUNDS.white[channel] ?? 0) * share));
    dark = Math.max(dark, Math.abs(colors + (GROUNDS.dark[channel] ?? 0) * share));
  }
  sums.white += white;
  sums.dark += dark;
}

/**
 * Lays pixels on a ground, writing RGB over what was read: a large picture is not in memory twice.
 * @returns [height, width, 3].
 */
export function layOn(ground: Ground, { data, width, height }: AlphaPixels): Uint8Array {
  const nPixels = width * height;
  const rgb = new Uint8Array(data.buffer, data.byteOffset, nPixels * 3);
  const [red, green, blue] = GROUNDS[ground];
  for (let from = 0, to = 0; to < nPixels * 3; from += 4, to += 3) {
    const alpha = data[from + 3] ?? 0;
    const rest = 255 - alpha;
    // 127 rounds to the nearest; ties cannot occur because 255 is odd.
    rgb[to] = ((data[from] ?? 0) * alpha + red * rest + 127) / 255;
    rgb[to + 1] = ((data[from + 1] ?? 0) * alpha + green * rest + 127) / 255;
    rgb[to + 2] = ((data[from + 2] ?? 0) * alpha + blue * rest + 127) / 255;
  }
  return rgb;
}

/** Lossy formats make up to this of a single color, at the quality that they have by default. */
const SAME_COLOR = 5;

/** True when no two pixels can be told apart. @param rgb [pixels, 3]. */
export function isOneColor(rgb: Uint8Array): boolean {
  const low = [255, 255, 255];
  const high = [0, 0, 0];
  for (let at = 0; at < rgb.length; at++) {
    const channel = at % 3;
    const sample = rgb[at] ?? 0;
    const lowest = Math.min(low[channel] ?? 255, sample);
    const highest = Math.max(high[channel] ?? 0, sample);
    if (highest - lowest > SAME_COLOR) return false;
    low[channel] = lowest;
    high[channel] = highest;
  }
  return true;
}
