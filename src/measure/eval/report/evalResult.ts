/** What an evaluation has found, beside what the paper says: plain data, kept in a file and read again for a table. */

import path from "node:path";
import { stat } from "node:fs/promises";
import type { ModelConfig } from "../../../model/config/modelConfig";
import type { Interval } from "../../metrics/bootstrap";
import { objectOf, readEvalJson, rowsOf, unparsable } from "../data/evalJson";
import { writeBeside } from "../predict/predictionFile";
import type { RunInfo } from "../predict/runInfo";
import type { Scored } from "../score/scored";
import { EVAL_TASKS, type EvalTask, TASKS } from "../tasks";
import { type PaperFigures, paperRow } from "./paperFigures";

export const RESULT_FILE = "result.json";

export interface ResultFigure {
  readonly name: string;
  readonly ours: number;
  readonly interval?: Interval;
  readonly paper?: number;
  /** Ours less the paper's, in points. */
  readonly difference?: number;
  /** Whether the paper's lies in the interval. */
  readonly isInside?: boolean;
}

export interface EvalResult {
  readonly task: EvalTask;
  readonly split: string;
  readonly n: number;
  /** Items of the split as published. */
  readonly published: number;
  /** Only a whole split is set beside the paper's figure. */
  readonly isWhole: boolean;
  /** Why there is no figure of the paper. */
  readonly why?: string;
  readonly run: RunInfo;
  readonly figures: readonly ResultFigure[];
}

export interface ResultParts {
  readonly scored: Scored;
  readonly run: RunInfo;
  /** Absent for a server, which does not say what its weights are. */
  readonly config: ModelConfig | undefined;
}

export function evalResult({ scored, run, config }: ResultParts): EvalResult {
  const { task, n } = scored;
  const { split } = run;
  const published = TASKS[task].sizes[split] ?? 0;
  const isWhole = n === published && n === scored.of && n === run.of;
  const row =
    config === undefined
      ? { why: "a server does not say which weights it has" }
      : paperRow(task, split, config);
  const why = isWhole ? ("why" in row ? row.why : undefined) : `a part: ${n} of ${published}`;
  const paper: PaperFigures = isWhole && "figures" in row ? row.figures : {};
  // The paper's OK-VQA is of dictionary forms; where they were scored, the others stand alone.
  const isLemmatized = scored.figures.some(({ name }) => name.endsWith(", lemmatized)"));
  const paperOf = (name: string): number | undefined =>
    isLemmatized && !name.endsWith(", lemmatized)") ? undefined : paper[name];
  const intervals = scored.intervals();
  return {
    ...{ task, split, n, published, isWhole },
    ...(why === undefined ? {} : { why }),
    run,
    figures: scored.figures.map(({ name, value }) =>
      figureOf(name, value, {
        interval: intervals[name],
        paper: paperOf(name),
      }),
    ),
  };
}

function figureOf(
  name: string,
  ours: number,
  {
    interval,
    paper,
  }: { readonly interval: Interval | undefined; readonly paper: number | undefined },
): ResultFigure {
  return {
    ...{ name, ours },
    ...(interval === undefined ? {} : { interval }),
    ...(paper === undefined ? {} : { paper, difference: ours - paper }),
    ...(paper === undefined || interval === undefined
      ? {}
      : { isInside: paper >= interval[0] && paper <= interval[1] }),
  };
}

/** @throws AppError `document.unwritable`. */
export async function writeResult(folder: string, result: EvalResult): Promise<void> {
  await writeBeside(path.join(folder, RESULT_FILE), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** @param place the file, or the folder of an evaluation. @throws AppError `document.*`. */
export async function readResult(place: string): Promise<EvalResult> {
  const isFolder = (await stat(place).catch(() => undefined))?.isDirectory() === true;
  const file = isFolder ? path.join(place, RESULT_FILE) : place;
  const value = await readEvalJson(file);
  const fields = objectOf(value, file);
  const task = fields.string("task");
  if (!(EVAL_TASKS as readonly string[]).includes(task)) {
    throw unparsable(file, `is of no known task: ${task}`);
  }
  fields.string("split");
  fields.boolean("isWhole");
  for (const key of ["n", "published"]) fields.number(key);
  const run = fields.object("run");
  for (const key of ["model", "modelHash", "precision", "device"]) run.string(key);
  for (const figure of rowsOf(fields.array("figures"), file, "figures")) {
    figure.string("name");
    figure.number("ours");
    if (figure.has("paper")) figure.number("paper");
  }
  return value as EvalResult;
}
