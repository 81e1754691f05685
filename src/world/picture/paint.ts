/** A scene becomes a picture. */

import { Canvas, type Color, type Patch } from "./canvas";
import { blur, drawEdges, erase, hueAndSaturation, posterize, recolor, thicken } from "./effects";
import { drawShape } from "./shapes";
import { warp } from "./warp";
import { between, chance, pick } from "../chance";
import { COLORS, GROUNDS, PLACES, type EmojiThing, type Scene, type ShapeThing } from "../scene";
import type { Sprite } from "../drawings/sprites";
import type { RandomStream } from "../../engine/decode/sampling";

export interface PaintOptions {
  /** Pixels on a side of the picture. */
  readonly side: number;
  /** The drawing of a thing, in whatever style. */
  readonly spriteOf: (slug: string) => Sprite;
  /** Whether drawings are varied as other hands would draw them, or shown as they are. */
  readonly isVaried: boolean;
}

/** Names in which left and right, or the way round, have a meaning. */
const HAS_A_SIDE = /\b(left|right|clockwise|anticlockwise|counterclockwise|one|two|three|p|b|q)\b/;

/** A word for a colour in a name: its hue stays. */
const HAS_A_COLOR = /\b(red|green|blue|yellow|purple|orange|brown|pink|black|white|gold|silver)\b/;

/** Of a quarter's half: how far a shape reaches. */
const RADII = { large: [0.62, 0.85], small: [0.28, 0.42] } as const;

/** @returns [3, side, side] colours, 0 to 1, in steps of 1/255. */
export function paint(scene: Scene, options: PaintOptions, random: RandomStream): Float32Array {
  const canvas = new Canvas(options.side, groundOf(scene, random));
  for (const thing of scene.things) {
    canvas.lay(
      thing.kind === "shape"
        ? paintShape(thing, options, random)
        : paintEmoji(thing, options, random),
    );
  }
  canvas.round();
  return canvas.planes;
}

function groundOf({ ground }: Scene, random: RandomStream): Color {
  if (ground !== "any") return jitter(GROUNDS[ground], random, 8);
  const low = chance(random, 0.6) ? 0.8 : 0;
  return [between(random, low, 1), between(random, low, 1), between(random, low, 1)];
}

/** @param within Steps of 256. */
function jitter(color: Color, random: RandomStream, within: number): Color {
  const moved = (value: number) =>
    Math.min(255, Math.max(0, value + between(random, -within, within))) / 255;
  return [moved(color[0]), moved(color[1]), moved(color[2])];
}

function paintShape(thing: ShapeThing, { side }: PaintOptions, random: RandomStream): Patch {
  const half = side / 4;
  const [low, high] = RADII[thing.size];
  const radius = half * between(random, low, high);
  const slack = 0.8 * (half - radius);
  const place = PLACES.indexOf(thing.place);
  return drawShape(thing.shape, {
    x: half * (1 + 2 * (place & 1)) + between(random, -slack, slack),
    y: half * (1 + 2 * (place >> 1)) + between(random, -slack, slack),
    radius,
    color: jitter(COLORS[thing.color], random, 18),
  });
}

function paintEmoji(thing: EmojiThing, options: PaintOptions, random: RandomStream): Patch {
  const { label, kinds } = thing.meaning;
  const place = thing.place === undefined ? undefined : PLACES.indexOf(thing.place);
  const room = place === undefined ? options.side : options.side / 2;
  const isVaried = options.isVaried;
  const scale = isVaried
    ? between(random, place === undefined ? 0.65 : 0.7, place === undefined ? 1.14 : 1)
    : 0.92;
  const slide = (): number => (isVaried ? between(random, -0.07, 0.07) * room : 0);
  const isSymbol = kinds.some((kind) => /symbol|sign|arrow|shape|flag|clock/.test(kind));
  const patch = warp(options.spriteOf(thing.slug), {
    x: room * (0.5 + (place === undefined ? 0 : place & 1)) + slide(),
    y: room * (0.5 + (place === undefined ? 0 : place >> 1)) + slide(),
    side: room * scale,
    angle: isVaried ? between(random, -0.3, 0.3) * (isSymbol ? 0.3 : 1) : 0,
    stretch: isVaried ? between(random, 0.85, 1.18) : 1,
    shear: isVaried ? between(random, -0.12, 0.12) : 0,
    isMirrored: isVaried && !isSymbol && !HAS_A_SIDE.test(label) && chance(random, 0.5),
  });
  if (isVaried) vary(patch, HAS_A_COLOR.test(label) || isSymbol, random);
  return patch;
}

/** Draws it as another hand would. */
function vary(patch: Patch, keepsHue: boolean, random: RandomStream): void {
  const turn = !keepsHue && chance(random, 0.5) ? between(random, -0.6, 0.6) : 0;
  const isGray = !keepsHue && chance(random, 0.15);
  recolor(patch, {
    matrix: hueAndSaturation(turn, isGray ? 0 : between(random, keepsHue ? 0.75 : 0.4, 1.5)),
    gain: between(random, 0.75, 1.25),
    lift: between(random, -0.12, 0.12),
  });
  if (chance(random, 0.15)) posterize(patch, pick(random, [3, 4, 5, 6]));
  if (chance(random, 0.15)) drawEdges(patch, between(random, 0.5, 1.5));
  if (chance(random, 0.1)) thicken(patch);
  if (chance(random, 0.2)) blur(patch);
  if (chance(random, 0.2)) erase(patch, holeIn(patch, random));
}

function holeIn({ width, height }: Patch, random: RandomStream) {
  const wide = Math.floor(width * between(random, 0.12, 0.35));
  const high = Math.floor(height * between(random, 0.12, 0.35));
  return {
    left: Math.floor(between(random, 0, width - wide)),
    top: Math.floor(between(random, 0, height - high)),
    width: wide,
    height: high,
  };
}
