/** `alt list`: every picture in documents, its alternative text, and what is wrong with it. */

import { countOf } from "../../base/countOf";
import { AppError, throwIfAborted } from "../../base/errors";
import { isPassedOver } from "./altDocuments";
import {
  LIST_PROBLEMS,
  placeOf,
  type AltRow,
  shortened,
  type AltSettings,
  type ListProblem,
} from "./altImages";
import { HeededDocuments } from "./heeded";
import type { CliContext } from "../terminal/cliContext";
import { DiskFiles } from "../../disk/diskFiles";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";

/** As commander gives them. */
export interface AltFlags extends OutputFlags {
  readonly component?: readonly string[];
  readonly siteRoot?: readonly string[];
}

export interface AltListFlags extends AltFlags {
  readonly only?: string;
  readonly check?: boolean;
}

/**
 * Lists pictures, with a sum on stderr. With `--json` one array, also when there are none or a document
 * failed.
 * @returns 1 when a path or document could not be read (the others are listed nevertheless; one that is
 * too large fails only where it was named), and with `--check` when a picture that is listed has a problem.
 * @throws AppError `option.invalid` for a kind of problem that is not known.
 */
export async function altList(
  context: CliContext,
  paths: readonly string[],
  flags: AltListFlags,
): Promise<number> {
  const { printer, signal } = context;
  const kinds =
    flags.only === undefined ? undefined : problemsNamed(flags.only, LIST_PROBLEMS, "--only");
  const project = await HeededDocuments.with(settingsFrom(flags));
  const { documents, failures, skipped } = await project.find(paths, signal);
  let nFailed = failures.length;
  for (const failure of failures) printer.failure(`sightline: ${failure.message}`);
  if (skipped !== undefined) printer.note(skipped);
  const all: AltRow[] = [];
  for (const document of documents) {
    throwIfAborted(signal);
    try {
      const { images } = await project.read(document);
      all.push(...images.map(({ row }) => row));
    } catch (thrown) {
      const { message } = AppError.from(thrown);
      if (isPassedOver(thrown, document)) {
        printer.note(`Not searched: ${message}`);
        continue;
      }
      nFailed++;
      printer.failure(`sightline: ${message}`);
    }
  }
  const rows =
    kinds === undefined ? all : all.filter(({ problem }) => problem !== null && kinds.has(problem));
  if (printer.isJson) printer.json(rows);
  else if (rows.length > 0) printer.text(tableOf(rows));
  // Beside a failure it would look like the reason.
  else if (all.length === 0 && nFailed === 0) printer.text("No pictures.\n");
  if (all.length > 0) printer.note(sumOf(all));
  const isBad = flags.check === true && rows.some(({ problem }) => problem !== null);
  return nFailed > 0 || isBad ? EXIT.failed : EXIT.ok;
}

/**
 * The kinds of problems in a flag's list with commas between.
 * @throws AppError `option.invalid` naming the one that is not known.
 */
export function problemsNamed<T extends ListProblem>(
  list: string,
  known: readonly T[],
  flag: string,
): ReadonlySet<T> {
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new AppError(
      "option.invalid",
      `${flag} does not know "${unknown}". Use one or more of ${known.join(", ")}, with commas between.`,
    );
  }
  return new Set(known.filter((kind) => names.includes(kind)));
}

/** What people call the problems, behind their number. */
const PROBLEM_WORDS: Readonly<Record<ListProblem, string>> = {
  missing: "without a text",
  placeholder: "with a placeholder as text",
  filename: "with a file's name as text",
  "redundant-prefix": 'with a text that begins with "image of" or the like',
  "too-long": "with a text that is too long",
  unresolved: "whose file is not there",
};

/** Such as "200 pictures, 180 without a text, 3 whose file is not there." */
function sumOf(rows: readonly AltRow[]): string {
  const parts = LIST_PROBLEMS.flatMap((kind) => {
    const count = rows.filter(({ problem }) => problem === kind).length;
    return count === 0 ? [] : [`${count} ${PROBLEM_WORDS[kind]}`];
  });
  const problems = parts.length === 0 ? ["no problem found"] : parts;
  return `${[countOf(rows.length, "picture"), ...problems].join(", ")}.`;
}

/** For one run: what is asked of the disk is kept that long. */
export function settingsFrom(flags: AltFlags): AltSettings {
  return {
    components: flags.component ?? [],
    siteRoots: flags.siteRoot ?? [],
    files: new DiskFiles(),
  };
}

function tableOf(rows: readonly AltRow[]): string {
  const cells = rows.map((row) => [
    placeOf(row),
    (row.problem ?? (row.decorative ? "decorative" : "ok")) + (row.link === true ? " (link)" : ""),
    shortened(row.target),
    row.alt ?? "",
  ]);
  return formatTable([["PLACE", "PROBLEM", "PICTURE", "ALT TEXT"], ...cells]);
}
