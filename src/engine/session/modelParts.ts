/** Opens a model folder and assembles the stages that its configuration asks for. */

import { defined } from "../../base/assert";
import type { Logger } from "../../base/logger";
import { chooseDevice } from "../device/device";
import { doProductsSaturate } from "../device/products";
import { BlipModel } from "../language/blipModel";
import { deviceKvCaches } from "../language/deviceKvCache";
import type { FeatureCache } from "../picture/featureCache";
import { Generator } from "../generator";
import { DecoderOnlyModel } from "../language/decoderOnlyModel";
import { ImageStage } from "../picture/imageStage";
import { QueryStage } from "../picture/queryStage";
import type { KvCaches } from "../language/kvCache";
import type { LanguageModel } from "../language/languageModel";
import { type ModelFolder, openModelFolder } from "./modelFolder";
import { type ElsewhereSessions, PartSessions } from "./partSessions";
import type { RememberedDevice } from "../device/rememberedDevice";
import { Scorer } from "../scorer";
import { createComparer, type TextComparer } from "../textComparer";
import type { SessionFactory } from "./session";
import type { FreeBytes } from "./stagedSession";
import { splitKvCaches } from "../language/splitKvCache";
import { T5Model } from "../language/t5Model";
import { loadTokenizer } from "../text/tokenizer";
import type { Device, DeviceChoice, DeviceReason } from "../../model/ask/device";
import {
  cacheShapeOf,
  isComparing,
  type ModelConfig,
  readsInstruction,
} from "../../model/config/modelConfig";
import {
  cacheNames,
  encoderCacheNames,
  PART,
  type PartName,
} from "../../model/graph/graphContract";

export interface ModelPartsOptions {
  /** A converted model. */
  readonly folder: string;
  readonly device: DeviceChoice;
  readonly factory: SessionFactory;
  readonly logger: Logger;
  /** Remembers a useless GPU. @default none */
  readonly rememberedDevice?: RememberedDevice | undefined;
  /** Where the features of pictures are kept, once it is known which model it is. */
  readonly featureCacheOf: (model: ModelFolder) => FeatureCache;
  /** On WebGPU, fail rather than run a node on the CPU. @default false */
  readonly forbidCpuFallback?: boolean;
  /** As in `PartSessionsOptions`. */
  readonly inFileFromBytes?: number | undefined;
  /** As in `PartSessionsOptions`. */
  readonly freeBytes?: FreeBytes | undefined;
  /** As in `PartSessionsOptions`. @default where the processor's own products are not exact */
  readonly exactProducts?: boolean;
  /** As in `PartSessionsOptions`. */
  readonly elsewhere?: ElsewhereSessions | undefined;
}

/** The parts of an opened model; whoever loads them releases them, see `releaseParts`. */
export interface ModelParts {
  readonly device: Device;
  /** Why this device, in one sentence. */
  readonly deviceReason: DeviceReason;
  readonly model: ModelFolder;
  readonly sessions: PartSessions;
  readonly images: ImageStage;
  readonly queries: QueryStage;
  /** Of models that write. */
  readonly languageModel: LanguageModel | undefined;
  readonly generator: Generator | undefined;
  /** Of models that compare. */
  readonly comparer: TextComparer | undefined;
  readonly scorer: Scorer | undefined;
}

/**
 * Opens a model. Weights are read when a stage first needs them.
 * @throws AppError `model.*`, `device.unavailable`.
 */
export async function loadModelParts(options: ModelPartsOptions): Promise<ModelParts> {
  const { factory, logger, rememberedDevice } = options;
  const model = await openModelFolder(options.folder);
  const tokenizer = await loadTokenizer(options.folder);
  const { device, reason } = await chooseDevice({
    ...{ choice: options.device, factory, logger, memory: rememberedDevice },
  });
  const forbidCpuFallback = options.forbidCpuFallback === true && device === "webgpu";
  const { inFileFromBytes, freeBytes, elsewhere } = options;
  const exactProducts =
    options.exactProducts ?? (device === "cpu" && (await needsExactProducts(model, options)));
  const sessions = openPartSessions({
    ...{ model, factory, device, forbidCpuFallback, exactProducts, freeBytes, inFileFromBytes },
    elsewhere,
  });
  const images = new ImageStage({ model, sessions, cache: options.featureCacheOf(model) });
  const queries = new QueryStage({
    sessions,
    config: model.config.family === "blip-2" ? model.config.qformer : undefined,
    tokenizer: readsInstruction(model.config)
      ? await loadTokenizer(options.folder, "qformer")
      : undefined,
  });
  const languageModel = createLanguageModel({ model, sessions, device });
  const { config } = model;
  const comparer = isComparing(config) ? createComparer({ config, sessions }) : undefined;
  return {
    device,
    deviceReason: reason,
    model,
    sessions,
    images,
    queries,
    languageModel,
    generator: languageModel && new Generator({ model, images, queries, languageModel, tokenizer }),
    comparer,
    scorer: comparer && new Scorer({ comparer, images, tokenizer }),
  };
}

