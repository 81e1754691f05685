/** OPT (transformers `modeling_opt.py`): blocks that normalise first, learned positions, ReLU. */

import type { OptConfig } from "../../model/config/textConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import { packLinear, type CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { foldNorm } from "../weights/normFold";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import { activation, add, embedding, lastPosition, layerNorm, splitLast } from "../graph/ops";
import { linear } from "../graph/linear";
import { skipRows } from "../checkpoint/weightSource";
import { decoderCache, type DecoderCache } from "./decoderCache";
import { headTable } from "./embedGraph";

export interface OptGraphSpec {
  readonly config: OptConfig;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

/** Rows of the position table that come before position 0 (transformers `OPTLearnedPositionalEmbedding`). */
const POSITION_OFFSET = 2;
/** torch.nn.LayerNorm's default, which OPT uses; no key of config.json sets it. */
const LAYER_NORM_EPS = 1e-5;
const DECODER = "language_model.model.decoder";

/**
 *   inputs_embeds ─ + positions ─ blocks(past → present) ─ last position ─ LN ─ head ─ logits
 *   block: x + Attention(LN x), then x + MLP(LN x)
 */
export function optGraph(spec: OptGraphSpec): GraphBuilder {
  const { hiddenSize: width, vocabSize } = spec.config;
  const g = new GraphBuilder(PART.decoder, spec.data, spec.target);
  const embeds = g.input(IO.inputsEmbeds, "float32", ["batch", "sequence", width]);
  const { logits, cache } = optLogits(g, { ...spec, embeds });
  g.node("/lm_head/output", { opType: "Identity", inputs: [logits], outputs: [IO.logits] });
  g.output(IO.logits, "float32", ["batch", 1, vocabSize]);
  for (let i = 0; i < spec.config.nLayers; i++) cache.declareOutputs(i);
  return g;
}

/** Logits of the last position, [B, 1, vocabulary]; of all positions in a graph that learns. */
export function optLogits(
  g: GraphBuilder,
  spec: OptGraphSpec & { readonly embeds: ValueName },
): { readonly logits: ValueName; readonly cache: DecoderCache } {
  const { config, weights, precision, embeds } = spec;
  const { hiddenSize: width, nHeads } = config;
  const headDim = width / nHeads;
  const table = weights.tensor(`${DECODER}.embed_positions.weight`, [
    config.maxPositions + POSITION_OFFSET,
    width,
  ]);
  const positions = embedding(g, "/embed_positions", {
    ids: g.input(IO.positionIds, "int64", [1, "sequence"]),
    table: skipRows(table, POSITION_OFFSET),
    precision: { kind: "f32" },
  });
  let x = add(g, "/embeddings", [embeds, positions]); // [B, S, width]
  const cache = decoderCache(g, { nHeads, headDim, hasEncoder: false });
  for (let i = 0; i < config.nLayers; i++) x = block(g, i, { ...spec, x, cache });
  const last = layerNorm(g, "/final_layer_norm", lastPosition(g, "/last", x), {
    ...weights.norm(`${DECODER}.final_layer_norm`, width),
    eps: LAYER_NORM_EPS,
  });
  const logits = linear(g, "/lm_head", last, { weight: headTable(config, weights), precision });
  return { logits, cache };
}

function block(
  g: GraphBuilder,
  index: number,
  spec: OptGraphSpec & { readonly x: ValueName; readonly cache: DecoderCache },
): ValueName {
  const { config, weights, precision, x } = spec;
  const { hiddenSize: width, nHeads } = config;
  const path = `/layers.${index}`;
  const name = `${DECODER}.layers.${index}`;
  const qkv = packLinear(
    ["q_proj", "k_proj", "v_proj"].map((part) =>
      weights.linear(`${name}.self_attn.${part}`, width, width),
    ),
  );
  const folded = foldNorm(
    { norm: weights.norm(`${name}.self_attn_layer_norm`, width), weight: qkv.weight },
    precision,
  );
  const normed = layerNorm(g, `${path}/self_attn_layer_norm`, x, {
    ...folded.norm,
    eps: LAYER_NORM_EPS,
  });
  const packed = linear(g, `${path}/self_attn/qkv`, normed, {
    weight: folded.weight,
    bias: qkv.bias,
    precision,
  }); // [B, S, 3 · width]
  const [query = "", key = "", value = ""] = splitLast(g, `${path}/self_attn`, packed, 3);
  const mixed = spec.cache.attend(`${path}/self_attn`, index, {
    ...{ query, key, value },
    scale: (width / nHeads) ** -0.5,
  });
  const attended = add(g, `${path}/self_attn/residual`, [
    x,
    linear(g, `${path}/self_attn/out_proj`, mixed, {
      ...weights.linear(`${name}.self_attn.out_proj`, width, width),
      precision,
    }),
  ]);
  return feedForward(g, { path, name }, { ...spec, x: attended });
}

/** x + fc2(relu(fc1(LN x))). */
function feedForward(
  g: GraphBuilder,
  at: { readonly path: string; readonly name: string },
  spec: OptGraphSpec & { readonly x: ValueName },
): ValueName {
  const { config, weights, precision, x } = spec;
  const { hiddenSize: width, ffnDim } = config;
  const { path, name } = at;
  const { weight, bias } = weights.linear(`${name}.fc1`, ffnDim, width);
  const norm = weights.norm(`${name}.final_layer_norm`, width);
  const folded = foldNorm({ norm, weight }, precision);
  const hidden = linear(
    g,
    `${path}/fc1`,
    layerNorm(g, `${path}/final_layer_norm`, x, { ...folded.norm, eps: LAYER_NORM_EPS }),
    { weight: folded.weight, bias, precision },
  ); // [B, S, ffn]
  const out = linear(g, `${path}/fc2`, activation(g, path, hidden, "relu"), {
    ...weights.linear(`${name}.fc2`, width, ffnDim),
    precision,
  });
  return add(g, `${path}/residual`, [x, out]);
}
