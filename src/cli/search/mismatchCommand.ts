/** `alt mismatch`: alternative texts that describe another picture than their own. */

import { countOf } from "../../base/countOf";
import path from "node:path";
import { stat } from "node:fs/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import { captionText } from "../../engine/text/captionText";
import { largestCosine } from "../../engine/textComparer";
import type { AlphaMode } from "../../model/ask/request";
import { findDuplicates } from "../../search/ask/duplicates";
import { BANK } from "../../search/mismatch/bank";
import { clustersOf } from "../../search/mismatch/clusters";
import {
  type Comparing,
  findMismatches,
  MIN_CLUSTERS,
  type Mismatch,
  type TextOfPicture,
} from "../../search/mismatch/mismatches";
import { testedParts, type Untested, whyUntested } from "../../search/mismatch/testable";
import { readPicture } from "../ask/pictureSource";
import { findDocuments, isPassedOver, readDocument } from "../documents/altDocuments";
import { type AltRow, imagesOf, placeOf, shortened } from "../documents/altImages";
import { type AltFlags, settingsFrom } from "../documents/altListCommand";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { ModelFlags } from "../terminal/flags";
import { type SearchRun, skippedText, withSearch } from "./searchRun";

export interface MismatchFlags extends AltFlags, ModelFlags {
  readonly check?: boolean;
}

/** A text that is there, at a picture whose file is there. */
type TextRow = AltRow & { readonly alt: string; readonly resolved: string };

/**
 * Tells of texts that fit another picture better, on every picture below the paths.
 * @returns 1 when a document could not be read, and with `--check` when there is a finding.
 * @throws AppError as `withSearch`.
 */
export async function altMismatch(
  context: CliContext,
  paths: readonly string[],
  flags: MismatchFlags,
): Promise<number> {
  const { rows, nFailed } = await rowsOf(context, paths, flags);
  const found = await Promise.all(paths.map((name) => stat(name).catch(() => undefined)));
  const folders = paths.filter((_, i) => found[i]?.isDirectory() === true);
  const shown = new Set(rows.flatMap(({ resolved }) => resolved ?? []));
  const pictures = [...folders, ...shown];
  return await withSearch(context, { flags, paths: pictures }, async (run) => {
    const { nFindings } = await report(context, { run, rows, alpha: flags.alpha });
    return nFailed > 0 || (flags.check === true && nFindings > 0) ? EXIT.failed : EXIT.ok;
  });
}

async function rowsOf(
  { printer, signal }: CliContext,
  paths: readonly string[],
  flags: MismatchFlags,
): Promise<{ readonly rows: readonly AltRow[]; readonly nFailed: number }> {
  const { documents, failures } = await findDocuments(paths, signal);
  for (const failure of failures) printer.failure(`sightline: ${failure.message}`);
  let nFailed = failures.length;
  const settings = settingsFrom(flags);
  const rows: AltRow[] = [];
  for (const document of documents) {
    throwIfAborted(signal);
    try {
      const read = await readDocument(document, settings.components);
      rows.push(...(await imagesOf(read, settings)).map(({ row }) => row));
    } catch (thrown) {
      if (isPassedOver(thrown, document)) continue;
      nFailed++;
      printer.failure(`sightline: ${AppError.from(thrown).message}`);
    }
  }
  return { rows, nFailed };
}

interface Work {
  readonly run: SearchRun;
  readonly rows: readonly AltRow[];
  readonly alpha: AlphaMode;
}

interface Found {
  readonly findings: readonly Mismatch[];
  readonly nTested: number;
  readonly untested: ReadonlyMap<Untested, number>;
  readonly clusters: readonly (readonly string[])[];
  readonly textRows: readonly TextRow[];
}

async function look(context: CliContext, work: Work): Promise<Found> {
  const { run, rows } = work;
  const { index, searched } = run;
  const groups = await findDuplicates(searched, { index, signal: context.signal });
  const clusters = clustersOf(searched.files, groups);
  const { texts, textRows, untested } = testable(rows, { run, clusters });
  const port = await comparing(context, { ...work, clusters });
  const bank: Float32Array[] = [];
  for (const sentence of BANK) bank.push(await port.similarities(sentence));
  const { findings, nTested, generic } = await findMismatches(texts, port, { bank });
  count(untested, "says little of any picture", generic.length);
  return { findings, nTested, untested, clusters, textRows };
}

async function report(context: CliContext, work: Work): Promise<{ readonly nFindings: number }> {
  const { printer } = context;
  const { run, rows } = work;
  const { searched } = run;
  const { findings, nTested, untested, clusters, textRows } = await look(context, work);
  const nTexts = rows.filter(hasText).length;
  const placesOf = ({ texts: places }: Mismatch): readonly TextRow[] =>
    places.map((place) => textRows[place]).filter((row) => row !== undefined);
  const rivalOf = ({ rival }: Mismatch): string =>
    searched.files.get(clusters[rival]?.[0] ?? "")?.[0] ?? "";
  if (printer.isJson) {
    printer.json({
      model: run.model.name,
      findings: findings.map((finding) => ({
        kind: finding.kind,
        places: placesOf(finding).map(({ file, range, resolved, alt }) => ({
          file,
          range,
          resolved,
          alt,
        })),
        ...{ fits: rivalOf(finding), margin: finding.margin, own: finding.own, match: finding.fit },
      })),
      ...{ tested: nTested, texts: nTexts },
      untested: Object.fromEntries(untested),
      ...{ searched: searched.nFiles, skipped: searched.skipped },
    });
  } else {
    for (const finding of findings) {
      printer.text(findingText(finding.kind, placesOf(finding), rivalOf(finding)));
    }
  }
  const reasons = [...untested].map(([why, n]) => `${n} ${why}`);
  const untestedText = reasons.length === 0 ? "" : ` (not: ${reasons.join(", ")})`;
  printer.note(
    clusters.length < MIN_CLUSTERS
      ? "There are too few pictures to compare them."
      : `Tested ${nTested} of ${countOf(nTexts, "text")}${untestedText}: ${countOf(findings.length, "finding")}.`,
  );
  if (searched.skipped.length > 0) printer.note(skippedText(searched.skipped));
  return { nFindings: findings.length };
}

const hasText = (row: AltRow): row is TextRow =>
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

function count(counts: Map<Untested, number>, why: Untested, more: number): void {
  if (more > 0) counts.set(why, (counts.get(why) ?? 0) + more);
}

/** The engine and the index behind the port of the test. */
async function comparing(
  context: CliContext,
  { run, alpha, clusters }: Work & { readonly clusters: readonly (readonly string[])[] },
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

function findingText(kind: Mismatch["kind"], places: readonly TextRow[], rival: string): string {
  const [first, second] = places;
  if (first === undefined) return "";
  const text = `"${shortened(first.alt)}"`;
  const said = {
    swapped: `${text} fits ${rival}, and its text fits this picture: ${second === undefined ? "" : placeOf(second)}`,
    copied: `${text} is the text of ${rival}`,
    moved: `${text} fits ${rival}, which has no text`,
    other: `${text} fits ${rival} better than ${first.resolved}`,
    shifted: `${countOf(places.length, "text")} from here on belong to the next picture each`,
  }[kind];
  return `${placeOf(first)}: ${kind}: ${said}\n`;
}
