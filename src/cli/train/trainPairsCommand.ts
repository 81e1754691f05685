/** `train pairs`: the pictures of documents and the texts that people wrote for them, to learn from. */

import { countOf } from "../../base/countOf";
import path from "node:path";
import { AppError } from "../../base/errors";
import type { DocumentImage } from "../documents/altImages";
import type { AltFlags } from "../documents/altListCommand";
import { heededImages, ProjectDocuments } from "../documents/projectDocuments";
import { writeWholeFile } from "../../disk/wholeFile";
import { generatedTexts } from "../../library/store/generatedTexts";
import { LEFT_OUT, type LeftOut, PairCollection } from "../../train/data/pairCollection";
import { EXIT } from "../terminal/failure";
import { formatTable } from "../terminal/text";
import type { CliContext } from "../terminal/cliContext";

export interface TrainPairsFlags extends AltFlags {
  readonly out: string;
}

/** Why a picture of a document teaches nothing. */
const REASONS: Readonly<Record<LeftOut, string>> = {
  decorative: "decorative",
  computed: "text computed by code",
  missing: "no text",
  poor: "placeholder, file name or another poor text",
  elsewhere: "file not there, or not on this disk",
  generated: "text written by a model",
  twice: "same picture and text as before",
};

/** One line of the file. */
interface PairLine {
  /** From the folder of the pairs' own file. */
  readonly image: string;
  readonly text: string;
  /** Where a person wrote it. */
  readonly document: string;
  readonly line: number;
}

/**
 * Collects pairs of picture and text from documents into a JSON Lines file, beside its name and then
 * renamed, and tells what it took and what it left out.
 * @returns 1 when a path or document could not be read; the others are taken.
 * @throws AppError `document.missing` when there is nothing to learn from.
 */
export async function trainPairs(
  context: CliContext,
  paths: readonly string[],
  flags: TrainPairsFlags,
): Promise<number> {
  const { printer, signal } = context;
  const messages: string[] = [];
  const project = await ProjectDocuments.with(flags);
  const isGenerated = await generatedTexts(context.store);
  const collection = new Collection(path.dirname(path.resolve(flags.out)), isGenerated);
  const note = (line: string): void => {
    printer.note(line);
  };
  const failure = ({ message }: AppError): void => {
    messages.push(message);
  };
  await project.forEach(paths, { signal, note, failure }, async (document) => {
    for (const image of await heededImages(document)) await collection.add(image);
  });
  for (const message of messages) printer.failure(`sightline: ${message}`);
  const { lines } = collection;
  if (lines.length === 0) throw nothingFound(paths);
  await writeLines(flags.out, lines);
  const leftOut = collection.leftOut();
  if (printer.isJson) printer.json({ file: flags.out, pairs: lines.length, leftOut });
  else printer.text(reportOf({ file: flags.out, lines, leftOut }));
  return messages.length > 0 ? EXIT.failed : EXIT.ok;
}

class Collection {
  readonly lines: PairLine[] = [];
  readonly #base: string;
  readonly #pairs: PairCollection;
  readonly #counts = new Map<LeftOut, number>();

  /** @param base Paths of pictures are given from here. */
  constructor(base: string, isGenerated: (digest: string, text: string) => boolean) {
    this.#base = base;
    this.#pairs = new PairCollection(isGenerated);
  }

  async add(picture: DocumentImage): Promise<void> {
    const { reference, resolved, row } = picture;
    // What somebody took back in a comment or a configuration is no problem.
    const problem = row.problem === "unresolved" ? null : row.problem;
    const { pair, leftOut } = await this.#pairs.take({ reference, resolved, problem });
    if (leftOut !== undefined) {
      this.#counts.set(leftOut, (this.#counts.get(leftOut) ?? 0) + 1);
      return;
    }
    const from = (file: string) => path.relative(this.#base, file).replaceAll(path.sep, "/");
    const { file, range } = row;
    const document = from(path.resolve(file));
    const { image, text } = pair;
    this.lines.push({ image: from(image), text, document, line: range.start.line + 1 });
  }

  /** How many pictures were left out, by reason; only reasons that there are. */
  leftOut(): Partial<Record<LeftOut, number>> {
    return Object.fromEntries(
      LEFT_OUT.flatMap((reason) => {
        const count = this.#counts.get(reason);
        return count === undefined ? [] : [[reason, count]];
      }),
    );
  }
}

function nothingFound(paths: readonly string[]): AppError {
  return new AppError(
    "document.missing",
    `No picture in ${paths.join(", ")} has a text that a person wrote, so there is nothing to learn from. ` +
      "Run `sightline alt list` to see the pictures and what is wrong with their texts.",
  );
}

async function writeLines(file: string, lines: readonly PairLine[]): Promise<void> {
  try {
    await writeWholeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  } catch (cause) {
    throw new AppError("document.unwritable", `${file} cannot be written.`, {
      cause,
      detail: { file },
    });
  }
}

function reportOf(parts: {
  file: string;
  lines: readonly PairLine[];
  leftOut: Partial<Record<LeftOut, number>>;
}): string {
  const { file, lines, leftOut } = parts;
  const nDocuments = new Set(lines.map(({ document }) => document)).size;
  const taken = `${file}: ${countOf(lines.length, "picture")} with a text, from ${countOf(nDocuments, "document")}.\n`;
  const rows = Object.entries(leftOut).map(([reason, count]) => [
    String(count),
    REASONS[reason as LeftOut],
  ]);
  if (rows.length === 0) return taken;
  return `${taken}Left out:\n${formatTable(rows)}`;
}
