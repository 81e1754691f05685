/**
 * The querying transformer (paper section 3.1): learned queries read the image features; in retrieval
 * models, and in InstructBLIP, text goes through the same self-attention with a feed-forward of its own.
 */

import type {
  Blip2Config,
  Blip2StageOneConfig,
  QformerConfig,
} from "../../model/config/blip2Config";
import { imageTokenCount } from "../../model/config/visionConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import {
  add,
  asManyRows,
  concat,
  lastPosition,
  layerNorm,
  slicePositions,
  tensor,
  unitLength,
} from "../graph/ops";
import { attention } from "../graph/attention";
import { linear } from "../graph/linear";
import * as bert from "./bertLayer";
import { decoderCache } from "./decoderCache";
import { headTable } from "./embedGraph";
import { encoderAttention, encoderCacheInputs, outputEncoderCache } from "./encoderCache";

export interface QformerGraphSpec {
  readonly config: Blip2Config;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  /** Shared by the Q-Former graphs of a model that compares or has no language model, whose weights are mostly the same. */
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

/** Feed-forward of the queries, or of the text. */
type Stream = "query" | "text";

/** Embedding tables stay exact: a row is read, not multiplied. */
const TABLE: Precision = { kind: "f32" };

/**
 *   query_tokens ─┬ LN ─ layers(image_features) ─ query_output ─ projection ─ language_model_inputs
 *   (instruction)─┘                                            └ or, for retrieval ─ image_embeds
 */
export function qformerGraph(spec: QformerGraphSpec): GraphBuilder {
  const { config, weights, precision } = spec;
  const { hiddenSize: width } = config.qformer;
  const nQueries = config.numQueryTokens;
  const g = new GraphBuilder(PART.qformer, spec.data, spec.target);
  const x = config.qformer.readsInstruction ? queriesOfInstruction(g, spec) : queriesAlone(g, spec);
  const rows = pictureRows(config);
  g.node("/query_output", { opType: "Identity", inputs: [x], outputs: [IO.queryOutput] });
  g.output(IO.queryOutput, "float32", [rows, nQueries, width]);
  if (config.kind !== "generation") {
    const projected = linear(g, "/vision_projection", x, {
      ...weights.linear("vision_projection", config.projectionSize, width),
      precision,
    });
    unitLength(g, "/vision_projection/normalize", projected, IO.imageEmbeds);
    g.output(IO.imageEmbeds, "float32", [rows, nQueries, config.projectionSize]);
  } else {
    const size = config.text.hiddenSize;
    const projected = linear(g, "/language_projection", x, {
      ...weights.linear("language_projection", size, width),
      precision,
    });
    g.node("/language_projection/output", {
      opType: "Identity",
      inputs: [projected],
      outputs: [IO.languageModelInputs],
    });
    g.output(IO.languageModelInputs, "float32", [rows, nQueries, size]);
  }
  return g;
}

/** Text alone, for ITC: the first position ([CLS]) stands for the text. */
export function qformerTextGraph(
  spec: QformerGraphSpec & { projectionSize: number },
): GraphBuilder {
  const { config, weights, precision, projectionSize } = spec;
  const { hiddenSize: width } = config.qformer;
  const g = new GraphBuilder(PART.qformerText, spec.data, spec.target);
  let x = embeddingNorm(g, textEmbeddings(g, spec), spec);
  for (let i = 0; i < config.qformer.nLayers; i++) {
    x = selfAttention(g, i, { ...spec, x });
    x = feedForward(g, i, { ...spec, x, stream: "text" });
  }
  const first = slicePositions(g, "/cls", x, { begin: 0, end: 1 }); // [1, 1, width]
  const projected = linear(g, "/text_projection", first, {
    ...weights.linear("text_projection", projectionSize, width),
    precision,
  });
  unitLength(g, "/text_projection/normalize", projected, IO.textEmbeds);
  g.output(IO.textEmbeds, "float32", [1, 1, projectionSize]);
  if (config.kind === "stage1") outputTemperature(g, weights);
  return g;
}

/** Hugging Face's checkpoints lack it. */
function outputTemperature(g: GraphBuilder, weights: CheckpointWeights): void {
  const value = tensor(g, "/temp", { source: weights.tensor("temp", []), dims: [1] });
  g.node("/temp/output", { opType: "Identity", inputs: [value], outputs: [IO.temperature] });
  g.output(IO.temperature, "float32", [1]);
}

/**
 * Captions (ITG): inputs_embeds ─ + positions ─ LN ─ layers(past → present) ─ last position ─ head ─ logits.
 * The cache begins with keys and values of the queries, which stand before every text and see none of it;
 * positions of words count from 0.
 */
export function qformerDecoderGraph(
  spec: QformerGraphSpec & { readonly config: Blip2StageOneConfig },
): GraphBuilder {
  const { config, weights } = spec;
  const { hiddenSize: width, nHeads, nLayers, vocabSize } = config.qformer;
  const headDim = width / nHeads;
  const g = new GraphBuilder(PART.decoder, spec.data, spec.target);
  const embeds = g.input(IO.inputsEmbeds, "float32", ["batch", "sequence", width]);
  const positions = bert.positionEmbeddings(g, namesOf(config.qformer).embeddings, {
    ...{ sizes: config.qformer, weights, length: "sequence" },
  });
  let x = embeddingNorm(g, add(g, "/embeddings", [embeds, positions]), spec);
  const cache = decoderCache(g, { nHeads, headDim, hasEncoder: false });
  for (let i = 0; i < nLayers; i++) {
    const at = attentionPlace(i, "attention");
    x = bert.selfAttention(g, at, {
      ...bertSpec({ ...spec, x }),
      attend: (projected) => cache.attend(at.path, i, { ...projected, scale: headDim ** -0.5 }),
    });
    x = feedForward(g, i, { ...spec, x, stream: "text" });
  }
  bert.languageHead(g, "cls.predictions", {
    ...bertSpec({ ...spec, x: lastPosition(g, "/last", x) }),
    ...{ vocabSize, table: headTable(config.text, weights) },
  });
  for (let i = 0; i < nLayers; i++) cache.declareOutputs(i);
  return g;
}

/**
 * The half of ITM that knows no text: image_features → keys and values of each layer that reads the picture,
 * present.N.encoder.*. At 224 pixels it is half of the work, at 364 two thirds.
 */
export function qformerReaderGraph(spec: QformerGraphSpec): GraphBuilder {
  const { config } = spec;
  const { nLayers, nHeads, hiddenSize } = config.qformer;
  const g = new GraphBuilder(PART.imageReader, spec.data, spec.target);
  const image = imageFeaturesInput(g, config, "batch");
  for (let layer = 0; layer < nLayers; layer++) {
    if (!hasCrossAttention(config.qformer, layer)) continue;
    const at = attentionPlace(layer, "crossattention");
    const both = bert.crossKeysAndValues(g, at, readerSpec({ ...spec, x: image }));
    outputEncoderCache(g, at.path, {
      ...both,
      layer,
      nHeads,
      headDim: hiddenSize / nHeads,
      rows: "batch",
    });
  }
  return g;
}

/** For ITM: one text and B pictures, whose keys and values are inputs. */
export function qformerItmGraph(spec: QformerGraphSpec): GraphBuilder {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads } = config.qformer;
  const g = new GraphBuilder(PART.qformerItm, spec.data, spec.target);
  const sizes = { nHeads, headDim: width / nHeads };
  const queries = instructedQueries(g, spec, (layer, x) => {
    const cache = encoderCacheInputs(g, { ...sizes, layer, rows: "batch" });
    const at = attentionPlace(layer, "crossattention");
    return bert.crossAttention(g, at, {
      ...bertSpec({ ...spec, x }),
      attend: (query) =>
        encoderAttention(g, at.path, { query, cache, ...sizes, scale: sizes.headDim ** -0.5 }),
    });
  });
  const logits = linear(g, "/itm_head", queries, {
    ...weights.linear("itm_head", 2, width),
    precision,
  });
  g.node("/itm_head/mean", {
    opType: "ReduceMean",
    inputs: [logits, g.int64Constant("/itm_head/mean/axes", [1])],
    attributes: { keepdims: { int: 0 } },
    outputs: [IO.itmLogits],
  });
  g.output(IO.itmLogits, "float32", ["batch", 2]);
  return g;
}

