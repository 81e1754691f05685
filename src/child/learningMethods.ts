/** Learning from pairs of picture and text, in a process of its own that gives way to everything else. */

import path from "node:path";
import { freeBytesAt } from "../library/store/diskSpace";
import { AppError, isCancelled } from "../base/errors";
import type { Logger } from "../base/logger";
import type { ModelStore } from "../library/store/modelStore";
import { FIT_TASKS, type FitTaskName } from "../model/ask/kinds";
import type { LEARNING_METHODS } from "../protocol/learningMethods";
import type { Params, Result } from "../protocol/methods";
import type { FitProgress } from "../train/fit/fit";
import { giveWay } from "./engineChild";
import type { EnginePort, TaskRun } from "./enginePort";

export interface LearningOptions {
  readonly logger: Logger;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
}

export function createLearningMethods(
  options: LearningOptions,
): Pick<EnginePort, keyof typeof LEARNING_METHODS> {
  return {
    planLearning: (params, run) => planLearning(params, run, options),
    learn: (params, run) => learn(params, run, options),
    forgetLearning: async (params, run) => {
      const { rm } = await import("node:fs/promises");
      const { folder } = await workOf(params, run, options);
      await rm(folder, { recursive: true, force: true });
      return {};
    },
  };
}

type Plan = Result<"planLearning">["plans"][number];

async function planLearning(
  { pairs, answering, comparing }: Params<"planLearning">,
  run: TaskRun,
  options: LearningOptions,
): Promise<Result<"planLearning">> {
  giveWay("wholly");
  const { store } = options;
  const { measureProducts } = await import("../train/fit/estimate");
  const { createOrtSessionFactory } = await import("../engine/session/ortSession");
  const { findingModel } = await import("../library/open/openNamedModel");
  const { machineMemory } = await import("../machine/freeMemory");
  const models: Readonly<Record<FitTaskName, string>> = {
    captions: answering,
    retrieval: comparing ?? (await findingModel(store)),
  };
  const flopsPerSecond = await measureProducts(createOrtSessionFactory());
  const plans: Plan[] = [];
  const refusals: string[] = [];
  for (const task of FIT_TASKS) {
    try {
      plans.push(await planOf({ task, model: models[task], pairs, flopsPerSecond }, run, options));
    } catch (thrown) {
      if (isCancelled(thrown)) throw thrown;
      refusals.push(AppError.from(thrown).message);
    }
  }
  return {
    ...{ plans, refusals },
    freeMemoryBytes: Math.round(await machineMemory(store.deviceMemoryFile).systemBytes()),
    freeDiskBytes: await freeBytesAt(store.root),
  };
}

async function planOf(
  wanted: Pick<Plan, "task" | "model"> &
    Pick<Params<"learn">, "pairs"> & { readonly flopsPerSecond: number },
  run: TaskRun,
  options: LearningOptions,
): Promise<Plan> {
  const { estimateFit } = await import("../train/fit/estimate");
  const { expectTask } = await import("../train/fit/fit");
  const { usualSettings } = await import("../train/fit/usualSettings");
  const { openModelFolder } = await import("../engine/session/modelFolder");
  const { task, pairs } = wanted;
  const { folder } = await find(wanted.model, run, options);
  const model = await openModelFolder(folder);
  expectTask(model, task);
  const nPictures = new Set(pairs.map(({ image }) => image)).size;
  const work = { model, task, nPairs: pairs.length, nPictures, ...usualSettings(model.config) };
  const { steps, seconds, memoryBytes, diskBytes } = estimateFit(work, wanted.flopsPerSecond);
  return {
    ...{ task, model: wanted.model, steps, seconds },
    ...{ memoryBytes: Math.round(memoryBytes), diskBytes: Math.round(diskBytes) },
  };
}

/** What a request means here: the model that learns, and the folder of the work. */
async function workOf(
  { pairs, folder: base, task, model }: Params<"learn">,
  run: TaskRun,
  options: LearningOptions,
) {
  const { workNameOf } = await import("../train/fit/fit");
  const { usualSettings } = await import("../train/fit/usualSettings");
  const { openModelFolder } = await import("../engine/session/modelFolder");
  const found = await find(model, run, options);
  const { config } = await openModelFolder(found.folder);
  const wanted = { model: found.folder, pairs, base, task, ...usualSettings(config) };
  const folder = path.join(options.store.trainingDir, await workNameOf(wanted));
  return { found, wanted, folder };
}

async function learn(
  params: Params<"learn">,
  run: TaskRun,
  options: LearningOptions,
): Promise<Result<"learn">> {
  giveWay("wholly");
  const { store, logger } = options;
  const { fit, learntName } = await import("../train/fit/fit");
  const { createOrtSessionFactory } = await import("../engine/session/ortSession");
  const { withModelLock } = await import("../library/store/modelLock");
  const { folderNames } = await import("../library/store/modelStore");
  const { freeName } = await import("../library/checkpoints/importPlan");
  const { machineMemory } = await import("../machine/freeMemory");
  const { rateCaptions } = await import("../measure/metrics/captionRating");
  const { found, wanted, folder } = await workOf(params, run, options);
  const name = freeName(learntName(found.name), await folderNames(store));
  const { signal } = run;
  const result = await withModelLock({ store, folder, signal, ifBusy: "refuse" }, () =>
    fit({
      ...{ ...wanted, work: folder, out: path.join(store.modelsDir, name), signal, logger },
      factory: createOrtSessionFactory(),
      freeBytes: machineMemory(store.deviceMemoryFile).systemBytes,
      onProgress: (progress) => {
        tell(run, progress);
      },
      rateCaptions,
    }),
  );
  const { pairs, steps, before, after, unusable } = result;
  return {
    ...(result.model === undefined ? {} : { newModel: name }),
    ...{ nTrain: pairs.train, nHeldOut: pairs.heldOut, steps },
    ...{ before: listed(before), after: listed(after) },
    unusable: [...unusable].map(([file, why]) => ({ file, why })),
  };
}

function tell({ onStage }: TaskRun, progress: FitProgress): void {
  const { done: nDone, of: nAll } = progress;
  if (progress.stage === "features") onStage({ stage: "features", nDone, nAll });
  else onStage({ stage: "learn", nDone, nAll, secondsLeft: progress.leftMs / 1000 });
}

function listed(figures: Readonly<Record<string, number>>): { name: string; value: number }[] {
  return Object.entries(figures).map(([name, value]) => ({ name, value }));
}

async function find(
  model: string,
  { signal, onProgress }: TaskRun,
  { store, demoCheckpoint }: LearningOptions,
) {
  const { findNamedModel } = await import("../library/open/openNamedModel");
  return await findNamedModel({ model, store, demoCheckpoint, signal, onProgress });
}
