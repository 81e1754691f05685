/** `eval score`: predictions against a benchmark's files. */

import { AppError } from "../../base/errors";
import { readCaptionResults, readCaptions } from "../../measure/eval/data/captionFiles";
import { readGqaQuestions } from "../../measure/eval/data/gqaFiles";
import { readPairs } from "../../measure/eval/data/retrievalFiles";
import {
  type Prediction,
  readAnswers,
  readVqaAnnotations,
  readVqaQuestions,
} from "../../measure/eval/data/vqaFiles";
import { lemmatize } from "../../measure/eval/programs/lemmatizer";
import { NO_PROGRAMS, OfficialPrograms } from "../../measure/eval/programs/officialPrograms";
import { byExpectedId } from "../../measure/eval/score/checkIds";
import { scoreGqa, scoreVqa } from "../../measure/eval/score/scoreAnswers";
import { scoreCaptions } from "../../measure/eval/score/scoreCaptions";
import type { Scored } from "../../measure/eval/score/scored";
import { galleryOf, scoreRetrieval } from "../../measure/eval/score/scoreRetrieval";
import { type EvalTask, TASKS } from "../../measure/eval/tasks";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { flagOf, type OutputFlags } from "../terminal/flags";
import { scoredTable } from "./scoredTable";

/** What scoring is given besides predictions. */
export interface ScoringFlags {
  readonly annotations?: string;
  readonly questions?: string;
  readonly split: string;
  readonly allowMissing?: boolean;
  readonly lemmatizer?: string;
  readonly cocoCaption?: string;
  readonly java: string;
  readonly k: number;
}

export interface ScoreFlags extends OutputFlags, ScoringFlags {
  readonly predictions: readonly string[];
  readonly intervals?: boolean;
}

/** @throws AppError `option.invalid`, `document.*`, `request.cancelled`. */
export async function evalScore(
  context: CliContext,
  task: EvalTask,
  flags: ScoreFlags,
): Promise<number> {
  const { printer } = context;
  const scored = await scoreFiles(context, task, flags);
  for (const note of scored.notes) printer.note(note);
  if (printer.isJson) {
    printer.json(
      flags.intervals === true ? { ...scored.json, intervals: scored.intervals() } : scored.json,
    );
  } else printer.text(scoredTable(scored));
  return EXIT.ok;
}

/** @throws AppError as `evalScore`. */
export async function scoreFiles(
  context: CliContext,
  task: EvalTask,
  flags: ScoringFlags & { readonly predictions: readonly string[] },
): Promise<Scored> {
  const { kind } = TASKS[task];
  if (kind === "answers") return await scoreAnswerFiles(context, task, flags);
  const { allowMissing = false } = flags;
  if (kind === "gqa") {
    const questions = await readGqaQuestions(needed(flags, "questions"));
    return scoreGqa({
      items: questions,
      predictions: await readAnswers(flags.predictions),
      allowMissing,
    });
  }
  const pictures = await readCaptions(needed(flags, "annotations"), flags.split);
  if (kind === "retrieval") {
    if (allowMissing) throw noPart();
    const rows = await readPairs(flags.predictions, galleryOf(pictures).nTexts);
    return scoreRetrieval(task, { pictures, rows, k: flags.k });
  }
  const predictions = await readCaptionResults(flags.predictions);
  const programs = await programsOf(context, flags);
  const scored = await scoreCaptions(task, { pictures, predictions, allowMissing, programs });
  const notes = programs === undefined ? [`METEOR and SPICE: ${NO_PROGRAMS}.`] : [];
  return { ...scored, notes: [...scored.notes, ...notes] };
}

async function scoreAnswerFiles(
  { signal, printer }: CliContext,
  task: EvalTask,
  flags: ScoringFlags & { readonly predictions: readonly string[] },
): Promise<Scored> {
  const annotations = await readVqaAnnotations(needed(flags, "annotations"));
  if (flags.questions !== undefined) {
    // The official loader wants the same ids in both files.
    const questions = await readVqaQuestions(flags.questions);
    const file = flags.questions;
    const ids = annotations.map(({ questionId }) => questionId);
    byExpectedId(
      ids,
      questions.map(({ id }) => ({ id, file })),
      { item: "question", allowMissing: true },
    );
  }
  const predictions = await readAnswers(flags.predictions);
  const { allowMissing = false, lemmatizer } = flags;
  const lemmatized =
    lemmatizer === undefined
      ? undefined
      : await lemmatize(predictions, { command: lemmatizer, signal });
  if (task === "okvqa" && lemmatizer === undefined) {
    printer.note(
      "OK-VQA's answers are in dictionary forms, and the paper's figures are of such predictions. --lemmatizer names a command that makes them.",
    );
  }
  return scoreVqa(task, {
    items: annotations,
    predictions,
    allowMissing,
    ...(lemmatized === undefined ? {} : { lemmatized: lemmatized satisfies readonly Prediction[] }),
  });
}

async function programsOf(
  { signal }: CliContext,
  { cocoCaption, java }: ScoringFlags,
): Promise<OfficialPrograms | undefined> {
  if (cocoCaption === undefined) return undefined;
  return await OfficialPrograms.open({ folder: cocoCaption, java, signal });
}

function needed(flags: ScoringFlags, name: "annotations" | "questions"): string {
  const file = flags[name];
  if (file !== undefined) return file;
  throw new AppError("option.invalid", `Name the benchmark's file with ${flagOf(name)}.`);
}

function noPart(): AppError {
  return new AppError(
    "option.invalid",
    "Recall depends on every picture and text, so that a part of a retrieval has no score. Leave --allow-missing out.",
  );
}
