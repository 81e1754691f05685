/**
 * Self-attention of a decoder with the keys and values of earlier positions, as the graph's target keeps
 * them (see graphContract.ts).
 */

import {
  IO,
  newName,
  pastName,
  presentName,
  promptName,
  recentName,
} from "../../model/graph/graphContract";
import type { GraphBuilder, ValueName } from "../graph/graphBuilder";
import { attention, cachedAttention } from "../graph/attention";
import { type GroupedHeads, kvHeads } from "../graph/heads";
import { add } from "../graph/ops";
import { splitAttention } from "../graph/splitAttention";

export interface DecoderCacheSpec extends GroupedHeads {
  /** True when there are keys and values of an encoder besides. */
  readonly hasEncoder: boolean;
  /** Relative positions, added to the scores, [1, H, S, T]. */
  readonly positionBias?: ValueName;
}

export interface NewPositions {
  readonly query: ValueName; // [B, S, H·D]
  readonly key: ValueName; // [B, S, KV·D]
  readonly value: ValueName; // [B, S, KV·D]
  /** Factor on the scores. */
  readonly scale: number;
}

export interface DecoderCache {
  /** Causal attention of one layer, [B, S, H·D]; declares the layer's inputs. */
  attend(path: string, layer: number, spec: NewPositions): ValueName;
  /** Declares the layer's outputs; in the order of the layers, behind the logits. */
  declareOutputs(layer: number): void;
}

/** The cache of a graph; declares the inputs that all layers share. */
export function decoderCache(g: GraphBuilder, spec: DecoderCacheSpec): DecoderCache {
  if (g.training !== undefined) return noCache(g, spec);
  return g.target === "accelerator" ? wholeCache(g, spec) : splitCache(g, spec);
}

/** All positions come at once when a model learns, so that nothing is kept. */
function noCache(g: GraphBuilder, spec: DecoderCacheSpec): DecoderCache {
  const bias = scoresBias(g, spec);
  return {
    attend: (path, _layer, positions) =>
      attention(g, path, { ...positions, ...queryHeads(spec), bias }),
    declareOutputs: () => undefined,
  };
}

const TENSORS = ["key", "value"] as const;

function wholeCache(g: GraphBuilder, spec: DecoderCacheSpec): DecoderCache {
  const { hasEncoder } = spec;
  const { nHeads, headDim } = kvHeads(spec);
  const bias = scoresBias(g, spec);
  const present = (layer: number): Record<"key" | "value", ValueName> =>
    both((tensor) => presentName(layer, tensor, hasEncoder));
  return {
    attend: (path, layer, positions) =>
      cachedAttention(g, path, {
        ...positions,
        ...queryHeads(spec),
        bias,
        past: both((tensor) =>
          g.input(pastName(layer, tensor, hasEncoder), "float32", [
            ...["batch", nHeads, "past", headDim],
          ]),
        ),
        present: present(layer),
      }),
    declareOutputs: (layer) => {
      for (const name of Object.values(present(layer))) {
        g.output(name, "float32", ["batch", nHeads, "total", headDim]);
      }
    },
  };
}

function splitCache(g: GraphBuilder, spec: DecoderCacheSpec): DecoderCache {
  const { nHeads, headDim } = kvHeads(spec);
  const bias = scoresBias(g, spec);
  const segments = g.input(IO.cacheSegments, "int64", [3]);
  return {
    attend: (path, layer, positions) =>
      splitAttention(g, path, {
        ...positions,
        ...queryHeads(spec),
        ...{ bias, segments },
        prompt: both((tensor) =>
          g.input(promptName(layer, tensor), "float32", [1, nHeads, "prompt", headDim]),
        ),
        recent: both((tensor) =>
          g.input(recentName(layer, tensor), "float32", ["batch", nHeads, "recent", headDim]),
        ),
        fresh: both((tensor) => newName(layer, tensor)),
      }),
    declareOutputs: (layer) => {
      for (const tensor of TENSORS) {
        g.output(newName(layer, tensor), "float32", ["batch", nHeads, "sequence", headDim]);
      }
    },
  };
}

function queryHeads({ nHeads, nKvHeads = nHeads, headDim }: GroupedHeads): Required<GroupedHeads> {
  return { nHeads, nKvHeads, headDim };
}

/** What hides positions from each other, and the relative positions where there are some. */
function scoresBias(g: GraphBuilder, { positionBias }: DecoderCacheSpec): ValueName {
  const hidden = g.input(IO.attentionBias, "float32", [1, 1, "sequence", "total"]);
  return positionBias === undefined ? hidden : add(g, "/bias", [positionBias, hidden]);
}

function both(name: (tensor: "key" | "value") => ValueName): Record<"key" | "value", ValueName> {
  return { key: name("key"), value: name("value") };
}
