/** What is in a picture of the world, before it is drawn. */

import { invariant } from "../base/assert";
import { chance, pick, pickWeighted } from "./chance";
import { SHAPES, type Shape } from "./picture/shapes";
import type { Color } from "./picture/canvas";
import type { Meaning } from "./drawings/meanings";
import type { RandomStream } from "../engine/decode/sampling";

export const COLORS = {
  red: [220, 40, 40],
  green: [40, 160, 60],
  blue: [50, 80, 220],
  yellow: [240, 210, 40],
  purple: [140, 50, 170],
  orange: [245, 140, 30],
  black: [20, 20, 20],
  pink: [245, 130, 180],
} as const satisfies Record<string, Color>;
export type ColorName = keyof typeof COLORS;
export const COLOR_NAMES = Object.keys(COLORS) as ColorName[];

export const GROUNDS = {
  white: [250, 250, 250],
  gray: [150, 150, 150],
  cream: [250, 235, 200],
} as const satisfies Record<string, Color>;
export type GroundName = keyof typeof GROUNDS;
const GROUND_NAMES = Object.keys(GROUNDS) as GroundName[];

/** Quarters of a picture, in reading order. */
export const PLACES = ["top left", "top right", "bottom left", "bottom right"] as const;
export type Place = (typeof PLACES)[number];

export interface ShapeThing {
  readonly kind: "shape";
  readonly shape: Shape;
  readonly color: ColorName;
  readonly size: "small" | "large";
  readonly place: Place;
}

export interface EmojiThing {
  readonly kind: "emoji";
  /** Name of the drawing. */
  readonly slug: string;
  readonly meaning: Meaning;
  /** Nothing when it is alone and fills the picture. */
  readonly place: Place | undefined;
}

export type Thing = ShapeThing | EmojiThing;

export interface Scene {
  /** A ground that has a name, or any other. */
  readonly ground: GroundName | "any";
  /** In reading order. */
  readonly things: readonly [Thing, ...Thing[]];
}

/** One emoji that fills the picture. */
export function soloScene(random: RandomStream, slug: string, meaning: Meaning): Scene {
  const ground = chance(random, 0.75) ? "white" : "any";
  return { ground, things: [{ kind: "emoji", slug, meaning, place: undefined }] };
}

/** One to four flat shapes, each in its quarter. */
export function shapeScene(random: RandomStream): Scene {
  return gridScene(random, () => undefined);
}

/** One to four things, each in its quarter: emoji that `draw` gives, or shapes where it gives none. */
export function gridScene(
  random: RandomStream,
  draw: () => { slug: string; meaning: Meaning } | undefined,
): Scene {
  const count = 1 + pickWeighted(random, [3, 4, 3, 2]);
  const [first, ...others] = random
    .shuffled(PLACES)
    .slice(0, count)
    .sort((a, b) => PLACES.indexOf(a) - PLACES.indexOf(b));
  invariant(first !== undefined, "A scene has at least one thing.");
  const thingAt = (place: Place): Thing => {
    const emoji = draw();
    return emoji === undefined ? anyShape(random, place) : { kind: "emoji", ...emoji, place };
  };
  const things: [Thing, ...Thing[]] = [thingAt(first), ...others.map(thingAt)];
  if (count >= 2 && chance(random, 0.35)) repeat(random, things);
  return { ground: pick(random, GROUND_NAMES), things };
}

function anyShape(random: RandomStream, place: Place): Thing {
  return {
    kind: "shape",
    shape: pick(random, SHAPES),
    color: pick(random, COLOR_NAMES),
    size: pick(random, ["small", "large"]),
    place,
  };
}

/** Makes one thing like another, so that counting matters. */
function repeat(random: RandomStream, things: Thing[]): void {
  const like = pick(random, things);
  const at = Math.floor(random.nextUnit() * things.length);
  const other = things[at];
  if (like.kind === "emoji") {
    things[at] = { ...like, place: other?.place };
  } else if (other?.kind === "shape") {
    const color = chance(random, 0.6) ? like.color : other.color;
    things[at] = { ...other, shape: like.shape, color };
  }
}
