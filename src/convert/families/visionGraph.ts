/**
 * The image encoder: a ViT whose blocks normalise first (paper section 3.1: EVA-CLIP g or CLIP L/14, both
 * without their last block).
 */

import { imageTokenCount, type VisionConfig } from "../../model/config/visionConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { foldNorm } from "../weights/normFold";
import { GraphBuilder, type GraphTarget, type ValueName } from "../graph/graphBuilder";
import {
  activation,
  add,
  asManyRows,
  concat,
  repeated,
  layerNorm,
  reshape,
  splitLast,
  tensor,
  transpose,
  vector,
} from "../graph/ops";
import { attention } from "../graph/attention";
import { linear } from "../graph/linear";
import {
  addToFirstRow,
  asRow,
  skipRows,
  stackRows,
  takeRows,
  type WeightSource,
  zeros,
} from "../checkpoint/weightSource";

export interface VisionGraphSpec {
  readonly config: VisionConfig;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
  /** @default the CPU */
  readonly target?: GraphTarget;
}

/** Some of the blocks, in their order: `end` is the first that is not among them. */
interface BlockRange {
  readonly begin: number;
  readonly end: number;
}

/**
 *   pixel_values ─ Conv ─ patches ─┐
 *   class token ───────────────────┴ Concat ─ + positions ─ (CLIP: LayerNorm ─) blocks ─ LayerNorm ─ image_features
 *   block: x + Attention(LN x), then x + MLP(LN x)
 */
export function visionGraph(spec: VisionGraphSpec): GraphBuilder {
  return graphOfBlocks(spec, { begin: 0, end: spec.config.nLayers });
}

/**
 * The same in stages of about as many blocks each, which give hidden states to each other: the weights of
 * one stage are in memory at a time.
 */
export function visionStages(spec: VisionGraphSpec): readonly GraphBuilder[] {
  const { nLayers } = spec.config;
  const nStages = Math.min(MAX_STAGES, nLayers);
  const firstOf = (stage: number): number => Math.floor((stage * nLayers) / nStages);
  return Array.from({ length: nStages }, (_, stage) =>
    graphOfBlocks(spec, { begin: firstOf(stage), end: firstOf(stage + 1) }),
  );
}

/** A stage of ViT-g in w8a8 has 250 MB then; opening one takes some 50 ms. */
const MAX_STAGES = 4;

function graphOfBlocks(spec: VisionGraphSpec, { begin, end }: BlockRange): GraphBuilder {
  const { config, data } = spec;
  const { hiddenSize: width, imageSize, nLayers } = config;
  const g = new GraphBuilder(PART.visionEncoder, data, spec.target);
  const dims = ["batch", imageTokenCount(config), width];
  let x: ValueName;
  if (begin === 0) {
    const pixels = g.input(IO.pixelValues, "float32", ["batch", 3, imageSize, imageSize]);
    x = embedPatches(g, pixels, spec);
  } else {
    x = g.input(IO.hiddenStates, "float32", dims);
  }
  for (let i = begin; i < end; i++) {
    const isLast = i === end - 1 && end < nLayers;
    x = block(g, i, { ...spec, x, ...(isLast ? { output: IO.nextHiddenStates } : {}) });
  }
  if (end < nLayers) {
    g.output(IO.nextHiddenStates, "float32", dims);
    return g;
  }
  postNorm(g, x, { ...spec, output: IO.imageFeatures });
  g.output(IO.imageFeatures, "float32", dims);
  return g;
}

/** The last norm, which learns with the Q-Former (LAVIS `ln_vision`). */
export function postNorm(
  g: GraphBuilder,
  x: ValueName,
  { config, weights, output }: VisionGraphSpec & { readonly output?: ValueName },
): ValueName {
  return layerNorm(g, "/post_layernorm", x, {
    ...weights.norm("vision_model.post_layernorm", config.hiddenSize),
    eps: config.postNormEps,
    ...(output === undefined ? {} : { output }),
  });
}

/**
 * What the last block gives, before the last norm: [B, 3, side, side] → [B, 1 + patches, width].
 * @param spec `kept`: int64 [B, K], the tokens that are looked at, by their rows in [B · (1 + patches), width].
 * @default kept all
 */
export function visionStates(
  g: GraphBuilder,
  pixels: ValueName,
  spec: VisionGraphSpec & { readonly kept?: ValueName | undefined },
): ValueName {
  let x = embedPatches(g, pixels, spec);
  if (spec.kept !== undefined) {
    const rows = reshape(g, "/embeddings/rows", x, [-1, spec.config.hiddenSize]);
    x = g.node("/embeddings/kept", { opType: "Gather", inputs: [rows, spec.kept] });
  }
  for (let i = 0; i < spec.config.nLayers; i++) x = block(g, i, { ...spec, x });
  return x;
}

