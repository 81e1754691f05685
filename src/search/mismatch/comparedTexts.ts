/** Texts that can be compared with the pictures of an index, and what compares them. */

import path from "node:path";
import { captionText } from "../../engine/text/captionText";
import { largestCosine } from "../../engine/textComparer";
import type { AlphaMode } from "../../model/ask/request";
import { findDuplicates } from "../ask/duplicates";
import type { PictureIndex } from "../index/pictureIndex";
import type { ComparingEngine } from "../indexing/indexPictures";
import type { SearchablePictures } from "../indexing/searchable";
import { BANK } from "./bank";
import { clustersOf } from "./clusters";
import type { Comparing, TextOfPicture } from "./mismatches";
import { ComparingMemory } from "./rememberedComparing";
import type { PictureInIndex } from "./seenInPictures";
import { testedParts, type Untested, whyUntested } from "./testable";

/** An alternative text that no other rule speaks of, at a picture whose file is there. */
export interface TextAtPicture {
  readonly document: string;
  readonly alt: string;
  /** Its file. */
  readonly picture: string;
}

export interface ComparedWith {
  readonly searched: SearchablePictures;
  readonly index: PictureIndex;
  readonly engine: Pick<ComparingEngine, "embedText" | "match">;
  readonly alpha: AlphaMode;
  readonly read: (file: string) => Promise<Uint8Array>;
  readonly signal: AbortSignal;
  /** What was compared before. @default nothing */
  readonly memory?: ComparingMemory;
}

export interface ComparedTexts<T extends TextAtPicture> {
  readonly texts: readonly TextOfPicture[];
  /** Where each of them stands. */
  readonly places: readonly (T & {
    /** Of the picture's content. */
    readonly digest: string;
  })[];
  readonly untested: Map<Untested, number>;
  /** Digests of pictures that are one. */
  readonly clusters: readonly (readonly string[])[];
  readonly port: Comparing;
  /** As `findMismatches` takes it. */
  readonly bank: readonly Float32Array[];
  /** The first file of a cluster. */
  readonly fileOf: (cluster: number) => string;
  /** What is known of a picture's file; undefined for one that is not in the index. */
  readonly pictureAt: (file: string) => PictureInIndex | undefined;
}

/** @throws what the engine and the index throw. */
export async function compareTexts<T extends TextAtPicture>(
  given: readonly T[],
  by: ComparedWith,
): Promise<ComparedTexts<T>> {
  const { index, searched, signal } = by;
  const groups = await findDuplicates(searched, { index, signal });
  const clusters = clustersOf(searched.files, groups);
  const fileOf = (cluster: number): string =>
    searched.files.get(clusters[cluster]?.[0] ?? "")?.[0] ?? "";
  const memory = by.memory ?? new ComparingMemory();
  const fresh = await comparing(by, clusters, fileOf);
  const port = memory.remembering(fresh, JSON.stringify(clusters));
  const bank: Float32Array[] = [];
  for (const sentence of BANK) bank.push(await port.similarities(sentence));
  const pictureAt = placedPictures(by, clusters);
  return { ...testable(given, pictureAt), clusters, port, bank, fileOf, pictureAt };
}

function placedPictures(
  { index, searched }: ComparedWith,
  clusters: readonly (readonly string[])[],
): (file: string) => (PictureInIndex & { readonly digest: string }) | undefined {
  const digests = new Map(
    [...searched.files].flatMap(([digest, same]) =>
      same.map((file) => [path.resolve(file), digest]),
    ),
  );
  const clusterOf = new Map(clusters.flatMap((same, i) => same.map((digest) => [digest, i])));
  return (file) => {
    const digest = digests.get(path.resolve(file)) ?? "";
    const cluster = clusterOf.get(digest);
    if (cluster === undefined) return undefined;
    const { width = 0, height = 0, isOneColor = false } = index.traits(digest) ?? {};
    return { digest, cluster, width, height, isOneColor };
  };
}

/** Smaller pictures are icons. */
const MIN_SIDE = 32;

function testable<T extends TextAtPicture>(
  given: readonly T[],
  pictureAt: ReturnType<typeof placedPictures>,
): Pick<ComparedTexts<T>, "texts" | "places" | "untested"> {
  const untested = new Map<Untested, number>();
  const texts: TextOfPicture[] = [];
  const places: (T & { readonly digest: string })[] = [];
  for (const place of given) {
    const { alt, picture, document } = place;
    const known = pictureAt(picture);
    if (known === undefined) continue;
    const { digest, cluster } = known;
    const showsLittle = known.isOneColor || Math.max(known.width, known.height) < MIN_SIDE;
    const why = showsLittle ? "the picture shows too little" : whyUntested(alt);
    if (why !== undefined) {
      count(untested, why, 1);
      continue;
    }
    texts.push({ cluster, text: captionText(alt), document });
    places.push({ ...place, digest });
  }
  return { texts, places, untested };
}

export function count(counts: Map<Untested, number>, why: Untested, more: number): void {
  if (more > 0) counts.set(why, (counts.get(why) ?? 0) + more);
}

/** The engine and the index behind the port of the test. */
async function comparing(
  { index, engine, alpha, read, signal }: ComparedWith,
  clusters: readonly (readonly string[])[],
  fileOf: (cluster: number) => string,
): Promise<Comparing> {
  const vectors: (readonly Float32Array[])[] = [];
  for (const cluster of clusters) {
    const own = await Promise.all(cluster.map((digest) => index.vectors(digest)));
    vectors.push(own.filter((some) => some !== undefined));
  }
  return {
    similarities: async (text) => {
      const parts: Float32Array[] = [];
      for (const part of testedParts(text)) {
        parts.push((await engine.embedText(part, { signal })).vector);
      }
      return Float32Array.from(vectors, (members) =>
        Math.max(...members.flatMap((member) => parts.map((part) => largestCosine(member, part)))),
      );
    },
    match: async (text, cluster) => {
      const imageName = fileOf(cluster);
      const pictures = [{ image: await read(imageName), imageName, alpha }];
      let best = { logOdds: -Infinity, probability: 0 };
      for (const part of testedParts(text)) {
        const [found = best] = await engine.match({ text: part, pictures }, { signal });
        if (found.logOdds > best.logOdds) best = found;
      }
      return best;
    },
  };
}
