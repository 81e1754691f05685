/** Facts about a model or a checkpoint, for people and programs. */

import {
  isComparing,
  type ModelConfig,
  type WriterConfig,
  writerOf,
} from "../../model/config/modelConfig";
import type { Manifest } from "../../model/folder/manifest";
import { formatPrecision } from "../../model/precision/precision";
import type { Checkpoint } from "../../convert/checkpoint/checkpoint";
import type { ModelFolder } from "../../engine/session/modelFolder";
import { totalBytes } from "../../library/store/modelEntries";

/** What both have: the class and its sizes. */
export interface Architecture {
  /** What it can do. */
  readonly kind: ModelConfig["kind"];
  /** Absent for a retrieval model. */
  readonly languageModel?: WriterConfig["kind"];
  readonly sizes: Readonly<Record<string, number>>;
}

export interface PartSummary {
  readonly name: string;
  readonly precision: string;
  /** Graph and weights; weights that parts share count for each of them. */
  readonly bytes: number;
}

export interface ModelSummary extends Architecture {
  readonly type: "model";
  readonly name: string;
  readonly folder: string;
  /** Of all files, each once. */
  readonly bytes: number;
  readonly parts: readonly PartSummary[];
  readonly source: Manifest["source"];
}

export interface CheckpointSummary extends Architecture {
  readonly type: "checkpoint";
  readonly folder: string;
  /** Of the weights. */
  readonly bytes: number;
  /** Elements of all floating-point tensors, copies included. */
  readonly parameters: number;
  readonly tensors: number;
  /** Tensors by the type that they are stored in. */
  readonly storage: Readonly<Record<string, number>>;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export function summarizeModel(model: ModelFolder, name: string): ModelSummary {
  const { manifest, folder } = model;
  const bytesOf = (file: string | undefined): number =>
    manifest.files.find((entry) => entry.path === file)?.bytes ?? 0;
  return {
    type: "model",
    name,
    folder,
    ...architectureOf(model.config),
    bytes: totalBytes(manifest.files),
    parts: manifest.parts.map((part) => ({
      name: part.name,
      precision: formatPrecision(part.precision),
      bytes: bytesOf(part.graph) + bytesOf(part.data),
    })),
    source: manifest.source,
  };
}

export function summarizeCheckpoint(checkpoint: Checkpoint): CheckpointSummary {
  const storage: Record<string, number> = {};
  let parameters = 0;
  for (const { dtype, shape } of checkpoint.tensors.values()) {
    storage[dtype] = (storage[dtype] ?? 0) + 1;
    // Integer tensors are counting buffers.
    if (/^B?F\d/.test(dtype)) parameters += shape.reduce((product, n) => product * n, 1);
  }
  return {
    type: "checkpoint",
    folder: checkpoint.folder,
    ...architectureOf(checkpoint.config),
    bytes: checkpoint.totalTensorBytes,
    parameters,
    tensors: checkpoint.tensors.size,
    storage,
    files: checkpoint.weightFiles,
  };
}

/** Sizes under the words of the papers and of transformers' configuration. */
function architectureOf(config: ModelConfig): Architecture {
  const { vision } = config;
  const text = config.family === "blip" ? config.text : writerOf(config);
  return {
    kind: config.kind,
    ...(text === undefined || config.kind === "retrieval" ? {} : { languageModel: text.kind }),
    sizes: {
      imageSize: vision.imageSize,
      patchSize: vision.patchSize,
      visionLayers: vision.nLayers,
      visionWidth: vision.hiddenSize,
      ...(config.family === "blip"
        ? {}
        : {
            qformerLayers: config.qformer.nLayers,
            qformerWidth: config.qformer.hiddenSize,
            queryTokens: config.numQueryTokens,
          }),
      ...(isComparing(config) ? { projectionWidth: config.projectionSize } : {}),
      ...(text === undefined ? {} : textSizes(text)),
    },
  };
}

function textSizes(text: WriterConfig): Readonly<Record<string, number>> {
  return {
    languageModelLayers: text.nLayers,
    languageModelWidth: text.hiddenSize,
    vocabulary: text.vocabSize,
    ...(text.kind === "t5" ? {} : { positions: text.maxPositions }),
  };
}
