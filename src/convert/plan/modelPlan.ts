/** The graphs and data files that a checkpoint becomes; nothing is read or written yet. */

import { AppError } from "../../base/errors";
import type { Blip2Config, Blip2ComparingConfig } from "../../model/config/blip2Config";
import { cacheShapeOf, type ModelConfig, writerOf } from "../../model/config/modelConfig";
import type { TextConfig } from "../../model/config/textConfig";
import { PART, partsOf, type PartName } from "../../model/graph/graphContract";
import { canStayInFile } from "../../model/folder/memoryEstimate";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import { DataFilePlan } from "../weights/dataFile";
import { blipGraph } from "../families/blipGraphs";
import {
  expandEncoderCacheGraph,
  reorderCacheGraph,
  truncateCacheGraph,
} from "../families/cacheGraphs";
import { embedGraph } from "../families/embedGraph";
import { llamaGraph } from "../families/llamaGraph";
import { optGraph } from "../families/optGraph";
import {
  qformerDecoderGraph,
  qformerGraph,
  qformerItmGraph,
  qformerReaderGraph,
  qformerTextGraph,
} from "../families/qformerGraph";
import { t5DecoderGraph, t5EncoderGraph } from "../families/t5Graphs";
import { visionGraph, visionStages } from "../families/visionGraph";
import type { GraphBuilder, GraphTarget } from "../graph/graphBuilder";

export interface PlannedGraph {
  readonly graph: GraphBuilder;
  readonly graphFile: string;
}

export interface PlannedPart extends PlannedGraph {
  readonly name: PartName;
  /** For devices other than the CPU, of the same weights; absent when one graph serves all. */
  readonly accelerator?: PlannedGraph;
  /** The CPU's graph in pieces, of which one is in memory at a time; empty for most parts. */
  readonly stages: readonly PlannedGraph[];
  /** For a CPU whose products of signed weights overflow; absent for a part without such weights. */
  readonly exact?: PlannedGraph & { readonly stages: readonly PlannedGraph[] };
  /** Absent for a graph without weights. */
  readonly data: DataFilePlan | undefined;
  readonly precision: Precision;
}

export interface ModelPlan {
  readonly parts: readonly PlannedPart[];
  /** Each file once, though several graphs may share it. */
  readonly dataFiles: readonly DataFilePlan[];
}

/** Parts whose weights lie in the file of another part. */
const DATA_OF: Partial<Record<PartName, PartName>> = {
  [PART.qformerText]: PART.qformer,
  [PART.qformerItm]: PART.qformer,
  [PART.textItc]: PART.textItm,
};

/** The part whose file holds a part's weights; the decoder of stage 1 is the Q-Former again, and so are readers. */
function ownerOf(name: PartName, { kind, family }: ModelConfig): PartName {
  if (kind === "stage1" && name === PART.decoder) return PART.qformer;
  if (family === "blip-2" && name === PART.imageReader) return PART.qformer;
  return DATA_OF[name] ?? name;
}

const WITHOUT_WEIGHTS: readonly PartName[] = [
  PART.reorderCache,
  PART.truncateCache,
  PART.expandEncoderCache,
];

/** Every graph of a plan with the name of its file. */
export function plannedGraphs({ parts }: Pick<ModelPlan, "parts">): readonly PlannedGraph[] {
  return parts.flatMap((part) => {
    const { accelerator, stages, exact } = part;
    return [
      part,
      ...(accelerator === undefined ? [] : [accelerator]),
      ...stages,
      ...(exact === undefined ? [] : [exact, ...exact.stages]),
    ];
  });
}

/**
 * Plans every part.
 * @param precisionOf precision of each part; parts that share a file must have the same.
 * @throws AppError `checkpoint.incomplete` for a missing tensor or a wrong shape.
 */
export function planModel(
  config: ModelConfig,
  weights: CheckpointWeights,
  precisionOf: (part: PartName) => Precision,
): ModelPlan {
  const dataFiles = new Map<PartName, DataFilePlan>();
  const parts = partsOf(config).map((name): PlannedPart => {
    const graphFile = `${name}.onnx`;
    if (WITHOUT_WEIGHTS.includes(name)) {
      const graph = weightlessGraph(name, config);
      return { name, graph, graphFile, stages: [], data: undefined, precision: { kind: "f32" } };
    }
    const owner = ownerOf(name, config);
    const data = dataFiles.get(owner) ?? new DataFilePlan(`${owner}.onnx_data`);
    dataFiles.set(owner, data);
    const precision = precisionOf(owner);
    const at = { weights, precision, data };
    const graph = weightedGraph(name, config, { ...at, target: "cpu" });
    const stages = plannedStages(name, config, { ...at, target: "cpu" });
    const part = { name, graph, graphFile, stages, data, precision };
    if (!needsTwoGraphs(part)) return part;
    const exact = precision.kind === "w8a8" ? { exact: plannedExact(name, config, at) } : {};
    const accelerator = {
      graph: weightedGraph(name, config, { ...at, target: "accelerator" }),
      graphFile: `${name}.accelerator.onnx`,
    };
    return { ...part, ...exact, accelerator };
  });
  return { parts, dataFiles: [...dataFiles.values()] };
}

