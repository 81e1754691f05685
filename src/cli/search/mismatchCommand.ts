/** `alt mismatch`: alternative texts that describe another picture than their own. */

import { countOf } from "../../base/countOf";
import { count } from "../../search/mismatch/comparedTexts";
import { MIN_CLUSTERS, type Mismatch } from "../../search/mismatch/mismatches";
import { placeOf, shortened } from "../documents/altImages";
import { type AltFlags, imagesBelow } from "../documents/altListCommand";
import { ProjectDocuments } from "../documents/projectDocuments";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { ModelFlags } from "../terminal/flags";
import { skippedText } from "./searchRun";
import {
  type Comparison,
  findTold,
  type PlacedText,
  type ToldMismatches,
  withComparison,
} from "./textComparison";

export interface MismatchFlags extends AltFlags, ModelFlags {
  readonly check?: boolean;
  readonly evaluate?: boolean;
  readonly baseline?: string;
}

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
  const project = await ProjectDocuments.with(flags);
  const { images, nFailed } = await imagesBelow(context, project, paths);
  const of = { project, paths, flags, images };
  return await withComparison(context, of, async (comparison) => {
    if (flags.evaluate === true) {
      const { evaluateFound } = await import("./mismatchEvaluation");
      await evaluateFound(context, comparison);
      return nFailed > 0 ? EXIT.failed : EXIT.ok;
    }
    const told = await findTold(comparison, of);
    report(context, comparison, told);
    const isBad = flags.check === true && told.findings.length > 0;
    return nFailed > 0 || isBad ? EXIT.failed : EXIT.ok;
  });
}

function report(
  { printer }: CliContext,
  { run, compared, nTexts }: Comparison,
  { findings, nTested, generic }: ToldMismatches,
): void {
  const { searched } = run;
  const { untested, clusters, places, fileOf } = compared;
  count(untested, "says little of any picture", generic.length);
  const placesIn = ({ texts }: Mismatch): readonly PlacedText[] =>
    texts.map((text) => places[text]).filter((place) => place !== undefined);
  if (printer.isJson) {
    printer.json({
      model: run.model.name,
      findings: findings.map((finding) => ({
        kind: finding.kind,
        places: placesIn(finding).map(({ image: { row } }) => ({
          ...{ file: row.file, range: row.range, resolved: row.resolved, alt: row.alt },
        })),
        fits: fileOf(finding.rival),
        ...{ margin: finding.margin, own: finding.own, match: finding.fit },
      })),
      ...{ tested: nTested, texts: nTexts },
      untested: Object.fromEntries(untested),
      ...{ searched: searched.nFiles, skipped: searched.skipped },
    });
  } else {
    for (const finding of findings) {
      printer.text(findingText(finding.kind, placesIn(finding), fileOf(finding.rival)));
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
}

function findingText(kind: Mismatch["kind"], places: readonly PlacedText[], rival: string): string {
  const [first, second] = places;
  if (first === undefined) return "";
  const text = `"${shortened(first.alt)}"`;
  const there = second === undefined ? "" : placeOf(second.image.row);
  const said = {
    swapped: `${text} fits ${rival}, and its text fits this picture: ${there}`,
    copied: `${text} is the text of ${rival}`,
    moved: `${text} fits ${rival}, which has no text`,
    other: `${text} fits ${rival} better than ${first.picture}`,
    shifted: `${countOf(places.length, "text")} from here on belong to the next picture each`,
  }[kind];
  return `${placeOf(first.image.row)}: ${kind}: ${said}\n`;
}
