/**
 * What learning from pairs takes, before anything of it is done: arithmetic of the graphs by the model's
 * configuration, over how fast this machine multiplies. `bench --train` says how near that comes.
 */

import type { Blip2Config } from "../../model/config/blip2Config";
import { imageTokenCount } from "../../model/config/visionConfig";
import type { ModelFolder } from "../../engine/session/modelFolder";
import { cpuTensor, type SessionFactory } from "../../engine/session/session";
import { encodeOnnxModel } from "../../model/graph/onnxProto";
import { PART } from "../../model/graph/graphContract";
import { stepsPerEpoch } from "./batches";
import type { FitTaskName } from "../../model/ask/kinds";
import { HELD_OUT } from "./examples";
import { planLearning } from "./modelTensors";
import type { FitSettings } from "./usualSettings";

export interface FitEstimate {
  readonly steps: number;
  readonly seconds: number;
  /** Of the whole process, at its peak. */
  readonly memoryBytes: number;
  /** Of the work and the new model. */
  readonly diskBytes: number;
}

export interface FitWork extends Omit<FitSettings, "rate"> {
  readonly model: ModelFolder;
  readonly task: FitTaskName;
  readonly nPairs: number;
  readonly nPictures: number;
  /** Tokens of the longest text; 32 is what most need at most. @default 32 */
  readonly textLength?: number;
}

/** A training step is a forward and two such backward; without gradients of weights, one. */
const STEP = 3;
const FROZEN_STEP = 2;
/** Of the best product's speed, over all operators of a step (measured, README). */
const EFFICIENCY = 0.8;
/** What a step takes at any size, for some thousand nodes. */
const STEP_SECONDS = 0.05;
/** AdamW in JavaScript, for a parameter (measured). */
const UPDATE_SECONDS = 4e-9;
/** Rounded products of the image encoder are faster than float ones by about this. */
const ROUNDED = 3;

const FLOAT = 4;
/** Parameter, two moments, the gradient inside the runtime, and its copy. */
const PER_PARAMETER = 5 * FLOAT;
/** Floats kept of a position in a layer, by its width (measured at full size, stage 1, batch 4). */
const PER_WIDTH = 22;
/** Of the process before it learns anything. */
const BASE_BYTES = 400e6;

/** @param flopsPerSecond as `measureProducts` gives it. */
export function estimateFit(
  { model, task, nPairs, nPictures, epochs, batch: wanted, textLength = 32 }: FitWork,
  flopsPerSecond: number,
): FitEstimate {
  const config = model.config as Blip2Config;
  const nTrain = Math.max(1, nPairs - Math.floor(HELD_OUT * nPairs));
  const batch = Math.min(wanted, nTrain);
  const steps = epochs * stepsPerEpoch(nTrain, batch);
  const sizes = weightSizes(model);
  const sample = task === "captions" ? captionSample : objectivesSample;
  const { flops, floats } = sample({ config, sizes, textLength });
  const speed = flopsPerSecond * EFFICIENCY;
  const step = (batch * flops) / speed + UPDATE_SECONDS * sizes.learning + STEP_SECONDS;
  // Before the first step and after each epoch, without a backward.
  const nHeldOut = nPairs - nTrain;
  const validation = ((epochs + 2) * nHeldOut * flops) / STEP / speed;
  const nTokens = imageTokenCount(config.vision);
  const encoder = model.manifest.parts.find(({ name }) => name === PART.visionEncoder)?.precision;
  const isRounded = encoder !== undefined && !["f32", "f16"].includes(encoder.kind);
  const features = (2 * sizes.vision * nTokens * nPictures) / speed / (isRounded ? ROUNDED : 1);
  const state = 3 * FLOAT * sizes.learning;
  return {
    steps,
    seconds: features + steps * step + validation,
    memoryBytes:
      BASE_BYTES + PER_PARAMETER * sizes.learning + sizes.language.bytes + batch * floats * FLOAT,
    diskBytes:
      nPictures * nTokens * config.vision.hiddenSize * FLOAT + 3 * state + sizes.learningFileBytes,
  };
}

interface Sizes {
  /** Numbers of weights. */
  readonly vision: number;
  readonly learning: number;
  readonly learningFileBytes: number;
  readonly language: { readonly weights: number; readonly bytes: number };
}

