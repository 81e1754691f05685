/** Right texts made wrong on purpose, to count how many are found: the kinds of mistakes that people make. */

import { groupBy } from "../../base/groupBy";
import type { RandomStream } from "../../engine/decode/sampling";
import type { TextOfPicture } from "../../search/mismatch/mismatches";

/**
 * `random`: texts of any pictures change places; `document`, `kind`: two of one document, of one kind of picture, do;
 * `nearest`: a text changes places with the one that fits its picture next best; `replaced`: another picture took the
 * place of the text's own, which is gone.
 */
export const MISTAKES = ["random", "document", "kind", "nearest", "replaced"] as const;
export type Mistake = (typeof MISTAKES)[number];

export interface RightTexts {
  readonly texts: readonly TextOfPicture[];
  /** What kind of picture each text is of, where that is known. */
  readonly kinds?: readonly string[] | undefined;
  /** Similarity of a text with a cluster. */
  readonly similarity: (text: number, cluster: number) => number;
}

export interface WrongTexts {
  readonly texts: readonly TextOfPicture[];
  /** Indices of those that are wrong now. */
  readonly wrong: ReadonlySet<number>;
  /** Clusters that are not there any more. */
  readonly gone: ReadonlySet<number>;
}

/** @param count how many texts are made wrong, if there are as many that can be. */
export function inject(
  right: RightTexts,
  mistake: Mistake,
  { count, random }: { readonly count: number; readonly random: RandomStream },
): WrongTexts {
  const order = shuffled(right.texts, random);
  switch (mistake) {
    case "random":
      return rotated(right, order.slice(0, Math.max(2, count)));
    case "document":
      return swapped(
        right,
        pairsWithin(right, order, (i) => right.texts[i]!.document),
        count,
      );
    case "kind":
      return swapped(
        right,
        pairsWithin(right, order, (i) => right.kinds?.[i]),
        count,
      );
    case "nearest":
      return swapped(right, nearestPairs(right, order), count);
    case "replaced":
      return replaced(right, order.slice(0, count), random);
  }
}

/** Sentences that people put under every picture, and that are true of too many to be wrong. */
const GENERIC = ["a screenshot of the page", "an image of the result", "a picture of the thing"];

/** Texts that say nothing of any picture in the place of some: no test should speak of them. */
export function injectGeneric(
  { texts }: RightTexts,
  { count, random }: { readonly count: number; readonly random: RandomStream },
): { readonly texts: readonly TextOfPicture[]; readonly generic: ReadonlySet<number> } {
  const generic = new Set(shuffled(texts, random).slice(0, count));
  return {
    texts: texts.map((text, i) =>
      generic.has(i) ? { ...text, text: GENERIC[i % GENERIC.length]! } : text,
    ),
    generic,
  };
}

function shuffled(texts: readonly TextOfPicture[], random: RandomStream): number[] {
  const keys = texts.map(() => random.nextUnit());
  return texts.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
}

/** Each of the chosen gets the text of the next; where that is of the same picture it stays as it is. */
function rotated({ texts }: RightTexts, chosen: readonly number[]): WrongTexts {
  const from = new Map(chosen.map((i, at) => [i, chosen[(at + 1) % chosen.length]!]));
  return withTextsOf(texts, from);
}

type Pair = readonly [number, number];

function swapped({ texts }: RightTexts, pairs: Iterable<Pair>, count: number): WrongTexts {
  const from = new Map<number, number>();
  for (const [a, b] of pairs) {
    if (from.size >= count) break;
    if (from.has(a) || from.has(b)) continue;
    from.set(a, b).set(b, a);
  }
  return withTextsOf(texts, from);
}

function withTextsOf(
  texts: readonly TextOfPicture[],
  from: ReadonlyMap<number, number>,
): WrongTexts {
  const wrong = new Set<number>();
  const changed = texts.map((text, i) => {
    const other = texts[from.get(i) ?? i]!;
    if (other.cluster === text.cluster || other.text === text.text) return text;
    wrong.add(i);
    return { ...text, text: other.text };
  });
  return { texts: changed, wrong, gone: new Set() };
}

function* pairsWithin(
  { texts }: RightTexts,
  order: readonly number[],
  keyOf: (i: number) => string | undefined,
): Generator<Pair> {
  for (const [key, members] of groupBy(order, keyOf)) {
    if (key === undefined) continue;
    for (let at = 0; at + 1 < members.length; at += 2) {
      const pair = [members[at]!, members[at + 1]!] as const;
      if (texts[pair[0]]!.cluster !== texts[pair[1]]!.cluster) yield pair;
    }
  }
}

function* nearestPairs(
  { texts, similarity }: RightTexts,
  order: readonly number[],
): Generator<Pair> {
  for (const i of order) {
    const { cluster } = texts[i]!;
    let best = -1;
    for (let other = 0; other < texts.length; other++) {
      if (texts[other]!.cluster === cluster || texts[other]!.text === texts[i]!.text) continue;
      if (best < 0 || similarity(other, cluster) > similarity(best, cluster)) best = other;
    }
    if (best >= 0) yield [i, best];
  }
}

function replaced(
  { texts }: RightTexts,
  chosen: readonly number[],
  random: RandomStream,
): WrongTexts {
  const changed = [...texts];
  const wrong = new Set<number>();
  const leaving = new Set(chosen.map((i) => texts[i]!.cluster));
  const staying = texts.map(({ cluster }) => cluster).filter((cluster) => !leaving.has(cluster));
  for (const i of chosen) {
    const cluster = staying[Math.floor(random.nextUnit() * staying.length)];
    if (cluster === undefined) break;
    changed[i] = { ...texts[i]!, cluster };
    wrong.add(i);
  }
  const shown = new Set(changed.map(({ cluster }) => cluster));
  const gone = new Set([...wrong].map((i) => texts[i]!.cluster).filter((own) => !shown.has(own)));
  return { texts: changed, wrong, gone };
}
