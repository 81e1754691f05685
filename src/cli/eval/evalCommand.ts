/** `eval TASK` and `eval predict TASK`: a model on a benchmark, whole or in parts, to be stopped and gone on with. */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { ourVersions } from "../../measure/bench/benchMachine";
import { findBenchmark } from "../../measure/eval/data/benchmark";
import { PictureFiles } from "../../measure/eval/data/pictureFiles";
import { readPairs } from "../../measure/eval/data/retrievalFiles";
import { mergeShards } from "../../measure/eval/predict/mergeShards";
import { PredictionFile } from "../../measure/eval/predict/predictionFile";
import { presetOf } from "../../measure/eval/predict/preset";
import { expectSameRun, readInfo, type RunInfo } from "../../measure/eval/predict/runInfo";
import { parseShard, type Shard, WHOLE } from "../../measure/eval/predict/shard";
import { evalResult, writeResult } from "../../measure/eval/report/evalResult";
import type { Scored } from "../../measure/eval/score/scored";
import { galleryOf, scoreRetrieval } from "../../measure/eval/score/scoreRetrieval";
import { type EvalTask, TASKS } from "../../measure/eval/tasks";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { predictShard } from "./evalPredict";
import { predictInProcesses } from "./evalProcesses";
import { type EvalFlags, type EvalRun, shardPredictions } from "./evalRun";
import { scoreFiles } from "./evalScoreCommand";
import { evalSubject } from "./evalSubject";
import { resultTables } from "./resultTable";

/**
 * @param isScored false for `eval predict`.
 * @throws AppError `option.invalid`, `document.*`, `image.missing`, as the engine, `request.cancelled`.
 */
export async function evaluate(
  context: CliContext,
  task: EvalTask,
  { isScored, ...flags }: EvalFlags & { readonly isScored: boolean },
): Promise<number> {
  const { printer } = context;
  const run = await planRun(context, task, flags);
  const { processes = 1 } = flags;
  if (processes > 1) await predictInProcesses(context, run, { flags, count: processes });
  const info = await shardInfo(context, run, flags);
  if (run.shard.count > 1) {
    const missing = await mergeShards(run.predictions, run.shard.count);
    if (missing.length > 0) {
      printer.note(
        `Not finished yet, or not in this folder: ${missing.map((file) => path.basename(file)).join(", ")}. The last shard to be finished, or any of them once more, puts all together.`,
      );
      return EXIT.ok;
    }
  }
  if (info === undefined) return EXIT.ok;
  const whole = (await readInfo(run.predictions)) ?? info;
  timeNote(context, whole);
  if (!isScored) {
    printer.note(`The predictions are in ${run.predictions}.`);
    return EXIT.ok;
  }
  if (TASKS[task].kind === "answers" && run.benchmark.files.annotations === undefined) {
    printer.note(`The answers of this split are only on a server: hand it ${run.predictions}.`);
    return EXIT.ok;
  }
  const scored = await scoreRun(context, run, flags);
  for (const note of scored.notes) printer.note(note);
  const result = evalResult({ scored, run: whole, config: run.subject.here?.config });
  await writeResult(path.dirname(run.predictions), result);
  if (printer.isJson) printer.json(result);
  else printer.text(resultTables([result]));
  return EXIT.ok;
}

async function planRun(context: CliContext, task: EvalTask, flags: EvalFlags): Promise<EvalRun> {
  const { splits, title } = TASKS[task];
  const [first = ""] = splits;
  const { split = first, limit, data, questions, annotations } = flags;
  if (!splits.includes(split)) {
    throw new AppError(
      "option.invalid",
      `${title} has the splits ${splits.join(", ")}, and not ${split}.`,
    );
  }
  const shard = plannedShard(flags);
  const benchmark = await findBenchmark(task, { folder: data, split, questions, annotations });
  const subject = await evalSubject(context, task, flags.model);
  const asked = benchmark.items.slice(0, limit);
  const allowMissing = flags.allowMissing === true;
  const files = await new PictureFiles(data).findAll(asked, { allowMissing });
  const items = asked.flatMap((item, i) => {
    const file = files[i];
    return file === undefined ? [] : [{ ...item, file }];
  });
  const out = flags.out ?? path.join("eval", `${task}-${subject.name}`);
  await makeFolder(out);
  const versions = await ourVersions(context.host.version);
  const { name: model, modelHash, precision, style } = subject;
  const isRetrieval = TASKS[task].kind === "retrieval";
  return {
    ...{ task, benchmark, items, subject, shard },
    predictions: path.join(out, "predictions.json"),
    identityOn: (device) => ({
      ...{ task, split, device, versions, model, modelHash, precision },
      ...(isRetrieval ? { k: flags.k } : { preset: presetOf(task, style, flags.preset) }),
      of: benchmark.items.length,
      n: items.length,
    }),
  };
}

/** The part that this process puts together, or predicts. */
function plannedShard({ shard, processes = 1 }: EvalFlags): Shard {
  if (shard === undefined) return { ...WHOLE, count: processes };
  if (processes === 1) return parseShard(shard);
  throw new AppError("option.invalid", "--processes makes the parts itself. Leave --shard out.");
}

/** What this shard was made with, now or before. */
async function shardInfo(
  context: CliContext,
  run: EvalRun,
  { device }: EvalFlags,
): Promise<RunInfo | undefined> {
  const file = shardPredictions(run);
  if (!(await PredictionFile.isFinished(file))) return await predictShard(context, run, device);
  const info = await readInfo(file);
  if (info !== undefined) expectSameRun(info, run.identityOn(info.device), file);
  return info;
}

async function scoreRun(context: CliContext, run: EvalRun, flags: EvalFlags): Promise<Scored> {
  const { task, benchmark, predictions, items } = run;
  if (TASKS[task].kind === "retrieval") {
    const kept = new Set(items.map(({ id }) => id));
    const pictures = benchmark.captions.filter(({ id }) => kept.has(id));
    const rows = await readPairs([predictions], galleryOf(pictures).nTexts);
    return { ...scoreRetrieval(task, { pictures, rows, k: flags.k }), of: benchmark.items.length };
  }
  const isPart = items.length < benchmark.items.length;
  return await scoreFiles(context, task, {
    ...flags,
    ...benchmark.files,
    split: run.identityOn("").split,
    allowMissing: isPart,
    predictions: [predictions],
  });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new AppError("document.unwritable", `The folder ${folder} cannot be made.`, {
      cause,
      detail: { file: folder },
    });
  }
}

function timeNote({ printer }: CliContext, { seconds, engineSeconds, timed, task }: RunInfo): void {
  if (timed === 0 || seconds === 0) return;
  const beside = (100 * (seconds - engineSeconds)) / seconds;
  printer.note(
    `${(seconds / timed).toFixed(2)} s for each of ${timed} ${TASKS[task].item}s, ${beside.toFixed(1)} % of it outside the engine.`,
  );
}