function plannedExact(
  name: PartName,
  config: ModelConfig,
  at: Omit<PartContext, "target">,
): NonNullable<PlannedPart["exact"]> {
  const target = "exactCpu";
  return {
    graph: weightedGraph(name, config, { ...at, target }),
    graphFile: `${name}.exact.onnx`,
    stages: plannedStages(name, config, { ...at, target }),
  };
}

function plannedStages(
  name: PartName,
  config: ModelConfig,
  at: PartContext,
): readonly PlannedGraph[] {
  if (!canStayInFile({ name, precision: at.precision })) return [];
  const stages = visionStages({ ...at, config: config.vision });
  if (stages.length === 1) return [];
  return stages.map((graph, i) => ({
    graph,
    graphFile: `${name}.${at.target === "exactCpu" ? "exact." : ""}${i + 1}of${stages.length}.onnx`,
  }));
}

/**
 * Attention, the decoder's cache and w8a8 are made of other operators on the CPU; an embedding table is read
 * there on every device.
 */
const needsTwoGraphs = ({ name }: Pick<PlannedPart, "name">): boolean => name !== PART.embedTokens;

/** Parts whose precision can be chosen: those with weights of their own. */
export function precisionParts(config: ModelConfig): readonly PartName[] {
  return partsOf(config).filter(
    (part) => ownerOf(part, config) === part && !WITHOUT_WEIGHTS.includes(part),
  );
}

interface PartContext {
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  readonly target: GraphTarget;
}

function weightedGraph(name: PartName, config: ModelConfig, at: PartContext): GraphBuilder {
  if (name === PART.visionEncoder) return visionGraph({ ...at, config: config.vision });
  if (name === PART.embedTokens) {
    return embedGraph({ ...at, config: writerOf(config) ?? unplanned(name) });
  }
  return config.family === "blip"
    ? (blipGraph(name, { ...at, config }) ?? unplanned(name))
    : blip2Graph(name, config, at);
}

function blip2Graph(name: PartName, config: Blip2Config, at: PartContext): GraphBuilder {
  switch (name) {
    case PART.qformer:
      return qformerGraph({ ...at, config });
    case PART.qformerText: {
      const { projectionSize } = comparing(config, name);
      return qformerTextGraph({ ...at, config, projectionSize });
    }
    case PART.imageReader:
      return qformerReaderGraph({ ...at, config });
    case PART.qformerItm:
      return qformerItmGraph({ ...at, config });
    case PART.textEncoder: {
      const text = languageModel(config, name);
      return text.kind === "t5" ? t5EncoderGraph({ ...at, config: text }) : unplanned(name);
    }
    case PART.decoder:
      return config.kind === "stage1"
        ? qformerDecoderGraph({ ...at, config })
        : decoderGraph(languageModel(config, name), at);
    default:
      return unplanned(name);
  }
}

function decoderGraph(config: TextConfig, at: PartContext): GraphBuilder {
  switch (config.kind) {
    case "opt":
      return optGraph({ ...at, config });
    case "t5":
      return t5DecoderGraph({ ...at, config });
    case "llama":
      return llamaGraph({ ...at, config });
  }
}

function weightlessGraph(name: PartName, config: ModelConfig): GraphBuilder {
  const shape = cacheShapeOf(config) ?? unplanned(name);
  if (name === PART.reorderCache) return reorderCacheGraph(shape);
  return name === PART.truncateCache ? truncateCacheGraph(shape) : expandEncoderCacheGraph(shape);
}

function languageModel(config: Blip2Config, part: PartName): TextConfig {
  return config.kind === "generation" ? config.text : unplanned(part);
}

function comparing(config: Blip2Config, part: PartName): Blip2ComparingConfig {
  return config.kind === "generation" ? unplanned(part) : config;
}

function unplanned(part: PartName): never {
  throw new AppError("internal", `A model of this kind has no part ${part}.`);
}
