/**
 * T5 1.1 (transformers `modeling_t5.py`): RMSNorm, unscaled attention, relative position bias shared by
 * all layers of a stack, gated feed-forward.
 */

import type { T5Config } from "../../model/config/textConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { foldNorm } from "../weights/normFold";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import {
  activation,
  add,
  embedding,
  lastPosition,
  mul,
  rmsNorm,
  splitLast,
  transpose,
} from "../graph/ops";
import { attention } from "../graph/attention";
import { linear } from "../graph/linear";
import { stackRows, type WeightSource } from "../checkpoint/weightSource";
import { decoderCache, type DecoderCache, type NewPositions } from "./decoderCache";
import { encoderAttention, encoderCacheInputs, outputEncoderCache } from "./encoderCache";
import { headTable } from "./embedGraph";

export interface T5GraphSpec {
  readonly config: T5Config;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

/** T5's initialisation takes the place of the factor on the scores. */
const UNSCALED = 1;

type StackName = "encoder" | "decoder";
const ENCODER = "language_model.encoder";
const DECODER = "language_model.decoder";

/**
 *   inputs_embeds ─ blocks(bias) ─ RMSNorm ─ last_hidden_state ─ per decoder layer ─ present.N.encoder.*
 *   block: x + Attention(norm x), then x + FFN(norm x)
 */
export function t5EncoderGraph(spec: T5GraphSpec): GraphBuilder {
  const { config } = spec;
  const { hiddenSize: width, nHeads, dKv: headDim } = config;
  const g = new GraphBuilder(PART.textEncoder, spec.data, spec.target);
  const embeds = g.input(IO.inputsEmbeds, "float32", [1, "encoder", width]);
  const hidden = t5EncoderStates(g, { ...spec, embeds });
  g.output(IO.lastHiddenState, "float32", [1, "encoder", width]);
  for (let layer = 0; layer < config.nLayers; layer++) {
    const cross = crossKeysAndValues(g, layer, { ...spec, x: hidden });
    outputEncoderCache(g, crossPath(layer), { layer, ...cross, nHeads, headDim });
  }
  return g;
}

/**
 * What the decoder reads, [B, E, width].
 * @param spec `hidden` hides positions, added to the scores, [B, 1, 1, E].
 */
export function t5EncoderStates(
  g: GraphBuilder,
  spec: T5GraphSpec & { readonly embeds: ValueName; readonly hidden?: ValueName },
): ValueName {
  const { config, weights } = spec;
  const { hiddenSize: width, layerNormEps: eps } = config;
  let x = spec.embeds;
  const distances = positionBias(g, spec, { stack: "encoder", dims: ["encoder", "encoder"] });
  const bias = spec.hidden === undefined ? distances : add(g, "/hidden", [distances, spec.hidden]);
  for (let i = 0; i < config.nEncoderLayers; i++) {
    const path = `/block.${i}`;
    const name = `${ENCODER}.block.${i}`;
    const self = { path: `${path}/layer.0`, name: `${name}.layer.0` };
    x = selfAttention(g, self, {
      ...{ ...spec, x },
      attend: (at, positions) =>
        attention(g, at, { ...positions, nHeads: config.nHeads, headDim: config.dKv, bias }),
    });
    x = feedForward(g, { path: `${path}/layer.1`, name: `${name}.layer.1` }, { ...spec, x });
  }
  return rmsNorm(g, "/final_layer_norm", x, {
    weight: weights.tensor(`${ENCODER}.final_layer_norm.weight`, [width]),
    eps,
    output: IO.lastHiddenState,
  });
}

/**
 *   inputs_embeds ─ blocks(bias, past → present, encoder cache) ─ last position ─ RMSNorm ─ head ─ logits
 *   block: x + Attention(norm x), x + CrossAttention(norm x), x + FFN(norm x)
 */
export function t5DecoderGraph(spec: T5GraphSpec): GraphBuilder {
  const { config } = spec;
  const { nHeads, dKv: headDim } = config;
  const g = new GraphBuilder(PART.decoder, spec.data, spec.target);
  const embeds = g.input(IO.inputsEmbeds, "float32", ["batch", "sequence", config.hiddenSize]);
  const { logits, cache } = t5Logits(g, {
    ...{ ...spec, embeds },
    attendToEncoder: (path, layer, query) => {
      const kept = encoderCacheInputs(g, { layer, nHeads, headDim });
      return encoderAttention(g, path, { query, nHeads, cache: kept, headDim, scale: UNSCALED });
    },
  });
  g.node("/lm_head/output", { opType: "Identity", inputs: [logits], outputs: [IO.logits] });
  g.output(IO.logits, "float32", ["batch", 1, config.vocabSize]);
  for (let i = 0; i < config.nLayers; i++) cache.declareOutputs(i);
  return g;
}

/** Attention of a decoder's layer to what the encoder gave, [B, S, H·D]. */
export type AttendToEncoder = (path: string, layer: number, query: ValueName) => ValueName;

/** Logits of the last position, [B, 1, vocabulary]; of all positions in a graph that learns. */
export function t5Logits(
  g: GraphBuilder,
  spec: T5GraphSpec & { readonly embeds: ValueName; readonly attendToEncoder: AttendToEncoder },
): { readonly logits: ValueName; readonly cache: DecoderCache } {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads, dKv, layerNormEps: eps } = config;
  let x = spec.embeds;
  const bias = positionBias(g, spec, { stack: "decoder", dims: ["sequence", "total"] });
  const cache = decoderCache(g, { nHeads, headDim: dKv, hasEncoder: true, positionBias: bias });
  for (let i = 0; i < config.nLayers; i++) {
    const path = `/block.${i}`;
    const name = `${DECODER}.block.${i}`;
    const self = { path: `${path}/layer.0`, name: `${name}.layer.0` };
    x = selfAttention(g, self, {
      ...{ ...spec, x },
      attend: (at, positions) => cache.attend(at, i, positions),
    });
    x = crossAttention(g, i, { ...spec, x });
    x = feedForward(g, { path: `${path}/layer.2`, name: `${name}.layer.2` }, { ...spec, x });
  }
  let last = rmsNorm(g, "/final_layer_norm", lastPosition(g, "/last", x), {
    weight: weights.tensor(`${DECODER}.final_layer_norm.weight`, [width]),
    eps,
  });
  if (config.scaleDecoderOutputs) {
    last = mul(g, "/lm_head/scale", [last, g.floatConstant("/lm_head/factor", width ** -0.5)]);
  }
  const logits = linear(g, "/lm_head", last, { weight: headTable(config, weights), precision });
  return { logits, cache };
}