/** Pictures at a time. What reads words, or gives keys and values of the queries, takes one. */
function pictureRows({ kind, qformer }: Blip2Config): 1 | "batch" {
  return kind === "stage1" || qformer.readsInstruction ? 1 : "batch";
}

/** Queries that read the picture, f32 [B, queries, width]. */
function queriesAlone(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const { config } = spec;
  const image = imageFeaturesInput(g, config, pictureRows(config));
  let x = embeddingNorm(g, queryTokens(g, spec), spec);
  for (let i = 0; i < config.qformer.nLayers; i++) {
    x = selfAttention(g, i, { ...spec, x, isKept: config.kind === "stage1" });
    if (hasCrossAttention(config.qformer, i)) x = crossAttention(g, i, { ...spec, x, image });
    x = feedForward(g, i, { ...spec, x, stream: "query" });
  }
  return x;
}

/** InstructBLIP's, f32 [1, queries, width]: keys and values are computed in the same run. */
function queriesOfInstruction(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const image = imageFeaturesInput(g, spec.config, 1);
  return instructedQueries(g, spec, (layer, x) => crossAttention(g, layer, { ...spec, x, image }));
}

/**
 * Queries that read picture and text, f32 [B, queries, width]: every position sees every other.
 * @param read LN(x + Attention(x; picture)) of a layer, [1, queries, width] → [B, queries, width].
 */
