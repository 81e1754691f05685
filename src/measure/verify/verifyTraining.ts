/**
 * Proves the trainer equal to a trusted one: losses, logits and the gradient of every tensor of a kit's
 * batches, and the parameters after one step of AdamW and after five.
 */

import { defined } from "../../base/assert";
import { AppError, throwIfAborted } from "../../base/errors";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { cpuTensor, type SessionFactory, type Tensor } from "../../engine/session/session";
import { imageTokenCount } from "../../model/config/visionConfig";
import { OBJECTIVES, stage1Graph, type Objective } from "../../train/graphs/stage1Graph";
import { stage1Feeds } from "../../train/graphs/stage1Feeds";
import { optFeeds, t5Feeds } from "../../train/graphs/stage2Feeds";
import { stage2Graph } from "../../train/graphs/stage2Graph";
import { PICTURE_INPUTS } from "../../train/graphs/qformerPasses";
import { GradientSum } from "../../train/optimise/gradients";
import { Parameters } from "../../train/parameters";
import { TrainingSession, type Objectives, type StepResult } from "../../train/session";
import { openTrainer } from "../../train/step/openTrainer";
import type { Blip2Config, Blip2GenerationConfig } from "../../model/config/blip2Config";
import type { Device } from "../../model/ask/device";
import type { Deviation } from "./comparison";
import { TrainingComparison, type TrainingStage } from "./trainingComparison";
import {
  readTrainingKit,
  type Rows,
  type TrainingBatch,
  type TrainingKind,
  type TrainingKit,
} from "./trainingKit";

export interface TrainingReport {
  readonly kind: TrainingKind;
  readonly device: Device;
  readonly stages: Readonly<Partial<Record<TrainingStage, Deviation>>>;
  readonly ok: boolean;
}

export interface VerifyTrainingOptions {
  /** @default "cpu" */
  readonly device?: Device;
  readonly signal?: AbortSignal;
  /** Called with a line for people before each longer piece of work. */
  readonly onProgress?: (text: string) => void;
}

/** @throws AppError `kit.invalid`, and what checkpoints and sessions throw. */
export async function verifyTraining(
  folder: string,
  { device = "cpu", signal, onProgress }: VerifyTrainingOptions,
): Promise<TrainingReport> {
  const kit = await readTrainingKit(folder);
  const parameters = await Parameters.open(kit.checkpoint);
  const check = new Check(kit, { parameters, device, factory: createOrtSessionFactory() });
  for (const batch of kit.batches) {
    throwIfAborted(signal);
    onProgress?.(`Comparing the batch "${batch.name}"`);
    await check.batch(batch);
  }
  onProgress?.("Comparing accumulated gradients");
  await check.accumulated();
  onProgress?.(`Comparing ${kit.steps.length} steps`);
  await check.steps(signal);
  const { comparison } = check;
  return { kind: kit.kind, device, stages: comparison.result(), ok: comparison.isOk };
}

interface CheckOptions {
  readonly parameters: Parameters;
  readonly device: Device;
  readonly factory: SessionFactory;
}

/** What of a batch's graph is looked at. */
interface Wanted {
  readonly only?: Objective;
  readonly bothSides?: boolean;
  readonly givesDetails?: boolean;
}

class Check {
  readonly comparison: TrainingComparison;
  readonly #kit: TrainingKit;
  readonly #options: CheckOptions;

  constructor(kit: TrainingKit, options: CheckOptions) {
    this.comparison = new TrainingComparison(kit);
    this.#kit = kit;
    this.#options = options;
  }

  /** Losses, logits and gradients of a batch, all objectives together and each alone. */
  async batch(batch: TrainingBatch): Promise<void> {
    const { name } = batch;
    const { numQueryTokens: nQueries } = blip2ConfigOf(this.#options.parameters);
    await this.#run(batch, { givesDetails: true }, (result) => {
      const theirs = defined(this.#kit.losses.get(name), `The losses of ${name}`);
      const ours = new Map(Object.entries(result.losses));
      ours.set(
        "total",
        [...ours.values()].reduce((sum, loss) => sum + loss, 0),
      );
      this.comparison.losses(ours, theirs);
      for (const [detail, values] of Object.entries(result.details)) {
        this.comparison.logits(values, `${name}/${detail}`, rowsThatCount(batch, detail, nQueries));
      }
      this.comparison.gradients(result.gradients, `${name}/grad`);
    });
    for (const only of OBJECTIVES) await this.#alone(batch, { only }, `${name}/grad.${only}`);
    const isDetached = { only: "itc", bothSides: false } as const;
    await this.#alone(batch, isDetached, `${name}/grad.itc_detached`);
  }

