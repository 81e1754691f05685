/** Predictions of one shard with a loaded model. */

import { stat } from "node:fs/promises";
import { releaseParts } from "../../engine/session/modelParts";
import { loadTokenizer } from "../../engine/text/tokenizer";
import { type FoundModel, loadFoundParts } from "../../library/open/openNamedModel";
import { describeThisMachine } from "../../measure/bench/benchMachine";
import { predictTexts, type RunTimes } from "../../measure/eval/predict/predictTexts";
import { runRetrieval } from "../../measure/eval/predict/retrievalRun";
import {
  expectSameRun,
  infoFile,
  readInfo,
  type RunInfo,
  writeInfo,
} from "../../measure/eval/predict/runInfo";
import { shardRange } from "../../measure/eval/predict/shard";
import { TASKS } from "../../measure/eval/tasks";
import type { DeviceChoice } from "../../model/ask/device";
import { withModel } from "../ask/openModel";
import { withRollEntry } from "../ask/rollEntry";
import type { CliContext } from "../terminal/cliContext";
import { type EvalRun, shardPredictions } from "./evalRun";

/** @returns undefined when other shards must come first. @throws AppError as `evaluate`. */
export async function predictShard(
  context: CliContext,
  run: EvalRun,
  device: DeviceChoice,
): Promise<RunInfo | undefined> {
  const { here } = run.subject;
  if (TASKS[run.task].kind === "retrieval" && here !== undefined) {
    return await predictPairs(context, run, { found: here.found, device });
  }
  const { subject, task, items, shard } = run;
  const flags = { model: subject.model, device, alpha: "drop" } as const;
  return await withModel(context, flags, async ({ engine, atOnce }) => {
    const identity = run.identityOn(engine.info.device);
    const preset = identity.preset;
    if (preset === undefined) return undefined;
    const own = items.slice(...shardRange(shard, items.length));
    const folder = subject.here?.found.folder;
    const tokens = folder === undefined ? undefined : await loadTokenizer(folder);
    const line = context.printer.workLine();
    const { item } = TASKS[task];
    return await timed(run, identity, () =>
      predictTexts({
        ...{ task, preset, engine, tokens, atOnce, items: own },
        predictions: shardPredictions(run),
        signal: context.signal,
        onItem: (nDone) => {
          line.count({ nDone, nAll: own.length }, `${nDone} of ${own.length} ${item}s`);
        },
      }).finally(() => {
        line.end();
      }),
    );
  });
}

async function predictPairs(
  context: CliContext,
  run: EvalRun,
  { found, device }: { readonly found: FoundModel; readonly device: DeviceChoice },
): Promise<RunInfo | undefined> {
  const { store, signal, printer } = context;
  const { items, benchmark, shard } = run;
  const kept = new Map(items.map(({ id, file }) => [id, file]));
  const pictures = benchmark.captions.filter(({ id }) => kept.has(id));
  return await withRollEntry({ model: found.name, store: store.root }, async (entry) => {
    const parts = await loadFoundParts(found, { store, device, signal, logger: printer.logger() });
    entry.isLoaded = true;
    const line = printer.workLine();
    try {
      const identity = run.identityOn(parts.device);
      let waitsFor: readonly string[] = [];
      const info = await timed(run, identity, async () => {
        const done = await runRetrieval({
          ...{ pictures, parts, shard, signal },
          files: pictures.map(({ id }) => kept.get(id) ?? ""),
          tokenizer: await loadTokenizer(found.folder),
          k: identity.k ?? 0,
          predictions: shardPredictions(run),
          onItem: (what, nDone, nAll) => {
            line.count({ nDone, nAll }, `${nDone} of ${nAll} ${what}`);
          },
        });
        waitsFor = done.waitsFor;
        return done.times;
      });
      return waitsFor.length === 0 ? info : undefined;
    } finally {
      line.end();
      await releaseParts(parts);
    }
  });
}

/** Writes what a run is made with before it begins, and adds how long it took. */
async function timed(
  run: EvalRun,
  identity: ReturnType<EvalRun["identityOn"]>,
  work: () => Promise<RunTimes>,
): Promise<RunInfo> {
  const file = shardPredictions(run);
  const earlier = await readInfo(file);
  if (earlier !== undefined && (await isBegun(file))) {
    expectSameRun(earlier, identity, infoFile(file));
  }
  const { index, count } = run.shard;
  const begun: RunInfo = {
    ...identity,
    ...(count === 1 ? {} : { shard: `${index}/${count}` }),
    processor: (await describeThisMachine()).processor,
    seconds: earlier?.seconds ?? 0,
    engineSeconds: earlier?.engineSeconds ?? 0,
    timed: earlier?.timed ?? 0,
  };
  await writeInfo(file, begun);
  const times = await work();
  const info: RunInfo = {
    ...begun,
    seconds: begun.seconds + times.totalMs / 1000,
    engineSeconds: begun.engineSeconds + times.engineMs / 1000,
    timed: begun.timed + times.timed,
  };
  await writeInfo(file, info);
  return info;
}

async function isBegun(file: string): Promise<boolean> {
  return (await stat(`${file}.partial`).catch(() => undefined)) !== undefined;
}
