/**
 * LLaMA (transformers `modeling_llama.py`): RMSNorm before each part of a block, rotary positions, a gated
 * feed-forward, no biases; several heads of queries may share keys and values.
 */

import { IO, PART } from "../../model/graph/graphContract";
import type { LlamaConfig } from "../../model/config/textConfig";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import { stackRows, type WeightSource } from "../checkpoint/weightSource";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import { linear } from "../graph/linear";
import { activation, add, lastPosition, mul, rmsNorm, splitLast, splitSizes } from "../graph/ops";
import { rotary, type Rotate } from "../graph/rotary";
import type { DataFilePlan } from "../weights/dataFile";
import { foldNorm } from "../weights/normFold";
import { decoderCache, type DecoderCache } from "./decoderCache";
import { headTable } from "./embedGraph";

export interface LlamaGraphSpec {
  readonly config: LlamaConfig;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

const MODEL = "language_model.model";

/**
 *   inputs_embeds ─ blocks(rotation, past → present) ─ last position ─ RMSNorm ─ head ─ logits
 *   block: x + Attention(norm x), then x + FFN(norm x)
 */
export function llamaGraph(spec: LlamaGraphSpec): GraphBuilder {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, vocabSize, rmsNormEps: eps } = config;
  const g = new GraphBuilder(PART.decoder, spec.data, spec.target);
  let x = g.input(IO.inputsEmbeds, "float32", ["batch", "sequence", width]);
  const rotate = rotary(g, config, g.input(IO.positionIds, "int64", [1, "sequence"]));
  const cache = decoderCache(g, { ...config, hasEncoder: false });
  for (let i = 0; i < config.nLayers; i++) x = block(g, i, { ...spec, x, cache, rotate });
  const last = rmsNorm(g, "/norm", lastPosition(g, "/last", x), {
    weight: weights.tensor(`${MODEL}.norm.weight`, [width]),
    eps,
  });
  const logits = linear(g, "/lm_head", last, { weight: headTable(config, weights), precision });
  g.node("/lm_head/output", { opType: "Identity", inputs: [logits], outputs: [IO.logits] });
  g.output(IO.logits, "float32", ["batch", 1, vocabSize]);
  for (let i = 0; i < config.nLayers; i++) cache.declareOutputs(i);
  return g;
}

type BlockSpec = LlamaGraphSpec & { readonly x: ValueName };

function block(
  g: GraphBuilder,
  index: number,
  spec: BlockSpec & { readonly cache: DecoderCache; readonly rotate: Rotate },
): ValueName {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, nHeads, nKvHeads, headDim } = config;
  const path = `/layers.${index}/self_attn`;
  const name = `${MODEL}.layers.${index}`;
  const sizes = {
    q_proj: nHeads * headDim,
    k_proj: nKvHeads * headDim,
    v_proj: nKvHeads * headDim,
  };
  const { x, weight } = norm(g, `/layers.${index}/input_layernorm`, {
    ...spec,
    name: `${name}.input_layernorm`,
    matrix: stackRows(
      Object.entries(sizes).map(([part, rows]) =>
        weights.tensor(`${name}.self_attn.${part}.weight`, [rows, width]),
      ),
    ),
  });
  const packed = linear(g, `${path}/qkv`, x, { weight, precision }); // [B, S, (H + 2 · KV) · D]
  const { q_proj: forQueries, k_proj: forKeys, v_proj: forValues } = sizes;
  const [turning = "", value = ""] = splitSizes(g, `${path}/qkv`, packed, [
    ...[forQueries + forKeys, forValues],
  ]);
  const turned = spec.rotate(`${path}/rotary`, turning);
  const [query = "", key = ""] = splitSizes(g, `${path}/qk`, turned, [forQueries, forKeys]);
  const mixed = spec.cache.attend(path, index, { query, key, value, scale: headDim ** -0.5 });
  const attended = add(g, `${path}/residual`, [
    spec.x,
    linear(g, `${path}/o_proj`, mixed, {
      weight: weights.tensor(`${name}.self_attn.o_proj.weight`, [width, nHeads * headDim]),
      precision,
    }),
  ]);
  return feedForward(g, index, { ...spec, x: attended });
}

/** x + down(silu(gate norm x) ⊙ up norm x). */
function feedForward(g: GraphBuilder, index: number, spec: BlockSpec): ValueName {
  const { config, weights, precision } = spec;
  const { hiddenSize: width, ffnDim } = config;
  const path = `/layers.${index}/mlp`;
  const name = `${MODEL}.layers.${index}`;
  const { x, weight } = norm(g, `/layers.${index}/post_attention_layernorm`, {
    ...spec,
    name: `${name}.post_attention_layernorm`,
    matrix: stackRows(
      ["gate_proj", "up_proj"].map((part) =>
        weights.tensor(`${name}.mlp.${part}.weight`, [ffnDim, width]),
      ),
    ),
  });
  const packed = linear(g, `${path}/gate_up`, x, { weight, precision }); // [B, S, 2 · ffn]
  const [gate = "", up = ""] = splitLast(g, path, packed, 2);
  const hidden = mul(g, `${path}/gate`, [activation(g, path, gate, "silu"), up]);
  const out = linear(g, `${path}/down_proj`, hidden, {
    weight: weights.tensor(`${name}.mlp.down_proj.weight`, [width, ffnDim]),
    precision,
    // A few positions have values a thousand times the others' (arXiv 2402.17762).
    hasOutliers: true,
  });
  return add(g, `${path}/residual`, [spec.x, out]);
}

/** norm x, and the matrix as it is to be multiplied with it. */
function norm(
  g: GraphBuilder,
  path: string,
  spec: BlockSpec & { readonly name: string; readonly matrix: WeightSource },
): { readonly x: ValueName; readonly weight: WeightSource } {
  const { hiddenSize, rmsNormEps: eps } = spec.config;
  const gains = spec.weights.tensor(`${spec.name}.weight`, [hiddenSize]);
  const folded = foldNorm({ norm: { weight: gains }, weight: spec.matrix }, spec.precision);
  return { x: rmsNorm(g, path, spec.x, { ...folded.norm, eps }), weight: folded.weight };
}
