/**
 * Files that are one picture: the same bytes; the same picture in another size or format; and pictures that look
 * alike, which people keep apart from copies. The three are never mixed.
 */

import { DisjointSets } from "../../base/groupBy";
import { DUPLICATE_KINDS, type DuplicateKind } from "../../model/ask/duplicateKinds";
import type { AlikePair, PictureIndex } from "../index/pictureIndex";
import type { SearchablePictures } from "../indexing/searchable";
import { LOOKS_ALIKE } from "./similarPictures";

export interface DuplicateGroup {
  readonly kind: DuplicateKind;
  /** The smallest aligned cosine that holds the group together; 1 for the same bytes. */
  readonly similarity: number;
  readonly files: readonly string[];
  /** What the files are by their content, in the same order. */
  readonly digests: readonly string[];
}

export interface DuplicateOptions {
  readonly index: PictureIndex;
  readonly signal: AbortSignal;
  /** True for two contents that a person has called different. */
  readonly isPardoned?: (a: string, b: string) => boolean;
  readonly onProgress?: (nDone: number, nAll: number) => void;
}

/** From here on, with nearly the same look, it is the same picture. A starting value. */
const SAME_PICTURE = 0.97;
/** Bits of 64 in which the looks of one picture may differ. */
const MAX_LOOK_BITS = 5;
/** Pictures that each one is compared with exactly. */
const NEIGHBOURS = 8;

interface Pair extends AlikePair {
  readonly kind: Exclude<DuplicateKind, "same bytes">;
}

/**
 * Groups, the surest kind first, within a kind the largest.
 * @throws AppError `device.failed`, `request.cancelled`.
 */
export async function findDuplicates(
  searched: SearchablePictures,
  options: DuplicateOptions,
): Promise<readonly DuplicateGroup[]> {
  const { isPardoned = () => false } = options;
  const filesOf = (digests: readonly string[]): Pick<DuplicateGroup, "files" | "digests"> => {
    const files = digests.flatMap((digest) =>
      (searched.files.get(digest) ?? []).map((file) => [file, digest] as const),
    );
    return { files: files.map(([file]) => file), digests: files.map(([, digest]) => digest) };
  };
  const same = [...searched.files]
    .filter(([, files]) => files.length > 1)
    .map(([digest]): DuplicateGroup => ({
      kind: "same bytes",
      similarity: 1,
      ...filesOf([digest]),
    }));
  const pairs = (await nearPairs(searched, options)).filter(({ a, b }) => !isPardoned(a, b));
  const groups = (["same picture", "looks alike"] as const).flatMap((kind) =>
    joined(pairs.filter((pair) => pair.kind === kind)).map(
      ({ digests, similarity }): DuplicateGroup => ({
        ...{ kind, similarity, ...filesOf(digests) },
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
  { index, signal, onProgress }: DuplicateOptions,
): Promise<readonly Pair[]> {
  const pairs = await index.alike({
    ...{ least: LOOKS_ALIKE, k: NEIGHBOURS, signal, onProgress },
    isWanted: (digest) => searched.files.has(digest) && index.traits(digest)?.isOneColor === false,
  });
  return pairs.map(({ a, b, similarity }) => {
    const isSame = similarity >= SAME_PICTURE && lookBits(index, a, b) <= MAX_LOOK_BITS;
    return { a, b, similarity, kind: isSame ? "same picture" : "looks alike" };
  });
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
  const sets = new DisjointSets<string>();
  for (const { a, b } of pairs) sets.join(a, b);
  const least = new Map<string, number>();
  for (const { a, similarity } of pairs) {
    const root = sets.rootOf(a);
    least.set(root, Math.min(least.get(root) ?? 1, similarity));
  }
  return sets.groups().map((digests) => {
    const root = sets.rootOf(digests[0] ?? "");
    return { digests, similarity: least.get(root) ?? 1 };
  });
}
