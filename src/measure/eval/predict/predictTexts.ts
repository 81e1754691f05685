/** Answers and captions, one after another; knows an engine by its port and no command line. */

import { readFile } from "node:fs/promises";
import type { Blip2Engine } from "../../../engine/blip2Engine";
import { throwIfAborted } from "../../../base/errors";
import type { EvalItem } from "../data/benchmark";
import { type EvalTask, TASKS } from "../tasks";
import { PredictionFile } from "./predictionFile";
import { type Preset, promptOf, type PromptTokens } from "./preset";

export interface TextRun {
  readonly task: EvalTask;
  readonly preset: Preset;
  /** Of this shard, with their pictures. */
  readonly items: readonly (EvalItem & { readonly file: string })[];
  readonly engine: Pick<Blip2Engine, "generate">;
  readonly tokens: PromptTokens;
  /** What they are written to. */
  readonly predictions: string;
  readonly signal: AbortSignal;
  readonly onItem?: (done: number) => void;
}

/** Milliseconds of this start, and how many items they were for. */
export interface RunTimes {
  readonly totalMs: number;
  readonly engineMs: number;
  readonly timed: number;
}

/**
 * Predicts what is not there yet.
 * @throws AppError as the engine; `document.*`, `request.cancelled`. What was predicted is kept.
 */
export async function predictTexts(run: TextRun): Promise<RunTimes> {
  const { items, predictions, signal, onItem } = run;
  const file = await PredictionFile.open(
    predictions,
    (row, i) =>
      JSON.stringify(idOfRow(row)) ===
      JSON.stringify(idOfRow(rowOf(run.task, items[i]?.id ?? "", ""))),
  );
  let engineMs = 0;
  const nBefore = file.count;
  const begin = performance.now();
  try {
    onItem?.(file.count);
    for (const item of items.slice(file.count)) {
      throwIfAborted(signal);
      const { text, ms } = await predictOne(run, item);
      engineMs += ms;
      await file.add(rowOf(run.task, item.id, text));
      onItem?.(file.count);
    }
    await file.finish();
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  return { totalMs: performance.now() - begin, engineMs, timed: file.count - nBefore };
}

async function predictOne(
  { preset, engine, tokens, signal }: TextRun,
  { file, question }: TextRun["items"][number],
): Promise<{ readonly text: string; readonly ms: number }> {
  const image = await readFile(file);
  const begin = performance.now();
  const { sequences } = await engine.generate(
    {
      ...{ image, imageName: file },
      // As the authors' code, which knows no transparency.
      alpha: "drop",
      prompt: promptOf(preset, question, tokens),
      options: preset.options,
    },
    { signal },
  );
  return { text: sequences[0]?.text ?? "", ms: performance.now() - begin };
}

/** A row of the benchmark's own result file. */
export function rowOf(task: EvalTask, id: string, text: string): object {
  switch (TASKS[task].kind) {
    case "answers":
      return { question_id: asNumber(id), answer: text };
    case "gqa":
      return { questionId: id, prediction: text };
    case "captions":
    case "retrieval":
      return { image_id: asNumber(id), caption: text };
  }
}

function idOfRow(row: unknown): unknown {
  const { question_id, questionId, image_id } = row as Readonly<Record<string, unknown>>;
  return question_id ?? questionId ?? image_id;
}

/** Ids are numbers in the benchmarks' files, except where they cannot be. */
export function asNumber(id: string): number | string {
  const number = Number(id);
  return String(number) === id && Number.isSafeInteger(number) ? number : id;
}
