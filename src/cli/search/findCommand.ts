/** `find` and `similar`: pictures by words, and by another picture. */

import path from "node:path";
import { createHash } from "node:crypto";
import { AppError } from "../../base/errors";
import { matchWord } from "../../model/ask/textScores";
import { findPictures, type FoundPicture } from "../../search/ask/findPictures";
import { similarPictures } from "../../search/ask/similarPictures";
import { readPicture } from "../ask/pictureSource";
import type { CliContext } from "../terminal/cliContext";
import { formatTable } from "../terminal/text";
import {
  finish,
  mistypedPath,
  type SearchFlags,
  type SearchRun,
  splitWords,
  withSearch,
} from "./searchRun";

export interface SimilarFlags extends SearchFlags {
  readonly k: number;
}

export interface FindFlags extends SimilarFlags {
  readonly rerank: number;
}

/**
 * Prints the pictures that fit words best.
 * @returns 1 when nothing could be searched. @throws AppError `option.invalid`, and as `withSearch`.
 */
export async function find(
  context: CliContext,
  given: readonly string[],
  flags: FindFlags,
): Promise<number> {
  expectCount("--k", flags.k, 1);
  expectCount("--rerank", flags.rerank, 0);
  const { words, paths, given: typed } = await splitWords(given);
  if (words.trim() === "") throw new AppError("option.invalid", "There are no words to look for.");
  const { printer, signal } = context;
  const hint = await mistypedPath(typed);
  if (hint !== undefined) printer.note(hint);
  return await withSearch(context, { flags, paths }, async (run) => {
    if (run.searched.nFiles === 0) return report(context, run, { query: words, pictures: [] });
    const line = printer.workLine();
    try {
      const { pictures, isCut } = await findPictures(words, {
        ...{ index: run.index, engine: run.model.engine, searched: run.searched, signal },
        ...{ k: flags.k, rerank: flags.rerank, alpha: flags.alpha },
        read: async (file) => (await readPicture(file, context)).image,
        onMatching: (nDone, nAll) => {
          line.count({ nDone, nAll }, `${nDone} of ${nAll} compared with the words`);
        },
      });
      line.end();
      if (isCut) printer.note(CUT);
      return report(context, run, { query: words, pictures });
    } finally {
      line.end();
    }
  });
}

/**
 * Prints the pictures that are most like a picture.
 * @returns 1 when nothing could be searched. @throws AppError `image.*`, and as `withSearch`.
 */
export async function similar(
  context: CliContext,
  { file, paths }: { readonly file: string; readonly paths: readonly string[] },
  flags: SimilarFlags,
): Promise<number> {
  expectCount("--k", flags.k, 1);
  const picture = await readPicture(file, context);
  const digest = createHash("sha256").update(picture.image).digest("hex");
  const places = paths.length === 0 ? ["."] : paths;
  return await withSearch(context, { flags, paths: places }, async (run) => {
    const { index, model, searched } = run;
    const kept = await index.vectors(digest);
    const vectors =
      kept ??
      (await model.engine.embedPicture({ ...picture, alpha: flags.alpha }, context)).vectors;
    const own = path.resolve(file);
    const pictures = await similarPictures(
      { vectors },
      { index, searched, k: flags.k, isItself: (other) => path.resolve(other) === own },
    );
    return report(context, run, { query: file, pictures });
  });
}

function expectCount(flag: string, count: number, min: number): void {
  if (Number.isInteger(count) && count >= min && count <= MAX_COUNT) return;
  throw new AppError("option.invalid", `${flag} is a whole number from ${min} to ${MAX_COUNT}.`);
}

const CUT = "These are more words than the model reads; the last ones were left out.";

const MAX_COUNT = 100_000;

function report(
  context: CliContext,
  { model, searched }: SearchRun,
  { query, pictures }: { readonly query: string; readonly pictures: readonly FoundPicture[] },
): number {
  const { printer } = context;
  if (printer.isJson) {
    printer.json({
      ...{ query, model: model.name },
      matches: pictures.map(({ file, similarity, match, isLikely }) => {
        return { file, similarity, match, isLikely };
      }),
      ...{ searched: searched.nFiles, skipped: searched.skipped },
    });
  } else if (pictures.length > 0) printer.text(pictureTable(pictures));
  else if (searched.nFiles > 0) printer.note("There is no other picture.");
  else printer.failure("sightline: There is no picture that could be searched.");
  return finish(context, searched);
}

/**
 * The likely ones, and below a line of its own the rest; the order stays the search's within both. Where nothing was
 * read and nothing stands out, nothing is known that would part them.
 */
export function pictureTable(pictures: readonly FoundPicture[]): string {
  const isKnown = pictures.some(({ isLikely, match }) => isLikely || match !== null);
  const likely = pictures.filter(({ isLikely }) => isLikely || !isKnown);
  const others = pictures.filter((picture) => !likely.includes(picture));
  const rows = (some: readonly FoundPicture[]): readonly (readonly string[])[] =>
    some.map(({ file, similarity, match }) => [
      similarity.toFixed(4),
      match === null ? "-" : matchWord(match),
      file,
    ]);
  const head = ["SIMILARITY", "MATCH", "FILE"];
  const top = likely.length === 0 ? "" : formatTable([head, ...rows(likely)], [0]);
  if (others.length === 0) return top;
  const rest = formatTable([head, ...rows(others)], [0]);
  const [, ...lines] = rest.split("\n");
  return `${top}Less likely (${others.length}):\n${lines.join("\n")}`;
}
