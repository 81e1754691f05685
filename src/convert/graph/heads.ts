/** Rows of all heads side by side, and head by head. */

import type { GraphBuilder, ValueName } from "./graphBuilder";
import { reshape, transpose } from "./ops";

export interface HeadSizes {
  readonly nHeads: number;
  readonly headDim: number;
}

/** H heads of queries and KV of keys and values, each of which H/KV neighbours read. */
export interface GroupedHeads extends HeadSizes {
  /** KV, a divisor of H. @default H */
  readonly nKvHeads?: number;
}

/** Keys and values, [B or 1, H, positions, D] each. */
export interface KeysAndValues {
  readonly key: ValueName;
  readonly value: ValueName;
}

/** Orders of the axes of a head's matrix. */
const ROWS = [0, 2, 1, 3]; // [B, S, H, D] → [B, H, S, D], and back
const COLUMNS = [0, 2, 3, 1]; // [B, S, H, D] → [B, H, D, S]

/** [B, S, H·D] → [B, H, S, D]. */
export function heads(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  spec: HeadSizes & { readonly output?: ValueName | undefined },
): ValueName {
  const { nHeads, headDim, output } = spec;
  const apart = reshape(g, path, x, [0, 0, nHeads, headDim]);
  return transpose(g, path, apart, { perm: ROWS, output });
}

/** [B, S, H·D] → [B, H, D, S]. */
export function turnedHeads(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  { nHeads, headDim }: HeadSizes,
): ValueName {
  return transpose(g, path, reshape(g, path, x, [0, 0, nHeads, headDim]), { perm: COLUMNS });
}

/** [B, H, S, D] → [B, S, H·D]. */
export function merged(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  { nHeads, headDim }: HeadSizes,
): ValueName {
  const rows = transpose(g, `${path}/merged`, x, { perm: ROWS });
  return reshape(g, `${path}/merged`, rows, [0, 0, nHeads * headDim]);
}

/** The sizes of keys and values. */
export function kvHeads({ nHeads, nKvHeads = nHeads, headDim }: GroupedHeads): HeadSizes {
  return { nHeads: nKvHeads, headDim };
}

/**
 * [B, H, S, n] → [B, KV, H/KV · S, n]: the rows of heads that share keys stand below each other, so that
 * one product serves them. Nothing moves, and nothing is done where each has its own.
 */
export function grouped(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  { nHeads, nKvHeads = nHeads }: GroupedHeads,
): ValueName {
  return nKvHeads === nHeads ? x : reshape(g, `${path}/grouped`, x, [0, nKvHeads, -1, 0]);
}

/** The inverse of `grouped`. */
export function ungrouped(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  { nHeads, nKvHeads = nHeads }: GroupedHeads,
): ValueName {
  return nKvHeads === nHeads ? x : reshape(g, `${path}/ungrouped`, x, [0, nHeads, -1, 0]);
}
