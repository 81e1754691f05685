/** `alt list`: every picture in documents, its alternative text, and what is wrong with it. */

import { AppError } from "../base/errors";
import { findDocuments, readDocument } from "./altDocuments";
import { imagesOf, placeOf, type AltRow, type AltSettings } from "./altImages";
import type { CliContext } from "./cliContext";
import { EXIT } from "./failure";
import type { OutputFlags } from "./flags";
import { formatTable } from "./text";

/** As commander gives them. */
export interface AltFlags extends OutputFlags {
  readonly component?: readonly string[];
  readonly siteRoot?: readonly string[];
}

/**
 * Lists pictures. With `--json` one array, also when there are none or a document failed.
 * @returns 1 when a path or document could not be read; the others are listed nevertheless.
 */
export async function altList(
  context: CliContext,
  paths: readonly string[],
  flags: AltFlags,
): Promise<number> {
  const { printer, signal } = context;
  const { documents, failures } = await findDocuments(paths, signal);
  let nFailed = failures.length;
  for (const failure of failures) printer.failure(`sightline: ${failure.message}`);
  const rows: AltRow[] = [];
  for (const document of documents) {
    if (signal.aborted) throw new AppError("request.cancelled", "The request was cancelled.");
    try {
      const images = await imagesOf(await readDocument(document), settingsFrom(flags));
      rows.push(...images.map(({ row }) => row));
    } catch (thrown) {
      nFailed++;
      printer.failure(`sightline: ${AppError.from(thrown).message}`);
    }
  }
  if (printer.isJson) printer.json(rows);
  else printer.text(tableOf(rows));
  return nFailed > 0 ? EXIT.failed : EXIT.ok;
}

export function settingsFrom(flags: AltFlags): AltSettings {
  return { components: flags.component ?? [], siteRoots: flags.siteRoot ?? [] };
}

/** A data: URI would fill the screen. */
const LONGEST_CELL = 60;

function tableOf(rows: readonly AltRow[]): string {
  if (rows.length === 0) return "No pictures.\n";
  const cells = rows.map((row) => [
    placeOf(row),
    row.problem ?? (row.decorative ? "decorative" : "ok"),
    shortened(row.target),
    row.alt ?? "",
  ]);
  return formatTable([["PLACE", "PROBLEM", "PICTURE", "ALT TEXT"], ...cells]);
}

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * LONGEST_CELL));
  return characters.length > LONGEST_CELL
    ? `${characters.slice(0, LONGEST_CELL - 1).join("")}…`
    : text;
}
