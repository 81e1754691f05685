/** Assembles the stages that a model's configuration asks for. */

import { cacheNames, encoderCacheNames, PART, type PartName } from "../model/graphContract";
import type { LanguageModel } from "./languageModel";
import type { ModelFolder } from "./modelFolder";
import { OptModel } from "./optModel";
import { PartSessions } from "./partSessions";
import type { Device, SessionFactory } from "./session";
import { T5Model } from "./t5Model";

/** Sessions of a model, with the key/value cache staying on the device. */
export function openPartSessions(options: {
  readonly model: ModelFolder;
  readonly factory: SessionFactory;
  readonly device: Device;
  /** Fail rather than run a node on the CPU. @default false */
  readonly forbidCpuFallback?: boolean;
}): PartSessions {
  return new PartSessions({ ...options, outputsOnDevice: cacheOutputs(options.model) });
}

function cacheOutputs(model: ModelFolder): ReadonlyMap<PartName, readonly string[]> {
  if (model.config.kind === "retrieval") return new Map();
  const { text } = model.config;
  const own = cacheNames(text.nLayers, text.kind === "t5").map(({ present }) => present);
  const encoder = encoderCacheNames(text.nLayers).map(({ present }) => present);
  return new Map<PartName, readonly string[]>([
    [PART.decoder, own],
    [PART.reorderCache, own],
    [PART.truncateCache, own],
    [PART.textEncoder, encoder],
    [PART.expandEncoderCache, encoder],
  ]);
}

/** The language model of a generation model; a retrieval model has none. */
export function createLanguageModel(
  model: ModelFolder,
  sessions: PartSessions,
): LanguageModel | undefined {
  const { config, generation } = model;
  if (config.kind === "retrieval") return undefined;
  const { numQueryTokens, imageTokenIndex, text } = config;
  if (text.kind === "opt") {
    return new OptModel({ config: text, numQueryTokens, imageTokenIndex, sessions });
  }
  const decoderStartTokenId = generation?.decoderStartTokenId ?? text.decoderStartTokenId;
  return new T5Model({ config: text, numQueryTokens, decoderStartTokenId, sessions });
}