function instructedQueries(
  g: GraphBuilder,
  spec: QformerGraphSpec,
  read: (layer: number, x: ValueName) => ValueName,
): ValueName {
  const { config } = spec;
  const nQueries = config.numQueryTokens;
  const text = textEmbeddings(g, spec);
  let x = embeddingNorm(g, concat(g, "/embeddings", [queryTokens(g, spec), text]), spec);
  for (let i = 0; i < config.qformer.nLayers; i++) {
    const path = layerPath(i);
    const mixed = selfAttention(g, i, { ...spec, x });
    let queries = slicePositions(g, `${path}/queries`, mixed, { begin: 0, end: nQueries });
    let words = slicePositions(g, `${path}/text`, mixed, { begin: nQueries, end: 2 ** 31 - 1 });
    if (hasCrossAttention(config.qformer, i)) queries = read(i, queries);
    // The pictures come in with the first layer; until then one row of the text serves all.
    if (i === 0) words = asManyRows(g, `${path}/text`, { x: words, like: queries });
    x = concat(g, path, [
      feedForward(g, i, { ...spec, x: queries, stream: "query" }),
      feedForward(g, i, { ...spec, x: words, stream: "text" }),
    ]);
  }
  return slicePositions(g, "/queries", x, { begin: 0, end: nQueries });
}

/** Where checkpoints keep what is before the layers. */
const namesOf = ({ readsInstruction }: QformerConfig): { embeddings: string; norm: string } =>
  readsInstruction
    ? { embeddings: "qformer.embeddings", norm: "qformer.embeddings.layernorm" }
    : { embeddings: "embeddings", norm: "qformer.layernorm" };

const layerPath = (index: number): string => `/encoder/layer.${index}`;
const layerName = (index: number): string => `qformer.encoder.layer.${index}`;
export const hasCrossAttention = (config: QformerConfig, index: number): boolean =>
  index % config.crossAttentionFrequency === 0;