function weightSizes(model: ModelFolder): Sizes {
  const plan = planLearning(model);
  const counted = new Map<string, number>();
  for (const { entries } of plan.plan.dataFiles) {
    for (const { entry } of entries) {
      for (const { name, shape } of entry.tensors) {
        counted.set(
          name,
          shape.reduce((product, dim) => product * dim, 1),
        );
      }
    }
  }
  const sum = (isWanted: (name: string) => boolean): number =>
    [...counted].reduce((total, [name, size]) => total + (isWanted(name) ? size : 0), 0);
  const isVision = (name: string): boolean => name.startsWith("vision_model.");
  const isLanguage = (name: string): boolean => name.startsWith("language_model.");
  const own = new Set(plan.files.map(({ fileName }) => fileName));
  const bytesOf = (isWanted: (name: string) => boolean): number =>
    model.manifest.files.reduce((sum, file) => sum + (isWanted(file.path) ? file.bytes : 0), 0);
  const languageFiles = new Set(
    model.manifest.parts.flatMap(({ name, data }) =>
      data !== undefined && ![PART.visionEncoder, PART.qformer].some((part) => part === name)
        ? [data]
        : [],
    ),
  );
  return {
    vision: sum(isVision),
    learning: sum((name) => !isVision(name) && !isLanguage(name)),
    learningFileBytes: bytesOf((name) => own.has(name)),
    language: {
      weights: sum(isLanguage),
      bytes: bytesOf((name) => languageFiles.has(name) && !own.has(name)),
    },
  };
}

interface Sample {
  readonly config: Blip2Config;
  readonly sizes: Sizes;
  readonly textLength: number;
}

interface SampleCost {
  /** Of a step, forward and backward. */
  readonly flops: number;
  /** Kept from the forward for the backward. */
  readonly floats: number;
}

/** Multiplications of the passes of the Q-Former (paper, section 3.2): pictures, texts, three times pairs, captions. */
function objectivesSample({ config, textLength }: Sample): SampleCost {
  const { vocabSize, hiddenSize, nLayers } = config.qformer;
  const nQueries = config.numQueryTokens;
  const positions = nQueries + textLength + 3 * (nQueries + textLength) + textLength;
  const { layer, cross, keys } = qformerCosts(config);
  const head = textLength * hiddenSize * (hiddenSize + vocabSize);
  const products = positions * layer + 4 * nQueries * cross + keys + head;
  const floats = PER_WIDTH * positions * hiddenSize * nLayers + 2 * textLength * vocabSize;
  return { flops: 2 * STEP * products, floats };
}

/** The Q-Former sees the queries alone; the language model sees them and the text. */
function captionSample({ config, sizes, textLength }: Sample): SampleCost {
  const nQueries = config.numQueryTokens;
  const { layer, cross, keys } = qformerCosts(config);
  const qformer = nQueries * (layer + cross) + keys;
  const length = nQueries + textLength;
  const flops = 2 * (STEP * qformer + FROZEN_STEP * sizes.language.weights * length);
  const { hiddenSize, nLayers } = config.qformer;
  const floats = PER_WIDTH * nQueries * hiddenSize * nLayers + length * languageFloats(config);
  return { flops, floats };
}

/** Of one position. */
function languageFloats(config: Blip2Config): number {
  if (config.kind !== "generation") return 0;
  const { hiddenSize, nLayers, vocabSize } = config.text;
  const all = nLayers + (config.text.kind === "t5" ? config.text.nEncoderLayers : 0);
  return PER_WIDTH * hiddenSize * all + 2 * vocabSize;
}

/** Multiplications for a position in all layers, for a query's attention to the picture, and for a picture's keys and values. */
function qformerCosts(config: Blip2Config): Record<"layer" | "cross" | "keys", number> {
  const { hiddenSize: d, intermediateSize, nLayers, crossAttentionFrequency } = config.qformer;
  const nTokens = imageTokenCount(config.vision);
  const nCross = Math.ceil(nLayers / crossAttentionFrequency);
  return {
    layer: nLayers * (4 * d * d + 2 * d * intermediateSize),
    cross: nCross * (2 * d * d + 2 * nTokens * d),
    keys: nCross * 2 * nTokens * config.vision.hiddenSize * d,
  };
}

/** Of the product that is timed: a layer's of the Q-Former for a few pictures. */
const [ROWS, WIDTH, INNER] = [512, 768, 3072] as const;
const RUNS = 5;

/** Operations in a second of a float product, the best of a few. @throws AppError `device.failed`. */
export async function measureProducts(factory: SessionFactory): Promise<number> {
  const product = encodeOnnxModel({
    name: "product",
    nodes: [{ name: "/product", opType: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    inputs: [
      { name: "x", dataType: "float32", dims: [ROWS, WIDTH] },
      { name: "w", dataType: "float32", dims: [WIDTH, INNER] },
    ],
    outputs: [{ name: "y", dataType: "float32", dims: [ROWS, INNER] }],
    initializers: [],
  });
  const filled = (rows: number, columns: number) =>
    cpuTensor(new Float32Array(rows * columns).fill(0.5), [rows, columns]);
  const feeds = { x: filled(ROWS, WIDTH), w: filled(WIDTH, INNER) };
  const session = await factory.open(product, { device: "cpu" });
  try {
    let best = Infinity;
    for (let i = 0; i < RUNS; i++) {
      const begin = performance.now();
      const { y } = await session.run(feeds);
      best = Math.min(best, performance.now() - begin);
      y?.dispose();
    }
    return (2000 * ROWS * WIDTH * INNER) / best;
  } finally {
    await session.release();
  }
}
