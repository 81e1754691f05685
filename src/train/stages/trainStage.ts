/**
 * BLIP-2's two stages on pairs (paper sections 3.2 and 3.3): features of the frozen encoder once, then as many steps as
 * the configuration says. Interrupted or killed, the same call goes on to the same numbers.
 */

import path from "node:path";
import { AppError } from "../../base/errors";
import type { SessionFactory } from "../../engine/session/session";
import { parseGenerationDefaults } from "../../model/config/generationDefaults";
import { readPairs, splitPairs, type Split } from "../data/pairs";
import { grouped, type Example } from "../fit/examples";
import { languageTask } from "../fit/captionTask";
import { PictureFeatures, type Unusable } from "../fit/pictureFeatures";
import { objectivesTask } from "../fit/retrievalTask";
import type { FitTask, TaskOptions } from "../fit/task";
import { TEMPERATURE, type Parameters } from "../parameters";
import type { LogEntry } from "../run/trainingLog";
import { openRun, runTraining } from "../run/trainingRun";
import { blip2Of, checkpointEncoder } from "./checkpointEncoder";
import type { StageConfig } from "./stageConfig";
import type { Stage } from "./stageNames";

export interface StageOptions {
  readonly stage: Stage;
  readonly config: StageConfig;
  readonly factory: SessionFactory;
  readonly signal?: AbortSignal | undefined;
  readonly onPicture?: (done: number, of: number) => void;
  readonly onStep?: (entry: LogEntry & { readonly steps: number; readonly leftMs: number }) => void;
}

export interface StageResult {
  readonly steps: number;
  readonly pairs: { readonly train: number; readonly heldOut: number };
  readonly unusable: ReadonlyMap<string, Unusable>;
}

/**
 * @throws AppError `document.*` for the pairs, `checkpoint.*`, `model.unsupported` for a checkpoint of another stage,
 * `option.invalid` when the folder has a run with other settings, `request.cancelled` within a step.
 */
export async function trainStage(options: StageOptions): Promise<StageResult> {
  const { stage, config, factory, signal, onStep } = options;
  const parameters = await openRun(config.out, config.start);
  expectStage(stage, parameters);
  // Hugging Face's layout has no place for it.
  if (stage === "stage1" && !parameters.has("temp")) parameters.add("temp", TEMPERATURE);
  const pairs = await readPairs(config.pairs);
  const files = new Set(pairs.map(({ image }) => image));
  const features = await PictureFeatures.compute(files, {
    folder: path.join(config.out, "features"),
    open: () => checkpointEncoder(config.start, factory),
    signal,
    onProgress: (done) => options.onPicture?.(done, files.size),
  });
  const base = path.dirname(config.pairs);
  const examples = split(
    grouped(pairs, (image) => features.keyOf(image)),
    config,
    base,
  );
  const batch = Math.min(config.batch, examples.train.length);
  const nHeldOut = examples.heldOut.length;
  const { device, seed } = config;
  const given = { parameters, examples, features, factory, batch, seed, device };
  const { validate, ...task } = await taskOf(given, config);
  const { steps, rate, warmupRate, warmupSteps, minRate, weightDecay, beta2, maxNorm } = config;
  const taken = await runTraining(
    parameters,
    { ...task, ...(nHeldOut > 0 && { validate }) },
    {
      ...{ out: config.out, steps, rate, warmupRate, warmupSteps, minRate, factory, device },
      ...{ saveEvery: config.saveEvery, validateEvery: config.validateEvery },
      trainer: {
        ...(maxNorm === 0 ? {} : { maxNorm }),
        adamW: { weightDecay, beta2, floors: { temp: config.leastTemperature } },
      },
      // A run may go on elsewhere.
      settings: { stage, ...config, device: "cpu", examples, saveEvery: 0, out: "" },
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    },
  );
  const { train, heldOut } = examples;
  return {
    steps: taken,
    pairs: { train: train.length, heldOut: heldOut.length },
    unusable: features.unusable,
  };
}

function split(
  examples: readonly Example[],
  { heldOut: share }: StageConfig,
  base: string,
): Split<Example> {
  const { train, heldOut } = splitPairs(examples, { share, base: path.resolve(base) });
  if (train.length > 1) return { train, heldOut };
  throw new AppError(
    "document.missing",
    `There are ${train.length} pictures with texts to learn from; two are the least.`,
  );
}

/** @throws AppError `model.unsupported`. */
function expectStage(stage: Stage, parameters: Parameters): void {
  const isLanguage = blip2Of(parameters).kind === "generation";
  if (isLanguage === (stage === "stage2")) return;
  const { folder } = parameters.checkpoint;
  const wanted =
    stage === "stage1" ? "Blip2ForImageTextRetrieval" : "Blip2ForConditionalGeneration";
  throw new AppError("model.unsupported", `${folder} is not for ${stage}, which needs ${wanted}.`, {
    detail: { file: folder },
  });
}

async function taskOf(
  given: TaskOptions,
  { objectives, textLength: mostTokens }: StageConfig,
): Promise<FitTask> {
  const { checkpoint } = given.parameters;
  const config = blip2Of(given.parameters);
  const common = { ...given, isNormed: false, mostTokens };
  if (config.kind !== "generation") return await objectivesTask({ ...common, config, objectives });
  const { text } = config;
  const defaults = checkpoint.generationText ?? "{}";
  const { eosTokenIds } = parseGenerationDefaults(defaults, checkpoint.folder, text);
  const endId = eosTokenIds[0] ?? text.eosTokenId;
  return await languageTask({ ...common, config, endId, learnsStart: true });
}
