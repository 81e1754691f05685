/** Which neighbouring pieces of words become one piece: byte-pair encoding (Sennrich et al., 2016). */

/** Two pieces that become one. */
export type Merge = readonly [left: string, right: string];

export interface MergeOptions {
  /** The smallest pieces of a word. */
  readonly split: (word: string) => string[];
  /** One piece of two. */
  readonly join: (left: string, right: string) => string;
  /** Stops with so many merges, or when no pair occurs twice. */
  readonly maxMerges: number;
}

/**
 * Learns merges from words and how often they occur, the most frequent pair first; of pairs that are as
 * frequent, the one that sorts first.
 */
export function learnMerges(counts: ReadonlyMap<string, number>, options: MergeOptions): Merge[] {
  const words: Word[] = [...counts].map(([word, count]) => ({
    pieces: options.split(word),
    count,
  }));
  const merges: Merge[] = [];
  while (merges.length < options.maxMerges) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    merges.push(best);
    const joined = options.join(...best);
    for (const word of words) word.pieces = applyMerge(word.pieces, best, joined);
  }
  return merges;
}

interface Word {
  pieces: readonly string[];
  readonly count: number;
}

/** No piece has a line feed in it. */
const SEPARATOR = "\n";

function mostFrequentPair(words: readonly Word[]): Merge | undefined {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (let i = 1; i < pieces.length; i++) {
      const pair = `${pieces[i - 1]!}${SEPARATOR}${pieces[i]!}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 1;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair;
      most = count;
    }
  }
  return best?.split(SEPARATOR) as unknown as Merge | undefined;
}

function applyMerge(
  pieces: readonly string[],
  [left, right]: Merge,
  joined: string,
): readonly string[] {
  if (!pieces.includes(left)) return pieces;
  const out: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const isPair = pieces[i] === left && pieces[i + 1] === right;
    out.push(isPair ? joined : pieces[i]!);
    if (isPair) i++;
  }
  return out;
}

/** How often each word occurs in texts. @param words Cuts a text. */
export function countWords(texts: Iterable<string>, words: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.matchAll(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
