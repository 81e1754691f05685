/**
 * The parts of a BERT layer that normalises last (transformers `modeling_bert.py`), which the Q-Former and
 * BLIP's text models are made of. B batch, S positions, d width.
 */

import type { Precision } from "../../model/precision/precision";
import { packLinear, type CheckpointWeights } from "../checkpoint/checkpointWeights";
import { linear } from "../graph/linear";
import type { GraphBuilder, ValueName } from "../graph/graphBuilder";
import { activation, add, embedding, layerNorm, splitLast } from "../graph/ops";
import { IO } from "../../model/graph/graphContract";
import type { WeightSource } from "../checkpoint/weightSource";

/** What all layers have in common, and what one reads. */
export interface BertSpec {
  readonly sizes: {
    readonly hiddenSize: number;
    readonly intermediateSize: number;
    readonly layerNormEps: number;
  };
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly x: ValueName; // [B, S, d]
}

export interface BertPlace {
  /** In the graph. */
  readonly path: string;
  /** In the checkpoint. */
  readonly name: string;
}

/** An attention's place; `inner` is what the checkpoint calls its projections. */
export interface AttentionPlace extends BertPlace {
  readonly inner: "attention" | "self";
}

/** [B, S, d] each. */
export interface Projected {
  readonly query: ValueName;
  readonly key: ValueName;
  readonly value: ValueName;
}

/** LN(x + Attention(x)), where `attend` is the attention itself. */
export function selfAttention(
  g: GraphBuilder,
  at: AttentionPlace,
  spec: BertSpec & { readonly attend: (projected: Projected) => ValueName },
): ValueName {
  const { hiddenSize: width } = spec.sizes;
  const packed = linear(g, `${at.path}/qkv`, spec.x, {
    ...packLinear(
      ["query", "key", "value"].map((part) =>
        spec.weights.linear(`${at.name}.${at.inner}.${part}`, width, width),
      ),
    ),
    precision: spec.precision,
  }); // [B, S, 3 · d]
  const [query = "", key = "", value = ""] = splitLast(g, at.path, packed, 3);
  return attentionOutput(g, at, { ...spec, mixed: spec.attend({ query, key, value }) });
}

/** LN(x + Attention(x; something else)), where `attend` is the attention itself. */
export function crossAttention(
  g: GraphBuilder,
  at: AttentionPlace,
  spec: BertSpec & { readonly attend: (query: ValueName) => ValueName },
): ValueName {
  const { hiddenSize: width } = spec.sizes;
  const query = linear(g, `${at.path}/query`, spec.x, {
    ...spec.weights.linear(`${at.name}.${at.inner}.query`, width, width),
    precision: spec.precision,
  });
  return attentionOutput(g, at, { ...spec, mixed: spec.attend(query) });
}

/** Keys and values of a cross-attention, [B, E, d] each; x is what it reads, [B, E, source width]. */
export function crossKeysAndValues(
  g: GraphBuilder,
  at: AttentionPlace,
  spec: BertSpec & { readonly sourceWidth: number },
): Omit<Projected, "query"> {
  const packed = linear(g, `${at.path}/kv`, spec.x, {
    ...packLinear(
      ["key", "value"].map((part) =>
        spec.weights.linear(
          `${at.name}.${at.inner}.${part}`,
          spec.sizes.hiddenSize,
          spec.sourceWidth,
        ),
      ),
    ),
    precision: spec.precision,
  }); // [B, E, 2 · d]
  const [key = "", value = ""] = splitLast(g, at.path, packed, 2);
  return { key, value };
}

function attentionOutput(
  g: GraphBuilder,
  at: BertPlace,
  spec: BertSpec & { readonly mixed: ValueName },
): ValueName {
  const { hiddenSize: width, layerNormEps: eps } = spec.sizes;
  const out = linear(g, `${at.path}/output/dense`, spec.mixed, {
    ...spec.weights.linear(`${at.name}.output.dense`, width, width),
    precision: spec.precision,
  });
  return layerNorm(g, `${at.path}/output/LayerNorm`, add(g, `${at.path}/output`, [out, spec.x]), {
    ...spec.weights.norm(`${at.name}.output.LayerNorm`, width),
    eps,
  });
}

