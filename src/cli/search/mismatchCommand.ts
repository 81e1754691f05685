/** `alt mismatch`: alternative texts that describe another picture than their own. */

import { countOf } from "../../base/countOf";
import { stat } from "node:fs/promises";
import { findMismatches, MIN_CLUSTERS, type Mismatch } from "../../search/mismatch/mismatches";
import { placeOf, shortened } from "../documents/altImages";
import { type AltFlags, rowsBelow } from "../documents/altListCommand";
import { ProjectDocuments } from "../documents/projectDocuments";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { ModelFlags } from "../terminal/flags";
import {
  comparedTexts,
  type ComparedTexts,
  count,
  hasText,
  type MismatchWork,
  type TextRow,
} from "./comparedTexts";
import { skippedText, withSearch } from "./searchRun";

export interface MismatchFlags extends AltFlags, ModelFlags {
  readonly check?: boolean;
  readonly evaluate?: boolean;
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
  const { rows, nFailed } = await rowsBelow(context, project, paths);
  const found = await Promise.all(paths.map((name) => stat(name).catch(() => undefined)));
  const folders = paths.filter((_, i) => found[i]?.isDirectory() === true);
  const shown = new Set(rows.flatMap(({ resolved }) => resolved ?? []));
  const pictures = [...folders, ...shown];
  return await withSearch(context, { flags, paths: pictures }, async (run) => {
    const work = { run, rows, alpha: flags.alpha };
    if (flags.evaluate === true) {
      const { evaluateFound } = await import("./mismatchEvaluation");
      await evaluateFound(context, work);
      return nFailed > 0 ? EXIT.failed : EXIT.ok;
    }
    const { nFindings } = await report(context, work);
    return nFailed > 0 || (flags.check === true && nFindings > 0) ? EXIT.failed : EXIT.ok;
  });
}

interface Found extends Pick<ComparedTexts, "untested" | "clusters" | "textRows"> {
  readonly findings: readonly Mismatch[];
  readonly nTested: number;
}

async function look(context: CliContext, work: MismatchWork): Promise<Found> {
  const compared = await comparedTexts(context, work);
  const { texts, port, bank, untested, clusters, textRows } = compared;
  const { findings, nTested, generic } = await findMismatches(texts, port, { bank });
  count(untested, "says little of any picture", generic.length);
  return { findings, nTested, untested, clusters, textRows };
}

async function report(
  context: CliContext,
  work: MismatchWork,
): Promise<{ readonly nFindings: number }> {
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
