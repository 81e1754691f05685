/**
 * world.json: which pictures a model that was trained on drawings of one kind can know anything about.
 * A model without such a file is for all pictures.
 */

import { JsonObject } from "../../base/json";

export const WORLD_FILE = "world.json";

export type Color = readonly [red: number, green: number, blue: number];

/**
 * Plain grounds with flat things on them, one in each cell of a grid at most. Distances of colors are
 * Euclidean in RGB; shares are those of the pixels of what the model sees.
 */
export interface PictureWorld {
  readonly grounds: readonly Color[];
  readonly colors: readonly Color[];
  /** Largest distance of the border's usual color from a ground. */
  readonly groundWithin: number;
  /** Of a thing's pixel from a color. */
  readonly colorWithin: number;
  /** What is nearer than that to the ground is ground. */
  readonly sameWithin: number;
  /** Largest difference of a channel between neighbours in a flat area. */
  readonly flatWithin: number;
  /** Smallest share of flat pixels. */
  readonly minFlat: number;
  /** Smallest share of ground among the pixels of the border. */
  readonly minGroundBorder: number;
  /** Smallest share of flat pixels among those that are not ground: lines have none. */
  readonly minSolid: number;
  /** Smallest share of the colors among the flat pixels of things. */
  readonly minKnownColors: number;
  /** Largest range of a channel inside a thing. */
  readonly maxColorRange: number;
  /** Compression may cut a thing in two. */
  readonly maxThings: number;
  /** Cells in a row and in a column; no thing reaches into two. */
  readonly grid: number;
}

const BYTE = { min: 0, max: 255 };
const MAX_COLORS = 256;

/** @throws AppError `checkpoint.corrupt` naming the key. */
export function parsePictureWorld(text: string, file: string): PictureWorld {
  const json = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  const share = (key: string): number => between(json, key, { min: 0, max: 1 });
  const distance = (key: string): number => between(json, key, { min: 0, max: 442 });
  return {
    grounds: readColors(json, "grounds"),
    colors: readColors(json, "colors"),
    groundWithin: distance("groundWithin"),
    colorWithin: distance("colorWithin"),
    sameWithin: distance("sameWithin"),
    flatWithin: between(json, "flatWithin", BYTE),
    minFlat: share("minFlat"),
    minGroundBorder: share("minGroundBorder"),
    minSolid: share("minSolid"),
    minKnownColors: share("minKnownColors"),
    maxColorRange: between(json, "maxColorRange", BYTE),
    maxThings: json.integer("maxThings", { min: 1, max: 1000 }),
    grid: json.integer("grid", { min: 1, max: 100 }),
  };
}

function between(json: JsonObject, key: string, range: { min: number; max: number }): number {
  const value = json.number(key);
  if (value >= range.min && value <= range.max) return value;
  return json.fail(key, `a number from ${range.min} to ${range.max}`);
}

function readColors(json: JsonObject, key: string): readonly Color[] {
  const colors = json.array(key);
  if (colors.length === 0 || colors.length > MAX_COLORS || !colors.every(isColor)) {
    return json.fail(key, "a list of colors, each three numbers from 0 to 255");
  }
  return colors.filter(isColor);
}

function isColor(value: unknown): value is Color {
  const isByte = (part: unknown): boolean =>
    typeof part === "number" && part >= BYTE.min && part <= BYTE.max;
  return Array.isArray(value) && value.length === 3 && value.every(isByte);
}
