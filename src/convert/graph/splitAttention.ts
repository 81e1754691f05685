/**
 * Attention of the CPU's decoder, of operators that broadcast: rows of a batch read the same keys without
 * a copy, and the keys of different origins lie in tensors of their own.
 */

import type { ValueName, GraphBuilder } from "./graphBuilder";
import {
  grouped,
  type GroupedHeads,
  heads,
  type KeysAndValues,
  kvHeads,
  merged,
  ungrouped,
} from "./heads";
import { add, MICROSOFT } from "./ops";

export interface SplitAttentionSpec extends GroupedHeads {
  readonly query: ValueName; // [B, S, H·D]
  readonly key: ValueName; // [B, S, KV·D], of the new positions
  readonly value: ValueName; // [B, S, KV·D]
  /** Factor on the scores. */
  readonly scale: number;
  readonly prompt: KeysAndValues; // [1, KV, P, D]
  readonly recent: KeysAndValues; // [B, KV, R, D]
  /** Names for the new keys and values, [B, KV, S, D]. */
  readonly fresh: KeysAndValues;
  /** Added to the scores, [1, 1 or H, S, P + R + S]. */
  readonly bias: ValueName;
  /** int64 [3]: P, R, S. */
  readonly segments: ValueName;
}

/**
 *   query ─┬ × prompt keys ─┐
 *          ├ × recent keys ─┼ Concat ─ + bias ─ Softmax ─ Split ─ × values each ─ sum   [B, S, H·D]
 *          └ × new keys ────┘
 */
export function splitAttention(g: GraphBuilder, path: string, spec: SplitAttentionSpec): ValueName {
  const apart = heads(g, `${path}/query`, spec.query, spec);
  const query = grouped(g, `${path}/query`, apart, spec);
  const sizes = kvHeads(spec);
  const fresh = {
    key: heads(g, `${path}/key`, spec.key, { ...sizes, output: spec.fresh.key }),
    value: heads(g, `${path}/value`, spec.value, { ...sizes, output: spec.fresh.value }),
  };
  const segments = [spec.prompt, spec.recent, fresh];
  const products = g.node(`${path}/scores`, {
    opType: "Concat",
    inputs: segments.map(({ key }, i) =>
      product(g, `${path}/scores.${i}`, query, { ...spec, key }),
    ),
    attributes: { axis: { int: -1 } },
  }); // [B, KV, H/KV · S, T]
  const scores = ungrouped(g, `${path}/scores`, products, spec); // [B, H, S, T]
  const likely = softmax(g, path, add(g, `${path}/bias`, [scores, spec.bias]));
  const weights = grouped(g, `${path}/weights`, likely, spec);
  const parts = g.nodes(`${path}/weights`, {
    opType: "Split",
    inputs: [weights, spec.segments],
    attributes: { axis: { int: -1 } },
    outputs: segments.length,
  });
  const [first = "", ...others] = segments.map(({ value }, i) =>
    g.node(`${path}/mix.${i}`, { opType: "MatMul", inputs: [parts[i] ?? "", value] }),
  );
  const sum = others.reduce((left, right) => add(g, `${path}/sum`, [left, right]), first);
  return merged(g, path, ungrouped(g, `${path}/sum`, sum, spec), spec);
}

export interface SharedAttentionSpec {
  readonly query: ValueName; // [B, S, H·D]
  readonly nHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly shared: KeysAndValues; // [1, H, E, D]
}

/** Attention of every row to the same keys and values, [B, S, H·D]. */
export function sharedAttention(
  g: GraphBuilder,
  path: string,
  spec: SharedAttentionSpec,
): ValueName {
  const query = heads(g, `${path}/query`, spec.query, spec);
  const { key, value } = spec.shared;
  const weights = softmax(g, path, product(g, `${path}/scores`, query, { ...spec, key }));
  const mixed = g.node(`${path}/mix`, { opType: "MatMul", inputs: [weights, value] });
  return merged(g, path, mixed, spec);
}

/** scale · query keyᵀ, [B, H, S, positions]. */
function product(
  g: GraphBuilder,
  path: string,
  query: ValueName,
  { key, scale }: { readonly key: ValueName; readonly scale: number },
): ValueName {
  return g.node(path, {
    opType: "FusedMatMul",
    domain: MICROSOFT,
    inputs: [query, key],
    attributes: { transB: { int: 1 }, alpha: { float: scale } },
  });
}

function softmax(g: GraphBuilder, path: string, x: ValueName): ValueName {
  return g.node(path, { opType: "Softmax", inputs: [x], attributes: { axis: { int: -1 } } });
}
