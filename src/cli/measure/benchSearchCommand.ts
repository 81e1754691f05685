/** `bench --search`: what finding a picture costs, with made-up pictures of BLIP-2's size. */

import path from "node:path";
import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { describeThisMachine } from "../../measure/bench/benchMachine";
import { compareSearch, timeDuplicates, timeSearch } from "../../measure/bench/benchSearch";
import type {
  DuplicateFigures,
  SearchFigures,
  SearchRecall,
} from "../../measure/bench/benchSearch";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { formatTable } from "../terminal/text";

export interface BenchSearchFlags {
  /** Counts of pictures with commas between. */
  readonly pictures: string;
  /** Of the comparison with f32: pictures, then texts. */
  readonly recall: string;
  /** Counts of pictures that are compared with each other; 0 for none. */
  readonly duplicates: string;
  readonly dir?: string;
}

/** @throws AppError `option.invalid`, `index.unwritable`, `request.cancelled`. */
export async function benchSearch(context: CliContext, flags: BenchSearchFlags): Promise<number> {
  const { printer, store, signal } = context;
  const counts = countsOf("--pictures", flags.pictures);
  const duplicateCounts = countsOf("--duplicates", flags.duplicates).filter((count) => count > 0);
  const [nPictures = 0, nTexts = 0] = countsOf("--recall", flags.recall);
  const line = printer.workLine();
  const options = {
    folder: path.join(flags.dir ?? path.join(store.root, "bench"), `search-${process.pid}`),
    ...{ factory: createOrtSessionFactory(), signal },
    onStep: (text: string) => {
      line.show(text);
    },
  };
  try {
    const figures: SearchFigures[] = [];
    for (const count of counts) figures.push(await timeSearch(count, options));
    const recall = nTexts === 0 ? undefined : await compareSearch({ nPictures, nTexts }, options);
    const duplicates: DuplicateFigures[] = [];
    for (const count of duplicateCounts) duplicates.push(await timeDuplicates(count, options));
    line.end();
    const machine = await describeThisMachine();
    if (printer.isJson) printer.json({ machine, search: figures, recall, duplicates });
    else {
      const texts = [searchTable(figures), ...(recall === undefined ? [] : [recallText(recall)])];
      if (duplicates.length > 0) texts.push(duplicatesTable(duplicates));
      printer.text(texts.join("\n"));
    }
  } finally {
    line.end();
  }
  return EXIT.ok;
}

function countsOf(flag: string, text: string): readonly number[] {
  const counts = text.split(",").map(Number);
  if (counts.every((count) => Number.isInteger(count) && count >= 0 && count <= MAX_PICTURES)) {
    return counts;
  }
  throw new AppError(
    "option.invalid",
    `${flag} is made of whole numbers up to ${MAX_PICTURES} with commas between.`,
  );
}

/** More would be 25 GB of files. */
const MAX_PICTURES = 1_000_000;

function searchTable(figures: readonly SearchFigures[]): string {
  const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  const rows = figures.map((row) => [
    ...[String(row.pictures), formatBytes(row.fileBytes), ms(row.open), ms(row.query)],
    ...[ms(row.slowestQuery), formatBytes(row.memoryBytes)],
  ]);
  const head = ["PICTURES", "FILES", "START", "QUERY", "SLOWEST", "MEMORY"];
  return formatTable([head, ...rows], [0, 1, 2, 3, 4, 5]);
}

function duplicatesTable(figures: readonly DuplicateFigures[]): string {
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
  const rows = figures.map((row) => [
    ...[String(row.pictures), seconds(row.milliseconds), seconds(row.processorMilliseconds)],
    ...[formatBytes(row.memoryBytes), `${row.pairs} of ${row.copies}`],
  ]);
  const head = ["PICTURES", "DUPLICATES", "PROCESSOR", "MEMORY BESIDE", "FOUND"];
  return formatTable([head, ...rows], [0, 1, 2, 3, 4]);
}

function recallText({ pictures, texts, recall, largestError }: SearchRecall): string {
  const share = (recall * 100).toFixed(2);
  return `Of the first ten of ${texts} texts over ${pictures} pictures, ${share} % are those of f32 or within 1e-4 of them; the largest difference is ${largestError.toExponential(1)}.\n`;
}
