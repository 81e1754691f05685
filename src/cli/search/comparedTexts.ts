/** The texts of documents that can be compared with pictures, and what compares them. */

import path from "node:path";
import { captionText } from "../../engine/text/captionText";
import { largestCosine } from "../../engine/textComparer";
import type { AlphaMode } from "../../model/ask/request";
import { findDuplicates } from "../../search/ask/duplicates";
import { BANK } from "../../search/mismatch/bank";
import { clustersOf } from "../../search/mismatch/clusters";
import type { Comparing, TextOfPicture } from "../../search/mismatch/mismatches";
import { testedParts, type Untested, whyUntested } from "../../search/mismatch/testable";
import { readPicture } from "../ask/pictureSource";
import type { AltRow } from "../documents/altImages";
import type { CliContext } from "../terminal/cliContext";
import type { SearchRun } from "./searchRun";

export interface MismatchWork {
  readonly run: SearchRun;
  readonly rows: readonly AltRow[];
  readonly alpha: AlphaMode;
}

/** A text that is there, at a picture whose file is there. */
export type TextRow = AltRow & { readonly alt: string; readonly resolved: string };

export interface ComparedTexts {
  readonly texts: readonly TextOfPicture[];
  /** Where each of them stands. */
  readonly textRows: readonly TextRow[];
  readonly untested: Map<Untested, number>;
  /** Digests of pictures that are one. */
  readonly clusters: readonly (readonly string[])[];
  readonly port: Comparing;
  /** As `findMismatches` takes it. */
  readonly bank: readonly Float32Array[];
}

export async function comparedTexts(
  context: CliContext,
  work: MismatchWork,
): Promise<ComparedTexts> {
  const { run, rows } = work;
  const { index, searched } = run;
  const groups = await findDuplicates(searched, { index, signal: context.signal });
  const clusters = clustersOf(searched.files, groups);
  const port = await comparing(context, { ...work, clusters });
  const bank: Float32Array[] = [];
  for (const sentence of BANK) bank.push(await port.similarities(sentence));
  return { ...testable(rows, { run, clusters }), clusters, port, bank };
}

export const hasText = (row: AltRow): row is TextRow =>
  row.resolved !== null && row.alt !== null && row.alt.trim() !== "" && !row.decorative;

/** Smaller pictures are icons. */
const MIN_SIDE = 32;

/** What other rules speak of, links' names and files that are not there are no texts of pictures here. */
function testable(
  rows: readonly AltRow[],
  { run, clusters }: { readonly run: SearchRun; readonly clusters: readonly (readonly string[])[] },
): {
  readonly texts: readonly TextOfPicture[];
  readonly textRows: readonly TextRow[];
  readonly untested: Map<Untested, number>;
} {
  const { index, searched } = run;
  const digestOf = new Map(
    [...searched.files].flatMap(([digest, same]) =>
      same.map((file) => [path.resolve(file), digest]),
    ),
  );
  const clusterOf = new Map(clusters.flatMap((same, i) => same.map((digest) => [digest, i])));
  const untested = new Map<Untested, number>();
  const texts: TextOfPicture[] = [];
  const textRows: TextRow[] = [];
  for (const row of rows.filter(hasText)) {
    const isOthers = row.problem !== null && row.problem !== "too-long";
    const digest = digestOf.get(path.resolve(row.resolved));
    const cluster = clusterOf.get(digest ?? "");
    if (isOthers || row.link === true || digest === undefined || cluster === undefined) continue;
    const traits = index.traits(digest);
    const isSmall = Math.max(traits?.width ?? 0, traits?.height ?? 0) < MIN_SIDE;
    const showsLittle = traits?.isOneColor === true || isSmall;
    const why = showsLittle ? "the picture shows too little" : whyUntested(row.alt);
    if (why !== undefined) {
      count(untested, why, 1);
      continue;
    }
    texts.push({ cluster, text: captionText(row.alt), document: row.file });
    textRows.push(row);
  }
  return { texts, textRows, untested };
}

export function count(counts: Map<Untested, number>, why: Untested, more: number): void {
  if (more > 0) counts.set(why, (counts.get(why) ?? 0) + more);
}

/** The engine and the index behind the port of the test. */
async function comparing(
  context: CliContext,
  { run, alpha, clusters }: MismatchWork & { readonly clusters: readonly (readonly string[])[] },
): Promise<Comparing> {
  const { index, model, searched } = run;
  const { signal } = context;
  const vectors: (readonly Float32Array[])[] = [];
  for (const cluster of clusters) {
    const own = await Promise.all(cluster.map((digest) => index.vectors(digest)));
    vectors.push(own.filter((some) => some !== undefined));
  }
  return {
    similarities: async (text) => {
      const parts: Float32Array[] = [];
      for (const part of testedParts(text)) {
        parts.push((await model.engine.embedText(part, { signal })).vector);
      }
      return Float32Array.from(vectors, (members) =>
        Math.max(...members.flatMap((member) => parts.map((part) => largestCosine(member, part)))),
      );
    },
    match: async (text, cluster) => {
      const [file = ""] = searched.files.get(clusters[cluster]?.[0] ?? "") ?? [];
      const pictures = [{ ...(await readPicture(file, context)), alpha }];
      let best = { logOdds: -Infinity, probability: 0 };
      for (const part of testedParts(text)) {
        const [found = best] = await model.engine.match({ text: part, pictures }, { signal });
        if (found.logOdds > best.logOdds) best = found;
      }
      return best;
    },
  };
}
