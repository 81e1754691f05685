/** The texts of documents beside all pictures below the same paths, and what a model says of them. */

import { stat } from "node:fs/promises";
import { isRight, NO_BASELINE, rightText } from "../../audit/baseline";
import type { Mismatched } from "../../audit/rule";
import {
  type ComparedTexts,
  compareTexts,
  type TextAtPicture,
} from "../../search/mismatch/comparedTexts";
import { findMismatches, type Mismatch, placesOf } from "../../search/mismatch/mismatches";
import { readPicture } from "../ask/pictureSource";
import { type FoundMismatches, mismatchKey } from "../check/foundMismatches";
import { baselineIn, baselineNamed } from "../documents/baselineFile";
import {
  type HeededImage,
  heededImages,
  type ProjectDocuments,
} from "../documents/projectDocuments";
import type { CliContext } from "../terminal/cliContext";
import type { ModelFlags } from "../terminal/flags";
import { type SearchRun, withSearch } from "./searchRun";

export interface PlacedText extends TextAtPicture {
  readonly image: HeededImage;
}

export interface Comparison {
  readonly run: SearchRun;
  readonly compared: ComparedTexts<PlacedText>;
  /** Texts at pictures whose file is there. */
  readonly nTexts: number;
}

/** Whose documents are compared, and with which model. */
export interface ComparisonOf {
  readonly project: ProjectDocuments;
  readonly paths: readonly string[];
  readonly flags: ModelFlags & { readonly baseline?: string };
}

/** @throws AppError as `withSearch`. */
export async function withComparison(
  context: CliContext,
  { images, ...of }: ComparisonOf & { readonly images: readonly HeededImage[] },
  work: (comparison: Comparison) => Promise<number>,
): Promise<number> {
  const { signal } = context;
  const { paths, flags } = of;
  const found = await Promise.all(paths.map((name) => stat(name).catch(() => undefined)));
  const folders = paths.filter((_, i) => found[i]?.isDirectory() === true);
  const shown = new Set(images.flatMap(({ row }) => row.resolved ?? []));
  return await withSearch(context, { flags, paths: [...folders, ...shown] }, async (run) => {
    const { index, searched, model } = run;
    const texts = images.flatMap(textOf);
    const compared = await compareTexts(texts.filter(isTestable), {
      ...{ searched, index, engine: model.engine, alpha: flags.alpha, signal },
      read: async (file) => (await readPicture(file, context)).image,
    });
    return await work({ run, compared, nTexts: texts.length });
  });
}

function textOf(image: HeededImage): PlacedText[] {
  const { file: document, resolved: picture, alt, decorative } = image.row;
  if (picture === null || alt === null || alt.trim() === "" || decorative) return [];
  return [{ document, alt, picture, image }];
}

/** What other rules speak of, and links' names, are no texts of pictures here. */
function isTestable({ image: { row } }: PlacedText): boolean {
  return (row.problem === null || row.problem === "too-long") && row.link !== true;
}

export interface ToldMismatches {
  readonly findings: readonly Mismatch[];
  readonly nTested: number;
  /** Indices of texts that say as little of one picture as of another. */
  readonly generic: readonly number[];
}

/** Without those that somebody called right, or took back. */
export async function findTold(
  { compared }: Comparison,
  { project, flags }: ComparisonOf,
): Promise<ToldMismatches> {
  const { texts, port, bank, places } = compared;
  const found = await findMismatches(texts, port, { bank });
  const known = (await baselineIn(baselineNamed(flags.baseline, project.configs))) ?? NO_BASELINE;
  const isTold = (text: number): boolean => {
    const place = places[text];
    if (place === undefined) return false;
    return !place.image.isAccepted && !isRight(known, rightText(place.digest, place.alt));
  };
  return { ...found, findings: found.findings.filter((finding) => finding.texts.every(isTold)) };
}

/** For the audit, which says what it finds of each text at its own place. */
export async function comparePictures(
  context: CliContext,
  of: ComparisonOf,
): Promise<FoundMismatches> {
  const images: HeededImage[] = [];
  const silent = { signal: context.signal, note: () => undefined, failure: () => undefined };
  // Who checks the documents tells of those that cannot be read.
  await of.project.forEach(of.paths, silent, async (document) => {
    images.push(...(await heededImages(document)));
  });
  const told = new Map<string, Map<string, Mismatched>>();
  await withComparison(context, { ...of, images }, async (comparison) => {
    const { texts, places, fileOf } = comparison.compared;
    const { findings, nTested } = await findTold(comparison, of);
    for (const { kind, text, fits } of findings.flatMap((one) => placesOf(one, texts))) {
      const place = places[text];
      if (place === undefined) continue;
      const { row } = place.image;
      const own = told.get(row.file) ?? new Map<string, Mismatched>();
      told.set(row.file, own.set(mismatchKey(row), { kind, fits: fileOf(fits) }));
    }
    context.printer.note(`Compared ${nTested} of ${comparison.nTexts} texts with pictures.`);
    return 0;
  });
  return told;
}