/** [B, 3, side, side] → [B, 1 + patches, width]. */
function embedPatches(g: GraphBuilder, pixels: ValueName, spec: VisionGraphSpec): ValueName {
  const { config, weights } = spec;
  const { hiddenSize: width, patchSize: patch } = config;
  const nTokens = imageTokenCount(config);
  const path = "/embeddings";
  const name = "vision_model.embeddings";
  const kernelDims = [width, 3, patch, patch];
  const grid = g.node(`${path}/patch_embedding`, {
    opType: "Conv",
    inputs: [
      pixels,
      tensor(g, `${path}/patch_embedding/weight`, {
        source: weights.tensor(`${name}.patch_embedding.weight`, kernelDims),
        dims: kernelDims,
      }),
      ...(config.isClip
        ? []
        : [
            vector(
              g,
              `${path}/patch_embedding/bias`,
              weights.tensor(`${name}.patch_embedding.bias`, [width]),
            ),
          ]),
    ],
    attributes: { kernel_shape: { ints: [patch, patch] }, strides: { ints: [patch, patch] } },
  }); // [B, width, grid, grid]
  const columns = reshape(g, `${path}/columns`, grid, [0, width, nTokens - 1]);
  const patches = transpose(g, `${path}/rows`, columns, { perm: [0, 2, 1] }); // [B, patches, width]
  // The class token never changes, so its position is added here rather than at each run.
  const positions = unbatched(
    weights.tensor(`${name}.position_embedding`, [1, nTokens, width]),
    width,
  );
  const classToken = unbatched(weights.tensor(`${name}.class_embedding`, [1, 1, width]), width);
  const table = addToFirstRow(positions, classToken);
  const first = tensor(g, `${path}/class_embedding`, {
    source: takeRows(table, 1),
    dims: [1, 1, width],
  });
  const rest = tensor(g, `${path}/position_embedding`, {
    source: skipRows(table, 1),
    dims: [1, nTokens - 1, width],
  });
  const embedded = concat(g, path, [
    g.training === undefined
      ? asManyRows(g, `${path}/class_embedding`, { x: first, like: patches })
      : repeated(g, `${path}/class_embedding`, first),
    add(g, path, [patches, rest]),
  ]);
  if (!config.isClip) return embedded;
  return layerNorm(g, "/pre_layernorm", embedded, {
    ...weights.norm("vision_model.pre_layernorm", width),
    eps: config.layerNormEps,
  });
}

/** A tensor [1, rows, width] as a matrix. */
function unbatched(source: WeightSource, width: number): WeightSource {
  const flat = asRow({ ...source, rows: source.rows * source.cols, cols: 1 });
  const rows = flat.cols / width;
  return {
    rows,
    cols: width,
    tensors: source.tensors,
    form: { kind: "same", of: source },
    readRows: async (start, count) => {
      const all = await source.readRows(0, 1);
      return all.subarray(start * width, (start + count) * width);
    },
  };
}

/** [3 · width]. EVA-CLIP's own files hold the biases of queries and values alone; keys have none. */
function qkvBias(weights: CheckpointWeights, name: string, width: number): WeightSource {
  const whole = `${name}.qkv.bias`;
  if (weights.has(whole) || !weights.has(`${name}.q_bias`)) {
    return weights.tensor(whole, [3 * width]);
  }
  const [query, value] = ["q_bias", "v_bias"].map((bias) =>
    weights.tensor(`${name}.${bias}`, [width]),
  ) as [WeightSource, WeightSource];
  return stackRows([query, zeros(width), value]);
}

/** @param spec `output` names the result, where it is an output of the graph */
function block(
  g: GraphBuilder,
  index: number,
  spec: VisionGraphSpec & { readonly x: ValueName; readonly output?: ValueName },
): ValueName {
  const { config, weights, precision, x } = spec;
  const { hiddenSize: width, nHeads, intermediateSize, layerNormEps: eps } = config;
  const path = `/encoder/layers.${index}`;
  const name = `vision_model.encoder.layers.${index}`;
  const first = foldNorm(
    {
      norm: weights.norm(`${name}.layer_norm1`, width),
      weight: weights.tensor(`${name}.self_attn.qkv.weight`, [3 * width, width]),
    },
    precision,
  );
  const normed = layerNorm(g, `${path}/layer_norm1`, x, { ...first.norm, eps });
  const packed = linear(g, `${path}/self_attn/qkv`, normed, {
    weight: first.weight,
    ...(config.qkvBias ? { bias: qkvBias(weights, `${name}.self_attn`, width) } : {}),
    precision,
  }); // [B, tokens, 3 · width]
  const [query = "", key = "", value = ""] = splitLast(g, `${path}/self_attn`, packed, 3);
  const mixed = attention(g, `${path}/self_attn`, {
    ...{ query, key, value, nHeads },
    headDim: width / nHeads,
  });
  const projected = linear(g, `${path}/self_attn/projection`, mixed, {
    ...weights.linear(`${name}.self_attn.projection`, width, width),
    precision,
  });
  const attended = add(g, `${path}/self_attn/residual`, [x, projected]);
  const { weight, bias } = weights.linear(`${name}.mlp.fc1`, intermediateSize, width);
  const second = foldNorm({ norm: weights.norm(`${name}.layer_norm2`, width), weight }, precision);
  const hidden = linear(
    g,
    `${path}/mlp/fc1`,
    layerNorm(g, `${path}/layer_norm2`, attended, { ...second.norm, eps }),
    { weight: second.weight, bias, precision },
  ); // [1, tokens, intermediate]
  const out = linear(
    g,
    `${path}/mlp/fc2`,
    activation(g, `${path}/mlp`, hidden, config.isClip ? "quick_gelu" : "gelu"),
    {
      ...weights.linear(`${name}.mlp.fc2`, width, intermediateSize),
      precision,
    },
  );
  return add(g, `${path}/mlp/residual`, [attended, out], spec.output);
}
