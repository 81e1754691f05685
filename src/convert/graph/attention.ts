/**
 * Scaled dot-product attention: on the CPU the operator that does all of it, on accelerators its parts.
 * B batch, S new positions, T all positions, H heads, D width of a head.
 */

import type { GraphBuilder, ValueName } from "./graphBuilder";
import {
  grouped,
  type GroupedHeads,
  heads,
  type KeysAndValues,
  kvHeads,
  merged,
  turnedHeads,
  ungrouped,
} from "./heads";
import { add, MICROSOFT, mul, transpose } from "./ops";

export interface AttentionSpec {
  readonly query: ValueName; // [B, S, H·D]
  readonly key: ValueName; // [B, T, H·D]
  readonly value: ValueName;
  readonly nHeads: number;
  readonly headDim: number;
  /** Factor on the scores. @default D^-0.5 */
  readonly scale?: number;
  /** Added to the scores, [1, 1 or H, S, T]. */
  readonly bias?: ValueName;
}

/**
 * Attention to keys that are computed in the same run, [B, S, H·D].
 * The operator of accelerators, MultiHeadAttention, is not used there. On WebGPU it chooses among kernels by
 * the adapter's vendor and the width of its subgroups, and one of them is wrong by 7 to 20 % from 32 positions
 * on (ONNX Runtime 1.30 with a software driver, whose subgroups have 4 lanes); the parts are right everywhere.
 */
export function attention(g: GraphBuilder, path: string, spec: AttentionSpec): ValueName {
  if (g.target !== "accelerator") return fusedAttention(g, path, spec);
  const query = scaled(g, path, heads(g, `${path}/query`, spec.query, spec), spec);
  const key = turnedHeads(g, `${path}/key`, spec.key, spec);
  const value = heads(g, `${path}/value`, spec.value, spec);
  const scores = g.node(`${path}/scores`, { opType: "MatMul", inputs: [query, key] });
  return mixed(g, path, { ...spec, scores, value });
}

/** Keys and values may have fewer heads, KV. */
type GroupedAttentionSpec = AttentionSpec & GroupedHeads;

export interface CachedAttentionSpec extends GroupedAttentionSpec {
  /** Keys and values so far, [B, KV, P, D]. */
  readonly past: KeysAndValues;
  /** Names for them with the new ones behind, [B, KV, P + S, D]. */
  readonly present: KeysAndValues;
}

/** Attention of an accelerator's decoder, [B, S, H·D], to keys and values that grow. */
export function cachedAttention(
  g: GraphBuilder,
  path: string,
  spec: CachedAttentionSpec,
): ValueName {
  const [key, value] = (["key", "value"] as const).map((tensor) =>
    g.node(`${path}/present/${tensor}`, {
      opType: "Concat",
      inputs: [spec.past[tensor], heads(g, `${path}/${tensor}`, spec[tensor], kvHeads(spec))],
      attributes: { axis: { int: 2 } },
      outputs: [spec.present[tensor]],
    }),
  ) as [ValueName, ValueName];
  return headsAttention(g, path, { ...spec, key, value });
}

/** Attention of an accelerator to keys and values that lie by heads, [B, KV, T, D] each; [B, S, H·D]. */
export function headsAttention(
  g: GraphBuilder,
  path: string,
  spec: GroupedAttentionSpec,
): ValueName {
  const query = turnedQueries(g, `${path}/query`, spec); // [B, KV, D, H/KV · S]
  // The few new positions are turned rather than all keys.
  const columns = g.node(`${path}/scores`, {
    opType: "MatMul",
    inputs: [spec.key, scaled(g, path, query, spec)],
  }); // [B, KV, T, H/KV · S]
  const rows = transpose(g, `${path}/scores`, columns, { perm: [0, 1, 3, 2] });
  const scores = ungrouped(g, `${path}/scores`, rows, spec);
  return mixed(g, path, { ...spec, scores });
}

function turnedQueries(g: GraphBuilder, path: string, spec: GroupedAttentionSpec): ValueName {
  if (kvHeads(spec).nHeads === spec.nHeads) return turnedHeads(g, path, spec.query, spec);
  const rows = grouped(g, path, heads(g, path, spec.query, spec), spec);
  return transpose(g, `${path}/turned`, rows, { perm: [0, 1, 3, 2] });
}

function fusedAttention(g: GraphBuilder, path: string, spec: AttentionSpec): ValueName {
  return g.node(path, {
    opType: "MultiHeadAttention",
    domain: MICROSOFT,
    inputs: [spec.query, spec.key, spec.value, "", "", spec.bias ?? ""],
    attributes: {
      num_heads: { int: spec.nHeads },
      ...(spec.scale === undefined ? {} : { scale: { float: spec.scale } }),
    },
  });
}

function scaled(g: GraphBuilder, path: string, query: ValueName, spec: AttentionSpec): ValueName {
  const { headDim, scale = headDim ** -0.5 } = spec;
  if (scale === 1) return query;
  return mul(g, `${path}/query/scale`, [query, g.floatConstant("/attention_scale", scale)]);
}

/** softmax(scores + bias) · value with the heads side by side, [B, S, H·D]. */
function mixed(
  g: GraphBuilder,
  path: string,
  spec: GroupedAttentionSpec & { readonly scores: ValueName; readonly value: ValueName },
): ValueName {
  const { scores, bias, value } = spec;
  const biased = bias === undefined ? scores : add(g, `${path}/bias`, [scores, bias]);
  const weights = g.node(path, {
    opType: "Softmax",
    inputs: [biased],
    attributes: { axis: { int: -1 } },
  });
  const rows = grouped(g, `${path}/weights`, weights, spec);
  const apart = g.node(`${path}/mix`, { opType: "MatMul", inputs: [rows, value] });
  return merged(g, path, ungrouped(g, `${path}/mix`, apart, spec), spec);
}
