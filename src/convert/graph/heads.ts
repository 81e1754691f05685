/** Rows of all heads side by side, and head by head. */

import type { GraphBuilder, ValueName } from "./graphBuilder";
import { reshape, transpose } from "./ops";

export interface HeadSizes {
  readonly nHeads: number;
  readonly headDim: number;
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
  spec: HeadSizes & { readonly output?: ValueName },
): ValueName {
  const { nHeads, headDim, output } = spec;
  const apart = reshape(g, path, x, [0, 0, nHeads, headDim]);
  return transpose(g, path, apart, {
    perm: ROWS,
    ...(output === undefined ? {} : { output }),
  });
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