/** Only products of w8a8 have signed weights. */
async function needsExactProducts(
  { manifest }: ModelFolder,
  { factory, logger }: ModelPartsOptions,
): Promise<boolean> {
  if (!manifest.parts.some(({ precision }) => precision.kind === "w8a8")) return false;
  const saturates = await doProductsSaturate(factory);
  if (saturates) {
    logger.info("This processor's fastest int8 products overflow: exact ones are used.");
  }
  return saturates;
}

/** Frees keys, values and weights, in the order that devices need. */
export async function releaseParts(parts: ModelParts): Promise<void> {
  parts.languageModel?.dispose();
  parts.comparer?.dispose();
  await parts.sessions.release();
}

/** Sessions of a model, with the key/value cache staying on the device. */
function openPartSessions(options: {
  readonly model: ModelFolder;
  readonly factory: SessionFactory;
  readonly device: Device;
  readonly forbidCpuFallback: boolean;
  readonly exactProducts: boolean;
  readonly inFileFromBytes?: number | undefined;
  readonly freeBytes: FreeBytes | undefined;
  readonly elsewhere: ElsewhereSessions | undefined;
}): PartSessions {
  const { model, device } = options;
  const outputsOnDevice = device === "cpu" ? new Map() : cacheOutputs(model);
  return new PartSessions({ ...options, outputsOnDevice });
}

function cacheOutputs({ config }: ModelFolder): ReadonlyMap<PartName, readonly string[]> {
  const shape = cacheShapeOf(config);
  const nRead = config.family === "blip" ? config.text.nLayers : (shape?.nLayers ?? 0);
  const encoder = encoderCacheNames(nRead).map(({ present }) => present);
  // Those of BLIP-2 pass through JavaScript, which puts pictures together.
  const read = config.family === "blip" ? [[PART.imageReader, encoder] as const] : [];
  if (shape === undefined) return new Map(read);
  const own = cacheNames(shape.nLayers, shape.hasEncoder).map(({ present }) => present);
  return new Map<PartName, readonly string[]>([
    ...read,
    [PART.decoder, own],
    [PART.reorderCache, own],
    [PART.truncateCache, own],
    [PART.textEncoder, encoder],
    [PART.expandEncoderCache, encoder],
  ]);
}

/** What writes; a retrieval model has none. */
function createLanguageModel({ model, sessions, device }: OpenedModel): LanguageModel | undefined {
  const { config, generation } = model;
  if (config.kind === "retrieval") return undefined;
  const caches = createCaches(config, sessions, device);
  if (config.family === "blip") return new BlipModel({ config, sessions, caches });
  const { numQueryTokens, imageTokenIndex, text } = config;
  const common = { numQueryTokens, imageTokenIndex, sessions, caches };
  if (text.kind !== "t5") return new DecoderOnlyModel({ ...common, config: text });
  const decoderStartTokenId = generation?.decoderStartTokenId ?? text.decoderStartTokenId;
  return new T5Model({ config: text, numQueryTokens, decoderStartTokenId, sessions, caches });
}

interface OpenedModel {
  readonly model: ModelFolder;
  readonly sessions: PartSessions;
  readonly device: Device;
}

/** As the decoder's graph of the device wants them. */
function createCaches(config: ModelConfig, sessions: PartSessions, device: Device): KvCaches {
  const shape = defined(cacheShapeOf(config), "The decoder's cache");
  return device === "cpu" ? splitKvCaches(shape) : deviceKvCaches({ ...shape, sessions });
}
