/** Answers and captions, one after another; knows an engine by its port and no command line. */

import { readFile } from "node:fs/promises";
import type { Blip2Engine } from "../../../engine/blip2Engine";
import { throwIfAborted } from "../../../base/errors";
import { inOrder } from "../../../base/inOrder";
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
  readonly tokens?: PromptTokens | undefined;
  /** Items that are asked for at once. @default one */
  readonly atOnce?: (() => number) | undefined;
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
  const busy = new BusyTime();
  const nBefore = file.count;
  const begin = performance.now();
  try {
    onItem?.(file.count);
    const left = items.slice(file.count);
    let next = file.count;
    for await (const text of inOrder(left, (item) => predictOne(run, item, busy), run.atOnce)) {
      throwIfAborted(signal);
      await file.add(rowOf(run.task, items[next++]?.id ?? "", text));
      onItem?.(file.count);
    }
    await file.finish();
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  return {
    totalMs: performance.now() - begin,
    engineMs: busy.totalMs,
    timed: file.count - nBefore,
  };
}

/** How long at least one piece of work was under way, in milliseconds. */
class BusyTime {
  totalMs = 0;
  #nOpen = 0;
  #since = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#nOpen++ === 0) this.#since = performance.now();
    try {
      return await work();
    } finally {
      if (--this.#nOpen === 0) this.totalMs += performance.now() - this.#since;
    }
  }
}

async function predictOne(
  { preset, engine, tokens, signal }: TextRun,
  { file, question }: TextRun["items"][number],
  busy: BusyTime,
): Promise<string> {
  throwIfAborted(signal);
  const image = await readFile(file);
  const request = {
    ...{ image, imageName: file },
    // As the authors' code, which knows no transparency.
    alpha: "drop" as const,
    prompt: promptOf(preset, question, tokens),
    options: preset.options,
  };
  const { sequences } = await busy.during(() => engine.generate(request, { signal }));
  return sequences[0]?.text ?? "";
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
