/** Pictures and texts without end: drawn from emoji of several styles and from flat shapes. */

import { invariant } from "../base/assert";
import { RandomStream } from "../engine/decode/sampling";
import { chance, pick } from "./chance";
import {
  laidOver,
  readMeanings,
  readStyle,
  TRAINING_STYLES,
  UNSEEN_STYLE,
  type Meaning,
} from "./drawings/meanings";
import { drawStyle, type Sprite, type SpriteSet } from "./drawings/sprites";
import { paint } from "./picture/paint";
import { gridScene, shapeScene, soloScene, type Scene } from "./scene";
import type { Elsewhere } from "./texts/texts";

/** One drawing with its name, as tests show it. */
export interface Specimen {
  readonly slug: string;
  readonly meaning: Meaning;
  /** [3, side, side] colours, 0 to 1. */
  readonly planes: Float32Array;
}

/** How often a scene is one emoji, and how often shapes alone; the rest are grids of both. */
export interface SceneShares {
  readonly solo: number;
  readonly shapes: number;
}

const MOSTLY_SOLO: SceneShares = { solo: 0.85, shapes: 0.08 };

/** One of so many meanings is kept out of training. */
const HELD_OUT = 10;

/** Styles that are drawn in one colour have their outlines already. */
const ONE_COLOR: readonly string[] = ["fluent-emoji-high-contrast", "emojione-monotone"];

/** One hand's colours, and its lines. */
const LAID_OVER = ["fluent-emoji-flat", "fluent-emoji-high-contrast"] as const;

export class EmojiWorld {
  readonly side: number;
  /** By the names of their drawings. */
  readonly meanings: ReadonlyMap<string, Meaning>;
  /** Names that training may use. */
  readonly known: readonly string[];
  /** Names that it never sees, in any style. */
  readonly heldOut: readonly string[];
  readonly #sets: readonly SpriteSet[];
  readonly #unseen: SpriteSet;

  private constructor(parts: {
    side: number;
    meanings: ReadonlyMap<string, Meaning>;
    sets: readonly SpriteSet[];
    unseen: SpriteSet;
  }) {
    this.side = parts.side;
    this.meanings = parts.meanings;
    this.#sets = parts.sets;
    this.#unseen = parts.unseen;
    const names = [...parts.meanings.keys()];
    this.heldOut = names.filter((_, i) => i % HELD_OUT === HELD_OUT - 1);
    this.known = names.filter((_, i) => i % HELD_OUT !== HELD_OUT - 1);
  }

  /**
   * Draws every emoji in every style, which takes some 40 s.
   * @param side Of pictures, in pixels.
   * @throws AppError `option.invalid` when the packages of drawings are not installed.
   */
  static async open(side: number): Promise<EmojiWorld> {
    const styles = await Promise.all([...TRAINING_STYLES, UNSEEN_STYLE].map(readStyle));
    const meanings = await readMeanings(styles);
    const names = [...meanings.keys()];
    const sets: SpriteSet[] = [];
    let unseen: SpriteSet | undefined;
    for (const style of styles) {
      const plain = await drawStyle(style, names);
      if (style.name === UNSEEN_STYLE) {
        unseen = plain;
        continue;
      }
      sets.push(plain);
      if (!ONE_COLOR.includes(style.name)) sets.push(await drawStyle(style, names, true));
    }
    const [colors, lines] = await Promise.all([readStyle(LAID_OVER[0]), readStyle(LAID_OVER[1])]);
    sets.push(await drawStyle(laidOver(colors, lines), names));
    invariant(unseen !== undefined, "The unseen style was not drawn.");
    return new EmojiWorld({ side, meanings, sets, unseen });
  }

  /** A scene of training. */
  scene(random: RandomStream, { solo, shapes } = MOSTLY_SOLO): Scene {
    const sort = random.nextUnit();
    if (sort < solo) {
      const { slug, meaning } = this.#any(random);
      return soloScene(random, slug, meaning);
    }
    if (sort < solo + shapes) return shapeScene(random);
    return gridScene(random, () => (chance(random, 0.6) ? this.#any(random) : undefined));
  }

  /** What questions ask for although it may not be there. */
  get elsewhere(): Elsewhere {
    return { meaning: (random) => this.#any(random).meaning };
  }

  /** @returns [3, side, side] colours, 0 to 1. */
  paint(scene: Scene, random: RandomStream, isVaried = true): Float32Array {
    const spriteOf = (slug: string): Sprite => {
      for (;;) {
        const sprite = pick(random, this.#sets).sprites.get(slug);
        if (sprite !== undefined) return sprite;
      }
    };
    return paint(scene, { side: this.side, spriteOf, isVaried }, random);
  }

  /** Every emoji as the unseen style draws it, alone on white. */
  *unseen(): Iterable<Specimen> {
    for (const [slug, meaning] of this.meanings) {
      const sprite = this.#unseen.sprites.get(slug);
      if (sprite === undefined) continue;
      const scene: Scene = {
        ground: "white",
        things: [{ kind: "emoji", slug, meaning, place: undefined }],
      };
      const options = { side: this.side, spriteOf: () => sprite, isVaried: false };
      yield { slug, meaning, planes: paint(scene, options, RandomStream.seeded(1)) };
    }
  }

  #any(random: RandomStream): { slug: string; meaning: Meaning } {
    const slug = pick(random, this.known);
    const meaning = this.meanings.get(slug);
    invariant(meaning !== undefined, `${slug} has no meaning.`);
    return { slug, meaning };
  }
}