/**
 * LN(x + MLP(x)).
 * @param spec `suffix` is what the checkpoint adds to the names of a second one in the same layer.
 */
export function feedForward(
  g: GraphBuilder,
  at: BertPlace,
  spec: BertSpec & { readonly suffix?: string; readonly output?: ValueName | undefined },
): ValueName {
  const { weights, precision, x, suffix = "" } = spec;
  const { hiddenSize: width, intermediateSize, layerNormEps: eps } = spec.sizes;
  const { path, name } = at;
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
      output: spec.output,
    },
  );
}

/** Of a head in the vocabulary; the table is its last matrix. */
type HeadSpec = BertSpec & { readonly vocabSize: number; readonly table: WeightSource };

/**
 * Declares the logits of the last position, [B, 1, vocabulary].
 * @param name of the head in the checkpoint.
 */
export function languageHead(g: GraphBuilder, name: string, spec: HeadSpec): void {
  const inputs = [headLogits(g, name, spec)];
  g.node("/cls/output", { opType: "Identity", inputs, outputs: [IO.logits] });
  g.output(IO.logits, "float32", ["batch", 1, spec.vocabSize]);
}

/** Dense, GELU, LN, then the vocabulary: [B, S, d] → [B, S, vocabulary]. */
export function headLogits(g: GraphBuilder, name: string, spec: HeadSpec): ValueName {
  const { weights, precision, vocabSize } = spec;
  const { hiddenSize: width, layerNormEps: eps } = spec.sizes;
  const dense = linear(g, "/cls/transform", spec.x, {
    ...weights.linear(`${name}.transform.dense`, width, width),
    precision,
  });
  const normed = layerNorm(g, "/cls/transform/LayerNorm", activation(g, "/cls", dense, "gelu"), {
    ...weights.norm(`${name}.transform.LayerNorm`, width),
    eps,
  });
  return linear(g, "/cls/decoder", normed, {
    weight: spec.table,
    // The head's own one wins where both are stored, as the head's matrix does.
    bias: weights.tensorOf([`${name}.decoder.bias`, `${name}.bias`], [vocabSize]),
    precision,
  });
}

/** Tables and their sizes; the precision of the words' one. */
export interface BertEmbeddingSpec {
  readonly sizes: {
    readonly hiddenSize: number;
    readonly vocabSize: number;
    readonly maxPositions: number;
  };
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
}

/** input_ids and position_ids, int64 [1, S] → word + position, f32 [1, S, d]; no token types, no norm. */
export function bertEmbeddings(g: GraphBuilder, name: string, spec: BertEmbeddingSpec): ValueName {
  const { hiddenSize: width, vocabSize } = spec.sizes;
  const words = embedding(g, "/embeddings/word_embeddings", {
    ids: g.input(IO.inputIds, "int64", [1, "text"]),
    table: spec.weights.tensor(`${name}.word_embeddings.weight`, [vocabSize, width]),
    precision: spec.precision,
  });
  return add(g, "/embeddings", [words, positionEmbeddings(g, name, { ...spec, length: "text" })]);
}

/** position_ids, int64 [1, S] → f32 [1, S, d]; `length` is what the graph calls S. */
export function positionEmbeddings(
  g: GraphBuilder,
  name: string,
  spec: Pick<BertEmbeddingSpec, "sizes" | "weights"> & { readonly length: string },
): ValueName {
  const { sizes, weights, length } = spec;
  return embedding(g, "/embeddings/position_embeddings", {
    ids: g.input(IO.positionIds, "int64", [1, length]),
    table: weights.tensor(`${name}.position_embeddings.weight`, [
      sizes.maxPositions,
      sizes.hiddenSize,
    ]),
    precision: { kind: "f32" },
  });
}
