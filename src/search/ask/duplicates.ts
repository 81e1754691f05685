/**
 * Files that are one picture: the same bytes; the same picture in another size or format; and pictures that look
 * alike, which people keep apart from copies. The three are never mixed.
 */

import { throwIfAborted } from "../../base/errors";
import type { PictureIndex } from "../index/pictureIndex";
import type { SearchablePictures } from "../indexing/searchable";
import { LOOKS_ALIKE } from "./similarPictures";

export const DUPLICATE_KINDS = ["same bytes", "same picture", "looks alike"] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

export interface DuplicateGroup {
  readonly kind: DuplicateKind;
  /** The smallest aligned cosine that holds the group together; 1 for the same bytes. */
  readonly similarity: number;
  readonly files: readonly string[];
}

/** From here on, with nearly the same look, it is the same picture. A starting value. */
const SAME_PICTURE = 0.97;
/** Bits of 64 in which the looks of one picture may differ. */
const MAX_LOOK_BITS = 5;
/** Pictures that each one is compared with exactly. */
const NEIGHBOURS = 8;

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly similarity: number;
  readonly kind: Exclude<DuplicateKind, "same bytes">;
}

/**
 * Groups, the surest kind first, within a kind the largest.
 * @param isPardoned true for two contents that a person has called different.
 * @throws AppError `device.failed`, `request.cancelled`.
 */
export async function findDuplicates(
  searched: SearchablePictures,
  options: {
    readonly index: PictureIndex;
    readonly signal: AbortSignal;
    readonly isPardoned?: (a: string, b: string) => boolean;
    readonly onProgress?: (nDone: number, nAll: number) => void;
  },
): Promise<readonly DuplicateGroup[]> {
  const { isPardoned = () => false } = options;
  const same = [...searched.files.values()]
    .filter((files) => files.length > 1)
    .map((files): DuplicateGroup => ({ kind: "same bytes", similarity: 1, files }));
  const pairs = (await nearPairs(searched, options)).filter(({ a, b }) => !isPardoned(a, b));
  const groups = (["same picture", "looks alike"] as const).flatMap((kind) =>
    joined(pairs.filter((pair) => pair.kind === kind)).map(
      ({ digests, similarity }): DuplicateGroup => ({
        ...{ kind, similarity },
        files: digests.flatMap((digest) => searched.files.get(digest) ?? []),
      }),
    ),
  );
  const rank = ({ kind }: DuplicateGroup): number => DUPLICATE_KINDS.indexOf(kind);
  return [...same, ...groups].sort(
    (a, b) =>
      rank(a) - rank(b) || b.files.length - a.files.length || (first(a) < first(b) ? -1 : 1),
  );
}

const first = ({ files }: DuplicateGroup): string => files[0] ?? "";

/** Each once, with what it is. Pictures of one colour are like each other and nothing else. */
async function nearPairs(
  searched: SearchablePictures,
  options: {
    readonly index: PictureIndex;
    readonly signal: AbortSignal;
    readonly onProgress?: (nDone: number, nAll: number) => void;
  },
): Promise<readonly Pair[]> {
  const { index, signal, onProgress } = options;
  const digests = [...searched.files.keys()].filter(
    (digest) => index.traits(digest)?.isOneColor === false,
  );
  const wanted = new Set(digests);
  const pairs = new Map<string, Pair>();
  for (const [i, a] of digests.entries()) {
    throwIfAborted(signal);
    onProgress?.(i, digests.length);
    const vectors = await index.vectors(a);
    if (vectors === undefined) continue;
    const nearest = await index.similar(vectors, {
      k: NEIGHBOURS,
      isWanted: (digest) => digest !== a && wanted.has(digest),
    });
    for (const { digest: b, similarity } of nearest) {
      if (similarity < LOOKS_ALIKE) break;
      const isSame = similarity >= SAME_PICTURE && lookBits(index, a, b) <= MAX_LOOK_BITS;
      const key = a < b ? `${a} ${b}` : `${b} ${a}`;
      pairs.set(key, { a, b, similarity, kind: isSame ? "same picture" : "looks alike" });
    }
  }
  return [...pairs.values()];
}

/** Bits in which two looks differ. */
function lookBits(index: PictureIndex, a: string, b: string): number {
  const [one, other] = [index.traits(a)?.look ?? "0", index.traits(b)?.look ?? "0"];
  const differing = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  return differing.toString(2).replaceAll("0", "").length;
}

/** Groups of what pairs join, each with the smallest similarity of its pairs. */
function joined(
  pairs: readonly Pair[],
): readonly { readonly digests: readonly string[]; readonly similarity: number }[] {
  const groupOf = new Map<string, { digests: string[]; similarity: number }>();
  for (const { a, b, similarity } of pairs) {
    const [left, right] = [a, b].map(
      (digest) => groupOf.get(digest) ?? { digests: [digest], similarity: 1 },
    ) as [{ digests: string[]; similarity: number }, { digests: string[]; similarity: number }];
    const group =
      left === right
        ? left
        : {
            digests: [...left.digests, ...right.digests],
            similarity: Math.min(left.similarity, right.similarity),
          };
    group.similarity = Math.min(group.similarity, similarity);
    for (const digest of group.digests) groupOf.set(digest, group);
  }
  return [...new Set(groupOf.values())];
}
