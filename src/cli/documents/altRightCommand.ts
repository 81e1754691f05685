/** `alt right`: texts that a person calls right, whatever a model that compares says of them. */

import { baselineText, NO_BASELINE, type RightText, rightText } from "../../audit/baseline";
import { countOf } from "../../base/countOf";
import { AppError } from "../../base/errors";
import { writeWhole } from "../check/checkFiles";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { imagesBelow } from "./altListCommand";
import type { AltRow } from "./altImages";
import { baselineIn, baselineNamed } from "./baselineFile";
import type { ConfigFlags } from "./documentConfigs";
import { digestOf } from "./pictureDigest";
import { ProjectDocuments } from "./projectDocuments";
import type { OutputFlags } from "../terminal/flags";

export interface RightFlags extends OutputFlags, ConfigFlags {
  readonly baseline?: string;
}

/**
 * Remembers pictures and texts by hashes of both, so that neither a new name nor another document matters.
 * @param places documents with a line, from one, and perhaps a column.
 * @throws AppError `option.invalid` for a place without a picture that has a text and a file.
 */
export async function altRight(
  context: CliContext,
  places: readonly string[],
  flags: RightFlags,
): Promise<number> {
  const project = await ProjectDocuments.with(flags);
  const file = baselineNamed(flags.baseline, project.configs);
  const { findings, right } = (await baselineIn(file)) ?? NO_BASELINE;
  const added: RightText[] = [];
  for (const place of places) added.push(...(await rightAt(context, project, place)));
  await writeWhole(file, baselineText({ findings, right: [...right, ...added] }));
  context.printer.note(`${countOf(added.length, "text")} in ${file} ${are(added.length)} right.`);
  return EXIT.ok;
}

const are = (n: number): string => (n === 1 ? "is" : "are");

async function rightAt(
  context: CliContext,
  project: ProjectDocuments,
  place: string,
): Promise<RightText[]> {
  const [, document = "", line = "", column] = /^(.+?):(\d+)(?::(\d+))?$/.exec(place) ?? [];
  if (document === "") throw nothingAt(place);
  const { images, nFailed } = await imagesBelow(context, project, [document]);
  if (nFailed > 0) throw nothingAt(place);
  const isHere = ({ range: { start, end } }: AltRow): boolean => {
    const at = Number(line) - 1;
    if (at < start.line || at > end.line) return false;
    return column === undefined || (at === start.line && Number(column) - 1 === start.character);
  };
  const rows = images.map(({ row }) => row).filter(isHere);
  const named = rows.flatMap(({ alt, resolved }) =>
    alt === null || alt.trim() === "" || resolved === null ? [] : [{ alt, resolved }],
  );
  if (named.length === 0) throw nothingAt(place);
  return await Promise.all(
    named.map(async ({ alt, resolved }) => rightText(await digestOf(resolved), alt)),
  );
}

function nothingAt(place: string): AppError {
  return new AppError(
    "option.invalid",
    `At ${place} is no picture with a text whose file is there. Write a document and a line, as in docs/page.md:12.`,
  );
}
