/**
 * BLIP's text models (arXiv 2201.12086, transformers `modeling_blip_text.py`): BERT with cross-attention in
 * every layer. What they read comes as keys and values, which one graph computes once for a picture.
 */

import type {
  BlipAnswerConfig,
  BlipConfig,
  BlipRetrievalConfig,
} from "../../model/config/blipConfig";
import { imageTokenCount } from "../../model/config/visionConfig";
import { IO, PART, type PartName } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import { attention } from "../graph/attention";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import { linear } from "../graph/linear";
import { add, lastPosition, layerNorm, slicePositions, unitLength } from "../graph/ops";
import type { DataFilePlan } from "../weights/dataFile";
import * as bert from "./bertLayer";
import { decoderCache } from "./decoderCache";
import { headTable } from "./embedGraph";
import { encoderAttention, encoderCacheInputs, outputEncoderCache } from "./encoderCache";

export interface BlipGraphSpec<C extends BlipConfig = BlipConfig> {
  readonly config: C;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

const ENCODER = "text_encoder";
const DECODER = "text_decoder.bert";

/** The graph of a part that only BLIP has, or has in a form of its own; undefined for one of no such model. */
export function blipGraph(name: PartName, spec: BlipGraphSpec): GraphBuilder | undefined {
  const { config } = spec;
  if (name === PART.imageReader) return imageReaderGraph(spec);
  switch (config.kind) {
    case "answering":
      if (name === PART.textEncoder) return questionEncoderGraph({ ...spec, config });
      return name === PART.decoder ? blipDecoderGraph(spec) : undefined;
    case "captioning":
      return name === PART.decoder ? blipDecoderGraph(spec) : undefined;
    case "retrieval":
      if (name === PART.imageProjection) return imageProjectionGraph({ ...spec, config });
      if (name === PART.textItc) return textItcGraph({ ...spec, config });
      return name === PART.textItm ? textItmGraph({ ...spec, config }) : undefined;
  }
}

/** Keys and values, for each layer of the text model that reads the picture: image_features → present.N.encoder.* */
function imageReaderGraph(spec: BlipGraphSpec): GraphBuilder {
  const { config } = spec;
  const g = new GraphBuilder(PART.imageReader, spec.data, spec.target);
  const image = imageFeaturesInput(g, config);
  const reader = config.kind === "captioning" ? DECODER : ENCODER;
  outputKeysAndValues(g, spec, { reader, source: image, rows: "batch" });
  return g;
}

/** The class row stands for the picture, for ITC: image_features ─ projection ─ image_embeds. */
function imageProjectionGraph(spec: BlipGraphSpec<BlipRetrievalConfig>): GraphBuilder {
  const { config, weights, precision } = spec;
  const g = new GraphBuilder(PART.imageProjection, spec.data, spec.target);
  const image = imageFeaturesInput(g, config);
  const { projectionSize } = config;
  const first = slicePositions(g, "/class", image, { begin: 0, end: 1 });
  const projected = linear(g, "/vision_proj", first, {
    ...weights.linear("vision_proj", projectionSize, config.vision.hiddenSize),
    precision,
  });
  unitLength(g, "/vision_proj/normalize", projected, IO.imageEmbeds);
  g.output(IO.imageEmbeds, "float32", ["batch", 1, projectionSize]);
  return g;
}

/**
 *   input_ids ─ embeddings ─ layers(picture) ─ last_hidden_state ─ per decoder layer ─ present.N.encoder.*
 * The answer is written over these: the decoder never sees the picture.
 */
function questionEncoderGraph(spec: BlipGraphSpec<BlipAnswerConfig>): GraphBuilder {
  const { hiddenSize } = spec.config.text;
  const g = new GraphBuilder(PART.textEncoder, spec.data, spec.target);
  const hidden = encodedText(g, spec, { readsPicture: true, output: IO.lastHiddenState });
  g.output(IO.lastHiddenState, "float32", [1, "text", hiddenSize]);
  outputKeysAndValues(g, spec, { reader: DECODER, source: hidden });
  return g;
}

/** Text alone, for ITC: the first position stands for it. */
function textItcGraph(spec: BlipGraphSpec<BlipRetrievalConfig>): GraphBuilder {
  const { config, weights, precision } = spec;
  const { projectionSize } = config;
  const g = new GraphBuilder(PART.textItc, spec.data, spec.target);
  const text = encodedText(g, spec, { readsPicture: false });
  const projected = linear(g, "/text_proj", firstPosition(g, text), {
    ...weights.linear("text_proj", projectionSize, config.text.hiddenSize),
    precision,
  });
  unitLength(g, "/text_proj/normalize", projected, IO.textEmbeds);
  g.output(IO.textEmbeds, "float32", [1, 1, projectionSize]);
  return g;
}

/** Text that reads the picture, for ITM. */
function textItmGraph(spec: BlipGraphSpec<BlipRetrievalConfig>): GraphBuilder {
  const { config, weights, precision } = spec;
  const g = new GraphBuilder(PART.textItm, spec.data, spec.target);
  const text = encodedText(g, spec, { readsPicture: true });
  const logits = linear(g, "/itm_head", firstPosition(g, text), {
    ...weights.linear("itm_head", 2, config.text.hiddenSize),
    precision,
  }); // [1, 1, 2]
  g.node("/itm_head/row", {
    opType: "Squeeze",
    inputs: [logits, g.int64Constant("/itm_head/axes", [1])],
    outputs: [IO.itmLogits],
  });
  g.output(IO.itmLogits, "float32", [1, 2]);
  return g;
}

/**
 *   inputs_embeds ─ + positions ─ LN ─ layers(past → present, encoder cache) ─ last position ─ head ─ logits
 *   head: dense, GELU, LN, then the vocabulary
 */
function blipDecoderGraph(spec: BlipGraphSpec): GraphBuilder {
  const { text: config } = spec.config;
  const { hiddenSize: width, nHeads, nLayers, vocabSize } = config;
  const headDim = width / nHeads;
  const g = new GraphBuilder(PART.decoder, spec.data, spec.target);
  const embeds = g.input(IO.inputsEmbeds, "float32", ["batch", "sequence", width]);
  const name = `${DECODER}.embeddings`;
  const positions = bert.positionEmbeddings(g, name, {
    ...{ sizes: config, weights: spec.weights, length: "sequence" },
  });
  let x = embeddingNorm(g, name, { ...spec, x: add(g, "/embeddings", [embeds, positions]) });
  const cache = decoderCache(g, { nHeads, headDim, hasEncoder: true });
  for (let i = 0; i < nLayers; i++) {
    const { self } = layerPlaces(DECODER, i);
    x = layer(
      g,
      { ...spec, x },
      {
        ...{ of: DECODER, index: i, readsPicture: true },
        attend: (projected) => cache.attend(self.path, i, { ...projected, scale: headDim ** -0.5 }),
      },
    );
  }
  const last = bertSpec({ ...spec, x: lastPosition(g, "/last", x) });
  bert.languageHead(g, "text_decoder.cls.predictions", {
    ...{ ...last, vocabSize, table: headTable(config, spec.weights) },
  });
  for (let i = 0; i < nLayers; i++) cache.declareOutputs(i);
  return g;
}

type LayerSpec = BlipGraphSpec & { readonly x: ValueName };

/** The text after all layers of the encoder, [1, S, width]; every position sees every other. */
function encodedText(
  g: GraphBuilder,
  spec: BlipGraphSpec,
  how: { readonly readsPicture: boolean; readonly output?: ValueName | undefined },
): ValueName {
  const { text: config } = spec.config;
  const { nHeads, nLayers, hiddenSize } = config;
  const name = `${ENCODER}.embeddings`;
  let x = embeddingNorm(g, name, {
    ...spec,
    x: bert.bertEmbeddings(g, name, { ...spec, sizes: config }),
  });
  for (let i = 0; i < nLayers; i++) {
    const { self } = layerPlaces(ENCODER, i);
    const isLast = i === nLayers - 1;
    x = layer(
      g,
      { ...spec, x },
      {
        ...{ of: ENCODER, index: i, readsPicture: how.readsPicture },
        attend: (projected) =>
          attention(g, self.path, { ...projected, nHeads, headDim: hiddenSize / nHeads }),
        output: isLast ? how.output : undefined,
      },
    );
  }
  return x;
}

/** Self-attention, cross-attention where it reads something, feed-forward. */
function layer(
  g: GraphBuilder,
  spec: LayerSpec,
  how: {
    readonly of: string;
    readonly index: number;
    readonly readsPicture: boolean;
    readonly attend: (projected: bert.Projected) => ValueName;
    readonly output?: ValueName | undefined;
  },
): ValueName {
  const { index } = how;
  const places = layerPlaces(how.of, index);
  const { hiddenSize, nHeads } = spec.config.text;
  const headDim = hiddenSize / nHeads;
  let x = bert.selfAttention(g, places.self, { ...bertSpec(spec), attend: how.attend });
  if (how.readsPicture) {
    const cache = encoderCacheInputs(g, { layer: index, nHeads, headDim });
    x = bert.crossAttention(g, places.cross, {
      ...bertSpec({ ...spec, x }),
      attend: (query) =>
        encoderAttention(g, places.cross.path, {
          ...{ query, cache, nHeads, headDim },
          scale: headDim ** -0.5,
        }),
    });
  }
  return bert.feedForward(g, places.whole, {
    ...bertSpec({ ...spec, x }),
    output: how.output,
  });
}

/** Declares keys and values for every layer of a reader over a source, [rows, E, vision width]. */
function outputKeysAndValues(
  g: GraphBuilder,
  spec: BlipGraphSpec,
  {
    reader,
    source,
    rows,
  }: { readonly reader: string; readonly source: ValueName; readonly rows?: "batch" },
): void {
  const { nLayers, nHeads, hiddenSize } = spec.config.text;
  for (let i = 0; i < nLayers; i++) {
    const { cross } = layerPlaces(reader, i);
    // A reader's matrices have a path of their own: the graph may have layers of another one.
    const at = { ...cross, path: `/reader${cross.path}` };
    const both = bert.crossKeysAndValues(g, at, {
      ...bertSpec({ ...spec, x: source }),
      sourceWidth: spec.config.vision.hiddenSize,
    });
    const sizes = { nHeads, headDim: hiddenSize / nHeads };
    outputEncoderCache(g, at.path, {
      ...{ ...both, ...sizes, layer: i },
      ...(rows === undefined ? {} : { rows }),
    });
  }
}

function imageFeaturesInput(g: GraphBuilder, { vision }: BlipConfig): ValueName {
  const dims = ["batch", imageTokenCount(vision), vision.hiddenSize];
  return g.input(IO.imageFeatures, "float32", dims);
}

function embeddingNorm(g: GraphBuilder, name: string, spec: LayerSpec): ValueName {
  const { hiddenSize, layerNormEps: eps } = spec.config.text;
  return layerNorm(g, "/embeddings/LayerNorm", spec.x, {
    ...spec.weights.norm(`${name}.LayerNorm`, hiddenSize),
    eps,
  });
}

const firstPosition = (g: GraphBuilder, x: ValueName): ValueName =>
  slicePositions(g, "/first", x, { begin: 0, end: 1 }); // [1, 1, width]

function layerPlaces(
  of: string,
  index: number,
): Readonly<Record<"self" | "cross", bert.AttentionPlace> & { whole: bert.BertPlace }> {
  const whole = { path: `/layer.${index}`, name: `${of}.encoder.layer.${index}` };
  const part = (name: string): bert.AttentionPlace => ({
    path: `${whole.path}/${name}`,
    name: `${whole.name}.${name}`,
    inner: "self",
  });
  return { whole, self: part("attention"), cross: part("crossattention") };
}

function bertSpec({ config, weights, precision, x }: LayerSpec): bert.BertSpec {
  return { sizes: config.text, weights, precision, x };
}
