/** The texts of documents beside all pictures below the same paths, and what a model says of them. */

import { stat } from "node:fs/promises";
import { isRight, NO_BASELINE, rightText } from "../../audit/baseline";
import {
  type ComparedTexts,
  compareTexts,
  type TextAtPicture,
} from "../../search/mismatch/comparedTexts";
import type { SeenInPicture } from "../../model/ask/textScores";
import { partnerIn } from "../../audit/comparable";
import type { SwapPartner } from "../../audit/rule";
import { findMismatches, type Mismatch, placesOf } from "../../search/mismatch/mismatches";
import { seenIn } from "../../search/mismatch/seenInPictures";
import { readPicture } from "../ask/pictureSource";
import { pictureKey, type SaidByModel, type SaidOfPicture } from "../check/saidByModel";
import { baselineIn, baselineNamed } from "../documents/baselineFile";
import type { HeededImage, ProjectDocuments } from "../documents/projectDocuments";
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

/** For the audit, which says what it finds of each picture at its own place. */
export async function comparePictures(
  context: CliContext,
  of: ComparisonOf & { readonly images: readonly HeededImage[] },
): Promise<SaidByModel> {
  const told = new Map<string, Map<string, SaidOfPicture>>();
  const tell = ({ row }: HeededImage, said: SaidOfPicture): void => {
    const own = told.get(row.file) ?? new Map<string, SaidOfPicture>();
    const key = pictureKey(row);
    told.set(row.file, own.set(key, { ...own.get(key), ...said }));
  };
  await withComparison(context, of, async (comparison) => {
    const { texts, places, fileOf } = comparison.compared;
    const { findings, nTested } = await findTold(comparison, of);
    for (const { kind, text, fits, partner } of findings.flatMap((one) => placesOf(one, texts))) {
      const place = places[text];
      if (place === undefined) continue;
      const mismatch = { kind, fits: fileOf(fits), ...partnerOf(place, places[partner ?? -1]) };
      tell(place.image, { mismatch });
    }
    for (const image of of.images) {
      const seen = await seenAt(image, comparison);
      if (seen !== undefined) tell(image, { seen });
    }
    context.printer.note(`Compared ${nTested} of ${comparison.nTexts} texts with pictures.`);
    return 0;
  });
  return told;
}

function partnerOf(
  { document }: PlacedText,
  other: PlacedText | undefined,
): { readonly partner?: SwapPartner } {
  if (other?.image.resolved.kind !== "file") return {};
  const { document: place, alt } = other;
  const picture = other.image.resolved.path;
  return { partner: partnerIn(document, { document: place, alt, picture }) };
}

/** What there is to see in a picture; nobody is asked of one that has no file or is hidden. */
async function seenAt(
  { row, reference }: HeededImage,
  { compared }: Comparison,
): Promise<SeenInPicture | undefined> {
  if (row.resolved === null || reference.isHidden) return undefined;
  const picture = compared.pictureAt(row.resolved);
  return picture === undefined ? undefined : await seenIn(picture, compared);
}
