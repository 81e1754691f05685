/** What a checkpoint becomes in a precision, to the byte; reads no weights and writes nothing. */

import { AppError } from "../../base/errors";
import type { ModelConfig } from "../../model/config/modelConfig";
import { GENERATION_FILE, PREPROCESSOR_FILE } from "../../model/folder/manifest";
import {
  parsePrecisionPlan,
  precisionOfPart,
  type PrecisionPlan,
} from "../../model/precision/precision";
import { type Checkpoint, CHECKPOINT_TEXTS } from "../checkpoint/checkpoint";
import { CheckpointWeights } from "../checkpoint/checkpointWeights";
import { plannedGraphs, planModel, precisionParts, type ModelPlan } from "./modelPlan";
import type { TensorBytes } from "../checkpoint/tensorReader";
import { WeightMap, type DroppedTensor } from "../checkpoint/weightMap";

/** A checkpoint and the graphs and files that it becomes. */
export interface ConversionPlan {
  readonly checkpoint: Checkpoint;
  readonly model: ModelPlan;
  /** Tensors of the checkpoint that no graph needs, and why. */
  readonly dropped: readonly DroppedTensor[];
}

/**
 * Plans a conversion; what can be wrong with an open checkpoint, but for its values, is found here.
 * @param source `precision` as `parsePrecisionPlan` reads it.
 * @param reader reads the weights when the plan is carried out.
 * @throws AppError `checkpoint.incomplete`, `checkpoint.unsupported`, `option.invalid` for a precision.
 */
export function planConversion(
  source: { readonly checkpoint: Checkpoint; readonly precision: string },
  reader: TensorBytes,
): ConversionPlan {
  const { checkpoint } = source;
  const precision = parsePrecisionPlan(source.precision);
  const map = new WeightMap(checkpoint);
  expectParts(precision, checkpoint.config);
  const model = planModel(checkpoint.config, new CheckpointWeights(map, reader), (part) =>
    precisionOfPart(precision, part),
  );
  return { checkpoint, model, dropped: map.finish() };
}

/** Bytes of all files that the manifest will list. */
export function plannedBytes({ checkpoint, model }: ConversionPlan): number {
  const texts = smallFiles(checkpoint).map(([, bytes]) => bytes.length);
  const graphs = plannedGraphs(model).map(({ graph }) => graph.encode().length);
  const data = model.dataFiles.map(({ bytes }) => bytes);
  return [...texts, ...graphs, ...data].reduce((sum, bytes) => sum + bytes, 0);
}

/** The texts that the engine needs beside the graphs, by the names that they get. */
export function smallFiles(
  checkpoint: Checkpoint,
): readonly (readonly [name: string, bytes: Uint8Array])[] {
  const files: [string, Uint8Array][] = [[PREPROCESSOR_FILE, utf8(checkpoint.preprocessorText)]];
  if (checkpoint.generationText !== undefined) {
    files.push([GENERATION_FILE, utf8(checkpoint.generationText)]);
  }
  for (const { name, bytes } of checkpoint.configFiles) {
    const keptAs = CHECKPOINT_TEXTS.get(name)?.keptAs;
    if (keptAs !== undefined) files.push([keptAs, bytes]);
  }
  return files;
}

/** @throws AppError `option.invalid` for a part whose precision would change nothing. */
function expectParts(precision: PrecisionPlan, config: ModelConfig): void {
  const known = precisionParts(config);
  const idle = [...precision.parts.keys()].find((part) => !known.includes(part));
  if (idle === undefined) return;
  throw new AppError(
    "option.invalid",
    `A precision for "${idle}" changes nothing in this model. Its parts are ${known.join(", ")}.`,
    { detail: { part: idle } },
  );
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
