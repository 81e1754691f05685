/**
 * What the emoji of the world mean, joined over packages of drawings: one meaning, one drawing in each
 * style. Reads npm packages that only the training needs (`@iconify-json/*`, `emojibase-data`).
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { AppError } from "../../base/errors";
import { kindsOf } from "./kinds";

/** A set of drawings by one hand. */
export interface Style {
  /** As its package is called: `@iconify-json/NAME`. */
  readonly name: string;
  /** The drawings by the name of their meaning, each the inside of an `<svg>`. */
  readonly drawings: ReadonlyMap<string, Drawing>;
}

export interface Drawing {
  /** Elements of SVG, without the `<svg>` around them. */
  readonly body: string;
  /** The view box, from 0, in the drawing's own units. */
  readonly width: number;
  readonly height: number;
}

/** A thing that can be drawn and named. */
export interface Meaning {
  /** What a person calls it: "red apple". Lower case, letters, digits and blanks. */
  readonly label: string;
  /** The most exact kind first: "a fruit", "food". */
  readonly kinds: readonly string[];
  /** Other words for it, without those of the label. */
  readonly keywords: readonly string[];
}

/** Drawn by these; all may be given away as parts of a trained model (Apache-2.0, MIT, CC-BY-4.0). */
export const TRAINING_STYLES = [
  "noto",
  "noto-v1",
  "fluent-emoji-flat",
  "fluent-emoji-high-contrast",
  "twemoji",
  "emojione",
  "emojione-monotone",
  "fxemoji",
] as const;

/** No training step sees it; CC-BY-SA-4.0. */
export const UNSEEN_STYLE = "openmoji";

/** These must all have a drawing of a meaning, so that tests over styles ask for the same things. */
const IN_ALL_OF = ["noto", "twemoji", "fluent-emoji-flat", UNSEEN_STYLE] as const;

/** Groups of emojibase: parts of others (skin tones, hair) and flags of countries. */
const LEFT_OUT_GROUPS = new Set([2, 9]);

/**
 * The meanings that every important style can draw, in the order of Unicode's list.
 * @throws AppError `option.invalid` when a package of drawings or words is not installed.
 */
export async function readMeanings(
  styles: readonly Style[],
): Promise<ReadonlyMap<string, Meaning>> {
  const needed = styles.filter(({ name }) => IN_ALL_OF.some((wanted) => wanted === name));
  const meanings = new Map<string, Meaning>();
  for (const { label, group, subgroup, tags } of await readPackage<EmojiWords[]>(
    "emojibase-data/en/data.json",
  )) {
    if (group === undefined || LEFT_OUT_GROUPS.has(group)) continue;
    const slug = slugOf(label);
    if (!needed.every(({ drawings }) => drawings.has(slug))) continue;
    const words = slug.replaceAll("-", " ");
    meanings.set(slug, {
      label: words,
      kinds: kindsOf(subgroup ?? 0, words),
      keywords: keywordsOf(tags ?? [], words),
    });
  }
  return meanings;
}

/** A drawing in colours with the lines of the same hand on it, where there are both. */
export function laidOver(colors: Style, lines: Style): Style {
  const both = [...colors.drawings].flatMap(([slug, drawing]) => {
    const over = lines.drawings.get(slug);
    return over === undefined || over.width !== drawing.width
      ? []
      : [[slug, { ...drawing, body: drawing.body + over.body }] as const];
  });
  return { name: `${lines.name} on ${colors.name}`, drawings: new Map(both) };
}

/** @throws AppError `option.invalid` when its package is not installed. */
export async function readStyle(name: string): Promise<Style> {
  const set = await readPackage<IconSet>(`@iconify-json/${name}/icons.json`);
  const drawings = new Map<string, Drawing>();
  for (const [slug, { body, width, height }] of Object.entries(set.icons)) {
    const side = width ?? set.width ?? 16;
    drawings.set(slug, { body, width: side, height: height ?? set.height ?? side });
  }
  for (const [slug, { parent }] of Object.entries(set.aliases ?? {})) {
    const drawing = drawings.get(parent);
    if (drawing !== undefined && !drawings.has(slug)) drawings.set(slug, drawing);
  }
  return { name, drawings };
}

/** One entry of emojibase. */
interface EmojiWords {
  readonly label: string;
  /** Absent for letters that only make flags. */
  readonly group?: number;
  readonly subgroup?: number;
  readonly tags?: readonly string[];
}

/** The format of iconify's packages. */
interface IconSet {
  readonly icons: Readonly<Record<string, { body: string; width?: number; height?: number }>>;
  readonly aliases?: Readonly<Record<string, { parent: string }>>;
  readonly width?: number;
  readonly height?: number;
}

/** As the packages name their drawings: "woman: blond hair" → "woman-blond-hair". */
function slugOf(label: string): string {
  return label
    .normalize("NFKD")
    .replaceAll(/\p{Diacritic}|[’'.]/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function keywordsOf(tags: readonly string[], label: string): string[] {
  const own = new Set(label.split(" "));
  const words = tags.map((tag) => slugOf(tag).replaceAll("-", " "));
  return [...new Set(words)].filter((word) => /^[a-z][a-z ]{2,}$/.test(word) && !own.has(word));
}

/** Packages of this project's own list, so what they hold is not checked field by field. */
async function readPackage<T>(name: string): Promise<T> {
  try {
    const file = createRequire(path.resolve("package.json")).resolve(name);
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (cause) {
    throw new AppError(
      "option.invalid",
      `The drawings of the world need the package ${name.replace(/\/[^/]*\.json$/, "")}, which is not ` +
        "installed. It is a development dependency: run npm ci, then train in the project's folder.",
      { cause },
    );
  }
}
