/** `--processes N`: a run in N processes of this program, each with a part, put together by the last. */

import { AppError, throwIfAborted } from "../../base/errors";
import { PredictionFile } from "../../measure/eval/predict/predictionFile";
import { allShards, type Shard, shardFile } from "../../measure/eval/predict/shard";
import { type EvalTask, TASKS } from "../../measure/eval/tasks";
import path from "node:path";
import type { CliContext } from "../terminal/cliContext";

import type { EvalFlags, EvalRun } from "./evalRun";

/** Flags of `eval TASK` that a part needs as well, by the name that commander gives them. */
const PASSED = {
  data: "--data",
  device: "--device",
  split: "--split",
  preset: "--preset",
  limit: "--limit",
  annotations: "--annotations",
  questions: "--questions",
  k: "--k",
} as const satisfies Partial<Record<keyof EvalFlags, string>>;

/** A retrieval embeds in the first round; its pairs wait for the embeddings of all. */
const ROUNDS = { answers: 1, gqa: 1, captions: 1, retrieval: 2 } as const;

/**
 * Predicts with several processes at once. What they had done before they were stopped is kept.
 * @throws AppError `internal` with what a process said that failed, `request.cancelled`.
 */
export async function predictInProcesses(
  context: CliContext,
  run: EvalRun,
  { flags, count }: { readonly flags: EvalFlags; readonly count: number },
): Promise<void> {
  const { host, printer, signal } = context;
  const { startAgain } = host;
  if (startAgain === undefined) {
    throw new AppError("option.invalid", "--processes is for the installed program.");
  }
  for (let round = 0; round < ROUNDS[TASKS[run.task].kind]; round++) {
    const open: Shard[] = [];
    for (const shard of allShards(count)) {
      const file = shardFile(path.basename(run.predictions), shard);
      const whole = path.join(path.dirname(run.predictions), file);
      if (!(await PredictionFile.isFinished(whole))) open.push(shard);
    }
    if (open.length === 0) return;
    printer.note(`Processes that predict, each with a model of its own: ${open.length}.`);
    const ended = await Promise.all(
      open.map((shard) => startAgain(partArguments(run, flags, shard), signal)),
    );
    throwIfAborted(signal);
    const failed = ended.find(({ exitCode }) => exitCode !== 0);
    if (failed !== undefined) {
      throw new AppError("internal", `A process failed. It said: ${lastLine(failed.stderr)}`);
    }
  }
}

function partArguments(run: EvalRun, flags: EvalFlags, shard: Shard): readonly string[] {
  const passed = Object.entries(PASSED).flatMap(([key, flag]) => {
    const value = flags[key as keyof typeof PASSED];
    return value === undefined ? [] : [flag, String(value)];
  });
  const task: EvalTask = run.task;
  return [
    ...["eval", "predict", task, "--model", run.subject.model],
    ...["--out", path.dirname(run.predictions), "--shard", `${shard.index}/${shard.count}`],
    ...passed,
    ...(flags.allowMissing === true ? ["--allow-missing"] : []),
  ];
}

function lastLine(text: string): string {
  return (
    text
      .trimEnd()
      .split("\n")
      .at(-1)
      ?.replace(/^sightline: /, "") ?? ""
  );
}
