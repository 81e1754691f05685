/** `alt list`: every picture in documents, its alternative text, and what is wrong with it. */

import { countOf } from "../../base/countOf";
import { AppError } from "../../base/errors";
import { LIST_PROBLEMS, placeOf, type AltRow, shortened, type ListProblem } from "./altImages";
import type { ConfigFlags } from "./documentConfigs";
import { type HeededImage, heededImages, ProjectDocuments } from "./projectDocuments";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";

/** As commander gives them. */
export interface AltFlags extends OutputFlags, ConfigFlags {}

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
  const { printer } = context;
  const kinds =
    flags.only === undefined ? undefined : problemsNamed(flags.only, LIST_PROBLEMS, "--only");
  const project = await ProjectDocuments.with(flags);
  const { images, nFailed } = await imagesBelow(context, project, paths);
  const all = images.map(({ row }) => row);
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

/** Pictures of all documents; what could not be read is told. @throws AppError as `forEach`. */
export async function imagesBelow(
  { printer, signal }: Pick<CliContext, "printer" | "signal">,
  project: ProjectDocuments,
  paths: readonly string[],
): Promise<{ readonly images: readonly HeededImage[]; readonly nFailed: number }> {
  const images: HeededImage[] = [];
  let nFailed = 0;
  const note = (line: string): void => {
    printer.note(line);
  };
  const failure = ({ message }: AppError): void => {
    nFailed++;
    printer.failure(`sightline: ${message}`);
  };
  await project.forEach(paths, { signal, note, failure }, async (document) => {
    images.push(...(await heededImages(document)));
  });
  return { images, nFailed };
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

function tableOf(rows: readonly AltRow[]): string {
  const cells = rows.map((row) => [
    placeOf(row),
    (row.problem ?? (row.decorative ? "decorative" : "ok")) + (row.link === true ? " (link)" : ""),
    shortened(row.target),
    row.alt ?? "",
  ]);
  return formatTable([["PLACE", "PROBLEM", "PICTURE", "ALT TEXT"], ...cells]);
}
