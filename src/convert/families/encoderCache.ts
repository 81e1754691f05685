/**
 * Keys and values of what a text model reads besides its own text: one graph gives them once for a picture
 * or a question, and another reads them at each step.
 */

import { pastEncoderName, presentEncoderName } from "../../model/graph/graphContract";
import { headsAttention } from "../graph/attention";
import type { GraphBuilder, ValueName } from "../graph/graphBuilder";
import { heads, type KeysAndValues } from "../graph/heads";
import { sharedAttention } from "../graph/splitAttention";

interface CachePlace {
  readonly layer: number;
  readonly nHeads: number;
  readonly headDim: number;
}

const TENSORS = ["key", "value"] as const;

/** Declares keys and values of a layer, [rows, E, H·D] each, as outputs, [rows, H, E, D]. */
export function outputEncoderCache(
  g: GraphBuilder,
  path: string,
  spec: CachePlace & KeysAndValues & { readonly rows?: 1 | "batch" },
): void {
  const { layer, nHeads, headDim, rows = 1 } = spec;
  for (const tensor of TENSORS) {
    const output = presentEncoderName(layer, tensor);
    heads(g, `${path}/${tensor}`, spec[tensor], { nHeads, headDim, output });
    g.output(output, "float32", [rows, nHeads, "encoder", headDim]);
  }
}

/**
 * Declares a layer's inputs, [rows, H, E, D].
 * @param spec `rows` by default 1, of which an accelerator takes one for each row.
 */
export function encoderCacheInputs(
  g: GraphBuilder,
  spec: CachePlace & { readonly rows?: "batch" },
): KeysAndValues {
  const { layer, nHeads, headDim, rows = g.target === "accelerator" ? "batch" : 1 } = spec;
  const [key = "", value = ""] = TENSORS.map((tensor) =>
    g.input(pastEncoderName(layer, tensor), "float32", [rows, nHeads, "encoder", headDim]),
  );
  return { key, value };
}

/** Attention of every row to them, [B, S, H·D]. */
export function encoderAttention(
  g: GraphBuilder,
  path: string,
  spec: Omit<CachePlace, "layer"> & {
    readonly query: ValueName; // [B, S, H·D]
    readonly cache: KeysAndValues;
    /** Factor on the scores. */
    readonly scale: number;
  },
): ValueName {
  const { cache, ...sizes } = spec;
  return g.target === "accelerator"
    ? headsAttention(g, path, { ...sizes, ...cache })
    : sharedAttention(g, path, { ...sizes, shared: cache });
}