/** int64 buckets [S, T] → f32 [1, H, S, T], the term that every layer of the stack adds to its scores. */
function positionBias(
  g: GraphBuilder,
  spec: T5GraphSpec,
  at: { stack: StackName; dims: readonly string[] },
): ValueName {
  const { config, weights } = spec;
  const path = "/relative_attention_bias";
  const name = `language_model.${at.stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  const table = weights.tensor(name, [config.relativeAttentionBuckets, config.nHeads]);
  const rows = embedding(g, path, {
    ids: g.input(IO.relativePositionBucket, "int64", at.dims),
    table,
    precision: { kind: "f32" },
  }); // [S, T, H]
  const heads = transpose(g, path, rows, { perm: [2, 0, 1] }); // [H, S, T]
  return g.node(path, {
    opType: "Unsqueeze",
    inputs: [heads, g.int64Constant(`${path}/axes`, [0])],
  });
}

interface Place {
  /** In the graph. */
  readonly path: string;
  /** In the checkpoint. */
  readonly name: string;
}

/** What a block reads. */
type BlockSpec = T5GraphSpec & { readonly x: ValueName };

/** norm x, and the matrix as it is to be multiplied with it. */
function norm(
  g: GraphBuilder,
  at: Place,
  spec: BlockSpec & { readonly matrix: WeightSource },
): { readonly x: ValueName; readonly weight: WeightSource } {
  const { hiddenSize, layerNormEps: eps } = spec.config;
  const gains = spec.weights.tensor(`${at.name}.layer_norm.weight`, [hiddenSize]);
  const folded = foldNorm({ norm: { weight: gains }, weight: spec.matrix }, spec.precision);
  const x = rmsNorm(g, `${at.path}/layer_norm`, spec.x, { ...folded.norm, eps });
  return { x, weight: folded.weight };
}

/** x + Attention(norm x), where `attend` is the attention itself. */
function selfAttention(
  g: GraphBuilder,
  at: Place,
  spec: BlockSpec & { readonly attend: (path: string, spec: NewPositions) => ValueName },
): ValueName {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads, dKv } = config;
  const inner = nHeads * dKv;
  const path = `${at.path}/SelfAttention`;
  const matrix = stackRows(
    ["q", "k", "v"].map((part) =>
      weights.tensor(`${at.name}.SelfAttention.${part}.weight`, [inner, width]),
    ),
  );
  const { x, weight } = norm(g, at, { ...spec, matrix });
  const packed = linear(g, `${path}/qkv`, x, { weight, precision }); // [B, S, 3 · H · D]
  const [query = "", key = "", value = ""] = splitLast(g, path, packed, 3);
  const mixed = spec.attend(path, { query, key, value, scale: UNSCALED });
  const out = linear(g, `${path}/o`, mixed, {
    weight: weights.tensor(`${at.name}.SelfAttention.o.weight`, [width, inner]),
    precision,
  });
  return add(g, path, [spec.x, out]);
}

const crossPath = (layer: number): string => `/decoder/block.${layer}/layer.1/EncDecAttention`;

/** Keys and values of one decoder layer over the encoder's output, [B, E, H · D] each. */
export function crossKeysAndValues(
  g: GraphBuilder,
  layer: number,
  spec: BlockSpec,
): { readonly key: ValueName; readonly value: ValueName } {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads, dKv } = config;
  const inner = nHeads * dKv;
  const path = crossPath(layer);
  const name = `${DECODER}.block.${layer}.layer.1.EncDecAttention`;
  const packed = linear(g, `${path}/kv`, spec.x, {
    weight: stackRows(
      ["k", "v"].map((part) => weights.tensor(`${name}.${part}.weight`, [inner, width])),
    ),
    precision,
  }); // [B, E, 2 · H · D]
  const [key = "", value = ""] = splitLast(g, path, packed, 2);
  return { key, value };
}

/** x + Attention(norm x; encoder). */
function crossAttention(
  g: GraphBuilder,
  layer: number,
  spec: BlockSpec & { readonly attendToEncoder: AttendToEncoder },
): ValueName {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads, dKv } = config;
  const inner = nHeads * dKv;
  const at = { path: `/block.${layer}/layer.1`, name: `${DECODER}.block.${layer}.layer.1` };
  const path = `${at.path}/EncDecAttention`;
  const matrix = weights.tensor(`${at.name}.EncDecAttention.q.weight`, [inner, width]);
  const { x, weight } = norm(g, at, { ...spec, matrix });
  const query = linear(g, `${path}/q`, x, { weight, precision });
  const mixed = spec.attendToEncoder(path, layer, query);
  const out = linear(g, `${path}/o`, mixed, {
    weight: weights.tensor(`${at.name}.EncDecAttention.o.weight`, [width, inner]),
    precision,
  });
  return add(g, path, [spec.x, out]);
}

/** x + wo(act(wi_0 norm x) ⊙ wi_1 norm x), or x + wo(act(wi norm x)) without a gate. */
function feedForward(g: GraphBuilder, at: Place, spec: BlockSpec): ValueName {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, ffnDim } = config;
  const path = `${at.path}/DenseReluDense`;
  const name = `${at.name}.DenseReluDense`;
  const parts = config.isGated ? ["wi_0", "wi_1"] : ["wi"];
  const matrix = stackRows(
    parts.map((part) => weights.tensor(`${name}.${part}.weight`, [ffnDim, width])),
  );
  const { x, weight } = norm(g, at, { ...spec, matrix });
  const packed = linear(g, `${path}/wi`, x, { weight, precision }); // [B, S, parts · ffn]
  const hidden = config.isGated
    ? gate(g, path, packed, config)
    : activation(g, path, packed, config.activation);
  const out = linear(g, `${path}/wo`, hidden, {
    weight: weights.tensor(`${name}.wo.weight`, [width, ffnDim]),
    precision: precisionOfWo(precision),
    hasOutliers: true,
  });
  return add(g, path, [spec.x, out]);
}

function gate(g: GraphBuilder, path: string, packed: ValueName, config: T5Config): ValueName {
  const [gated = "", straight = ""] = splitLast(g, path, packed, 2);
  return mul(g, `${path}/gate`, [activation(g, path, gated, config.activation), straight]);
}

/** T5's last projection overflows half precision; transformers keeps it in float32 too. */
function precisionOfWo(precision: Precision): Precision {
  return precision.kind === "f16" ? { kind: "f32" } : precision;
}