function imageFeaturesInput(g: GraphBuilder, config: Blip2Config, rows: 1 | "batch"): ValueName {
  const dims = [rows, imageTokenCount(config.vision), config.qformer.encoderHiddenSize];
  return g.input(IO.imageFeatures, "float32", dims);
}

/** f32 [1, queries, width]. */
export function queryTokens(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const dims = [1, spec.config.numQueryTokens, spec.config.qformer.hiddenSize];
  return tensor(g, "/query_tokens", { source: spec.weights.tensor("query_tokens", dims), dims });
}

export function textEmbeddings(g: GraphBuilder, { config, weights }: QformerGraphSpec): ValueName {
  const { embeddings } = namesOf(config.qformer);
  return bert.bertEmbeddings(g, embeddings, { sizes: config.qformer, weights, precision: TABLE });
}

export function embeddingNorm(g: GraphBuilder, x: ValueName, spec: QformerGraphSpec): ValueName {
  const { hiddenSize, layerNormEps: eps } = spec.config.qformer;
  return layerNorm(g, "/layernorm", x, {
    ...spec.weights.norm(namesOf(spec.config.qformer).norm, hiddenSize),
    eps,
  });
}

type LayerSpec = QformerGraphSpec & { readonly x: ValueName };

/** LN(x + Attention(x)); keys and values are outputs where they are kept. */
function selfAttention(
  g: GraphBuilder,
  index: number,
  spec: LayerSpec & { readonly isKept?: boolean },
): ValueName {
  const { hiddenSize, nHeads } = spec.config.qformer;
  const at = attentionPlace(index, "attention");
  const sizes = { nHeads, headDim: hiddenSize / nHeads };
  return bert.selfAttention(g, at, {
    ...bertSpec(spec),
    attend: (projected) => {
      if (spec.isKept === true) {
        outputEncoderCache(g, `${at.path}/kept`, { ...projected, ...sizes, layer: index });
      }
      return attention(g, at.path, { ...projected, ...sizes });
    },
  });
}

/** LN(x + Attention(x; image features)). The pictures come in with the first layer; until then one row serves all. */
function crossAttention(
  g: GraphBuilder,
  index: number,
  spec: LayerSpec & { readonly image: ValueName },
): ValueName {
  const { hiddenSize, nHeads } = spec.config.qformer;
  const at = attentionPlace(index, "crossattention");
  const sizes = { nHeads, headDim: hiddenSize / nHeads };
  const image = readerSpec({ ...spec, x: spec.image });
  return bert.crossAttention(g, at, {
    ...bertSpec(spec),
    attend: (query) => {
      const both = bert.crossKeysAndValues(g, at, image);
      const isFirst = index === 0 && pictureRows(spec.config) === "batch";
      const rows = isFirst
        ? asManyRows(g, `${at.path}/query`, { x: query, like: both.key })
        : query;
      return attention(g, at.path, { query: rows, ...both, ...sizes });
    },
  });
}

/** What keys and values are computed of. */
function readerSpec(spec: LayerSpec): bert.BertSpec & { readonly sourceWidth: number } {
  return { ...bertSpec(spec), sourceWidth: spec.config.qformer.encoderHiddenSize };
}

/** LN(x + MLP(x)), with weights of its own for queries and for text. */
export function feedForward(
  g: GraphBuilder,
  index: number,
  spec: LayerSpec & { readonly stream: Stream },
): ValueName {
  return bert.feedForward(
    g,
    { path: layerPath(index), name: layerName(index) },
    {
      ...bertSpec(spec),
      suffix: spec.stream === "query" ? "_query" : "",
    },
  );
}

export function attentionPlace(
  index: number,
  part: "attention" | "crossattention",
): bert.AttentionPlace {
  return {
    path: `${layerPath(index)}/${part}`,
    name: `${layerName(index)}.${part}`,
    inner: "attention",
  };
}

export function bertSpec({ config, weights, precision, x }: LayerSpec): bert.BertSpec {
  return { sizes: config.qformer, weights, precision, x };
}
