/**
 * What a picture shows, as far as a model that compares can say it: one colour, words, or something else. Sentences
 * about each are compared with it; that is a guess, and is told as one.
 */

import type { SeenInPicture } from "../../model/ask/textScores";
import type { Comparing } from "./mismatches";

/** Written for this purpose. */
const WORDS: readonly string[] = [
  "a page of printed text",
  "a quote in large letters",
  "a paragraph of words on a plain background",
  "a sign with words on it",
  "a banner with a headline",
];
const ORNAMENTS: readonly string[] = [
  "a plain background of one color",
  "an empty picture",
  "a thin horizontal line",
  "a decorative border",
  "an abstract pattern without meaning",
];

/** By how much the best sentence of a kind must be ahead of all others; a starting value. */
const MIN_LEAD = 0.02;
const IS_MATCH = 0.5;
/** Pixels of the shorter side; smaller pictures are icons, which may well be decoration. */
const MIN_SCENE = 128;

export interface LookedThrough {
  readonly port: Comparing;
  /** Similarities of sentences about all kinds of things, [sentences][clusters]. */
  readonly bank: readonly Float32Array[];
}

/** A picture as the index has it. */
export interface PictureInIndex {
  readonly cluster: number;
  readonly width: number;
  readonly height: number;
  readonly isOneColor: boolean;
}

/** @returns undefined where the model is not sure. @throws what the port throws. */
export async function seenIn(
  { cluster, width, height, isOneColor }: PictureInIndex,
  { port, bank }: LookedThrough,
): Promise<SeenInPicture | undefined> {
  if (isOneColor) return "nothing";
  const words = await best(WORDS, cluster, port);
  const ornament = await best(ORNAMENTS, cluster, port);
  const thing = Math.max(...bank.map((row) => row[cluster] ?? -Infinity));
  if (words.similarity - Math.max(ornament.similarity, thing) >= MIN_LEAD) {
    const { probability } = await port.match(words.sentence, cluster);
    return probability > IS_MATCH ? "text" : undefined;
  }
  const isScene = thing - Math.max(ornament.similarity, words.similarity) >= MIN_LEAD;
  return isScene && Math.min(width, height) >= MIN_SCENE ? "scene" : undefined;
}

async function best(
  sentences: readonly string[],
  cluster: number,
  port: Comparing,
): Promise<{ readonly sentence: string; readonly similarity: number }> {
  let found = { sentence: "", similarity: -Infinity };
  for (const sentence of sentences) {
    const similarity = (await port.similarities(sentence))[cluster] ?? -Infinity;
    if (similarity > found.similarity) found = { sentence, similarity };
  }
  return found;
}
