/**
 * The querying transformer (paper section 3.1): learned queries read the image features; in retrieval
 * models, and in InstructBLIP, text goes through the same self-attention with a feed-forward of its own.
 */

import type { Blip2Config, QformerConfig } from "../../model/config/blip2Config";
import { imageTokenCount } from "../../model/config/visionConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import { packLinear, type CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import {
  activation,
  add,
  concat,
  embedding,
  layerNorm,
  slicePositions,
  splitLast,
  tensor,
} from "../graph/ops";
import { attention } from "../graph/attention";
import { linear } from "../graph/linear";

export interface QformerGraphSpec {
  readonly config: Blip2Config;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  /** Shared by the three Q-Former graphs of a retrieval model, whose weights are mostly the same. */
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
  const x = config.qformer.readsInstruction ? instructedQueries(g, spec) : queriesAlone(g, spec);
  g.node("/query_output", { opType: "Identity", inputs: [x], outputs: [IO.queryOutput] });
  g.output(IO.queryOutput, "float32", [1, nQueries, width]);
  if (config.kind === "retrieval") {
    const projected = linear(g, "/vision_projection", x, {
      ...weights.linear("vision_projection", config.projectionSize, width),
      precision,
    });
    unitLength(g, "/vision_projection/normalize", projected, IO.imageEmbeds);
    g.output(IO.imageEmbeds, "float32", [1, nQueries, config.projectionSize]);
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
    g.output(IO.languageModelInputs, "float32", [1, nQueries, size]);
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
  return g;
}

/** For ITM. */
export function qformerItmGraph(spec: QformerGraphSpec): GraphBuilder {
  const { config, weights, precision } = spec;
  const { hiddenSize: width } = config.qformer;
  const g = new GraphBuilder(PART.qformerItm, spec.data, spec.target);
  const queries = instructedQueries(g, spec);
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
  g.output(IO.itmLogits, "float32", [1, 2]);
  return g;
}

/** Queries that read the picture, f32 [1, queries, width]. */
function queriesAlone(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const { config } = spec;
  const image = imageFeaturesInput(g, config);
  let x = embeddingNorm(g, queryTokens(g, spec), spec);
  for (let i = 0; i < config.qformer.nLayers; i++) {
    x = selfAttention(g, i, { ...spec, x });
    if (hasCrossAttention(config.qformer, i)) x = crossAttention(g, i, { ...spec, x, image });
    x = feedForward(g, i, { ...spec, x, stream: "query" });
  }
  return x;
}

/** Queries that read picture and text, f32 [1, queries, width]: every position sees every other. */
function instructedQueries(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const { config } = spec;
  const nQueries = config.numQueryTokens;
  const image = imageFeaturesInput(g, config);
  const text = textEmbeddings(g, spec);
  let x = embeddingNorm(g, concat(g, "/embeddings", [queryTokens(g, spec), text]), spec);
  for (let i = 0; i < config.qformer.nLayers; i++) {
    const path = layerPath(i);
    const mixed = selfAttention(g, i, { ...spec, x });
    let queries = slicePositions(g, `${path}/queries`, mixed, { begin: 0, end: nQueries });
    const words = slicePositions(g, `${path}/text`, mixed, { begin: nQueries, end: 2 ** 31 - 1 });
    if (hasCrossAttention(config.qformer, i)) {
      queries = crossAttention(g, i, { ...spec, x: queries, image });
    }
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
const hasCrossAttention = (config: QformerConfig, index: number): boolean =>
  index % config.crossAttentionFrequency === 0;

function imageFeaturesInput(g: GraphBuilder, config: Blip2Config): ValueName {
  const dims = [1, imageTokenCount(config.vision), config.qformer.encoderHiddenSize];
  return g.input(IO.imageFeatures, "float32", dims);
}

/** f32 [1, queries, width]. */
function queryTokens(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const dims = [1, spec.config.numQueryTokens, spec.config.qformer.hiddenSize];
  return tensor(g, "/query_tokens", { source: spec.weights.tensor("query_tokens", dims), dims });
}

/** input_ids and position_ids, int64 [1, S] → f32 [1, S, width]; no token types. */
function textEmbeddings(g: GraphBuilder, spec: QformerGraphSpec): ValueName {
  const { config, weights } = spec;
  const { hiddenSize: width, vocabSize, maxPositions } = config.qformer;
  const { embeddings } = namesOf(config.qformer);
  const words = embedding(g, "/embeddings/word_embeddings", {
    ids: g.input(IO.inputIds, "int64", [1, "text"]),
    table: weights.tensor(`${embeddings}.word_embeddings.weight`, [vocabSize, width]),
    precision: TABLE,
  });
  const positions = embedding(g, "/embeddings/position_embeddings", {
    ids: g.input(IO.positionIds, "int64", [1, "text"]),
    table: weights.tensor(`${embeddings}.position_embeddings.weight`, [maxPositions, width]),
    precision: TABLE,
  });
  return add(g, "/embeddings", [words, positions]);
}

function embeddingNorm(g: GraphBuilder, x: ValueName, spec: QformerGraphSpec): ValueName {
  const { hiddenSize, layerNormEps: eps } = spec.config.qformer;
  return layerNorm(g, "/layernorm", x, {
    ...spec.weights.norm(namesOf(spec.config.qformer).norm, hiddenSize),
    eps,
  });
}

type LayerSpec = QformerGraphSpec & { readonly x: ValueName };

/** LN(x + Attention(x)). */
function selfAttention(g: GraphBuilder, index: number, spec: LayerSpec): ValueName {
  const { weights, precision, x } = spec;
  const { hiddenSize: width, nHeads } = spec.config.qformer;
  const path = `${layerPath(index)}/attention`;
  const name = `${layerName(index)}.attention`;
  const packed = linear(g, `${path}/qkv`, x, {
    ...packLinear(
      ["query", "key", "value"].map((part) =>
        weights.linear(`${name}.attention.${part}`, width, width),
      ),
    ),
    precision,
  }); // [1, positions, 3 · width]
  const [query = "", key = "", value = ""] = splitLast(g, path, packed, 3);
  const mixed = attention(g, path, { query, key, value, nHeads, headDim: width / nHeads });
  return attentionOutput(g, { path, name, mixed }, spec);
}

/** LN(x + Attention(x; image features)). */
function crossAttention(
  g: GraphBuilder,
  index: number,
  spec: LayerSpec & { readonly image: ValueName },
): ValueName {
  const { weights, precision, x, image } = spec;
  const { hiddenSize: width, nHeads, encoderHiddenSize } = spec.config.qformer;
  const path = `${layerPath(index)}/crossattention`;
  const name = `${layerName(index)}.crossattention`;
  const query = linear(g, `${path}/query`, x, {
    ...weights.linear(`${name}.attention.query`, width, width),
    precision,
  });
  const packed = linear(g, `${path}/kv`, image, {
    ...packLinear(
      ["key", "value"].map((part) =>
        weights.linear(`${name}.attention.${part}`, width, encoderHiddenSize),
      ),
    ),
    precision,
  }); // [1, image tokens, 2 · width]
  const [key = "", value = ""] = splitLast(g, path, packed, 2);
  const mixed = attention(g, path, { query, key, value, nHeads, headDim: width / nHeads });
  return attentionOutput(g, { path, name, mixed }, spec);
}

function attentionOutput(
  g: GraphBuilder,
  at: { path: string; name: string; mixed: ValueName },
  spec: LayerSpec,
): ValueName {
  const { hiddenSize: width, layerNormEps: eps } = spec.config.qformer;
  const out = linear(g, `${at.path}/output/dense`, at.mixed, {
    ...spec.weights.linear(`${at.name}.output.dense`, width, width),
    precision: spec.precision,
  });
  return layerNorm(g, `${at.path}/output/LayerNorm`, add(g, `${at.path}/output`, [out, spec.x]), {
    ...spec.weights.norm(`${at.name}.output.LayerNorm`, width),
    eps,
  });
}

/** LN(x + MLP(x)), with weights of its own for queries and for text. */
function feedForward(
  g: GraphBuilder,
  index: number,
  spec: LayerSpec & { readonly stream: Stream },
): ValueName {
  const { weights, precision, x } = spec;
  const { hiddenSize: width, intermediateSize, layerNormEps: eps } = spec.config.qformer;
  const suffix = spec.stream === "query" ? "_query" : "";
  const path = layerPath(index);
  const name = layerName(index);
  const hidden = linear(g, `${path}/intermediate${suffix}/dense`, x, {
    ...weights.linear(`${name}.intermediate${suffix}.dense`, intermediateSize, width),
    precision,
  });
  const out = linear(
    g,
    `${path}/output${suffix}/dense`,
    activation(g, `${path}/intermediate${suffix}`, hidden, "gelu"),
    { ...weights.linear(`${name}.output${suffix}.dense`, width, intermediateSize), precision },
  );
  return layerNorm(
    g,
    `${path}/output${suffix}/LayerNorm`,
    add(g, `${path}/output${suffix}`, [out, x]),
    {
      ...weights.norm(`${name}.output${suffix}.LayerNorm`, width),
      eps,
    },
  );
}

/** x / max(‖x‖, 1e-12) over the last axis, as torch.nn.functional.normalize. */
function unitLength(g: GraphBuilder, path: string, x: ValueName, output: ValueName): void {
  const squares = g.node(`${path}/square`, { opType: "Mul", inputs: [x, x] });
  const sum = g.node(path, {
    opType: "ReduceSum",
    inputs: [squares, g.int64Constant(`${path}/axes`, [-1])],
    attributes: { keepdims: { int: 1 } },
  });
  const norm = g.node(path, { opType: "Sqrt", inputs: [sum] });
  const floor = g.floatConstant(`${path}/eps`, 1e-12);
  const safe = g.node(path, { opType: "Max", inputs: [norm, floor] });
  g.node(path, { opType: "Div", inputs: [x, safe], outputs: [output] });
}