  /** The gradients of one objective, where the kit has them. */
  async #alone(batch: TrainingBatch, wanted: Wanted, under: string): Promise<void> {
    if (!this.#has(under)) return;
    await this.#run(batch, wanted, ({ gradients }) => {
      this.comparison.gradients(gradients, under);
    });
  }

  /** The mean over the first two batches, where the kit has it. */
  async accumulated(): Promise<void> {
    if (!this.#has("accumulated/grad")) return;
    const sum = new GradientSum();
    for (const batch of this.#kit.batches.slice(0, 2)) {
      await this.#run(batch, {}, ({ gradients }) => {
        sum.add(gradients);
      });
    }
    const { gradients, factor } = sum.take();
    const means = [...gradients].map(
      ([name, values]) => [name, values.map((value) => value * factor)] as const,
    );
    this.comparison.gradients(new Map(means), "accumulated/grad");
  }

  async steps(signal: AbortSignal | undefined): Promise<void> {
    const { optimizedBatch, optimizer, steps, batches, trained } = this.#kit;
    const { parameters } = this.#options;
    const batch = defined(
      batches.find(({ name }) => name === optimizedBatch),
      "The optimised batch",
    );
    const names = trained.map(({ name }) => name);
    const trainer = await openTrainer(this.#graph(batch, {}), {
      ...this.#options,
      ...{ trained: names, adamW: optimizer },
    });
    try {
      for (const [index, { rate }] of steps.entries()) {
        throwIfAborted(signal);
        await trainer.step([this.#feeds(batch)], rate);
        if (index !== 0 && index !== 4) continue;
        await trainer.state();
        const values = new Map(names.map((name) => [name, parameters.values(name)]));
        this.comparison.parameters(index === 0 ? "step1" : "step5", values);
      }
    } finally {
      await trainer.release();
      await parameters.reload();
    }
  }

  #has(prefix: string): boolean {
    return this.#kit.trained.some(({ name }) => this.#kit.hasTensor(`${prefix}/${name}`));
  }

  async #run(
    batch: TrainingBatch,
    wanted: Wanted,
    look: (result: StepResult) => void,
  ): Promise<void> {
    const session = await this.#open(batch, wanted);
    try {
      look(await session.run(this.#feeds(batch)));
    } finally {
      await session.release();
    }
  }

  async #open(batch: TrainingBatch, wanted: Wanted): Promise<TrainingSession> {
    const trained = this.#kit.trained.map(({ name }) => name);
    return TrainingSession.open(this.#graph(batch, wanted), { ...this.#options, trained });
  }

  #graph(batch: TrainingBatch, { only, ...wanted }: Wanted): Objectives {
    const { parameters, device } = this.#options;
    const config = blip2ConfigOf(parameters);
    const common = {
      ...wanted,
      weights: parameters.weights,
      device: device === "cpu" ? ("cpu" as const) : ("accelerator" as const),
      textLength: widthOf(batch.ids),
    };
    const nSamples = batch.ids.length;
    if (config.kind === "generation") {
      const targetLength = widthOf(batch.decoder?.ids ?? []);
      return stage2Graph({ ...common, config, pictures: nSamples, targetLength });
    }
    const objectives = only === undefined ? OBJECTIVES : [only];
    return stage1Graph({ ...common, config, batch: nSamples, objectives });
  }

  #feeds(batch: TrainingBatch): Record<string, Tensor> {
    const config = blip2ConfigOf(this.#options.parameters);
    const texts = config.kind === "generation" ? stage2Texts(batch, config) : stage1Texts(batch);
    return { ...this.#pictures(batch), ...texts };
  }

  #pictures({ imageRows }: TrainingBatch): Record<string, Tensor> {
    const { vision } = blip2ConfigOf(this.#options.parameters);
    const all = this.#kit.tensor("image_features");
    const dims = [imageRows.length, imageTokenCount(vision), vision.hiddenSize];
    const size = imageTokenCount(vision) * vision.hiddenSize;
    const features = new Float32Array(imageRows.length * size);
    imageRows.forEach((row, i) => {
      features.set(all.subarray(row * size, (row + 1) * size), i * size);
    });
    return { [PICTURE_INPUTS.imageFeatures]: cpuTensor(features, dims) };
  }
}

/** The kit's mark of a token that is not learnt. */
const UNLEARNT = -100;

function stage1Texts({ ids, mask, imageIds, contrast }: TrainingBatch): Record<string, Tensor> {
  const { bos, imageForText, textForImage } = defined(contrast, "The negatives of the batch");
  return stage1Feeds({
    texts: withoutPadding(ids, mask),
    textLength: widthOf(ids),
    padId: 0,
    captionId: bos,
    ...(imageIds === undefined ? {} : { imageIds }),
    negatives: { imageForText, textForImage },
  });
}

function stage2Texts(
  { ids, mask, labels = [] }: TrainingBatch,
  { text, numQueryTokens: nQueries }: Blip2GenerationConfig,
): Record<string, Tensor> {
  const texts = withoutPadding(ids, mask);
  const length = widthOf(ids);
  if (text.kind === "t5") {
    const targets = labels.map((row) => row.filter((id) => id !== UNLEARNT));
    const sizes = { length, targetLength: widthOf(labels), nQueries, padId: 0 };
    return t5Feeds({ config: text, sources: texts, targets, ...sizes });
  }
  const learnt = texts.map((ids, b) => ({
    ids,
    says: (labels[b] ?? []).map((id) => (id === UNLEARNT ? undefined : id)),
  }));
  return optFeeds({ texts: learnt, length, nQueries, padId: 1 });
}

/** What a language model says behind the end of a text means nothing; nothing where all rows count. */
function rowsThatCount(
  batch: TrainingBatch,
  detail: string,
  nQueries: number,
): readonly boolean[] | undefined {
  if (detail !== "logits") return undefined;
  const { mask, decoder } = batch;
  if (decoder !== undefined) return decoder.mask.flat().map((seen) => seen !== 0);
  const queries = Array.from({ length: nQueries }, () => true);
  return mask.flatMap((row) => [...queries, ...row.map((seen) => seen !== 0)]);
}

function widthOf(rows: Rows): number {
  return rows[0]?.length ?? 0;
}

function withoutPadding(ids: Rows, mask: Rows): number[][] {
  return ids.map((row, b) => row.filter((_, t) => mask[b]?.[t] !== 0));
}

/** @throws AppError `kit.invalid` for another family. */
function blip2ConfigOf({ checkpoint }: Parameters): Blip2Config {
  if (checkpoint.config.family === "blip-2") return checkpoint.config;
  throw new AppError("kit.invalid", `${checkpoint.folder} is no checkpoint of BLIP-2.`);
}
