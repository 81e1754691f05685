/** Graphs without weights that move rows of the key/value cache, so that beams stay on the device. */

import {
  IO,
  cacheNames,
  encoderCacheNames,
  PART,
  type PartName,
} from "../../model/graph/graphContract";
import { GraphBuilder } from "../graph/graphBuilder";

export interface CacheGraphSpec {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly headDim: number;
}

/** past [B, H, P, D] and beam_idx [new B] → present [new B, H, P, D], for every layer. */
export function reorderCacheGraph(spec: CacheGraphSpec & { hasEncoder: boolean }): GraphBuilder {
  return gatherRows(PART.reorderCache, cacheNames(spec.nLayers, spec.hasEncoder), spec);
}

/** The same for the encoder's keys and values, once per question with beams. */
export function expandEncoderCacheGraph(spec: CacheGraphSpec): GraphBuilder {
  return gatherRows(PART.expandEncoderCache, encoderCacheNames(spec.nLayers), spec);
}

/** past [B, H, P, D] and cache_length → present [B, H, cache_length, D], for every layer. */
export function truncateCacheGraph(spec: CacheGraphSpec): GraphBuilder {
  const g = new GraphBuilder(PART.truncateCache);
  const length = g.input(IO.cacheLength, "int64", [1]);
  const begin = g.int64Constant("/begin", [0]);
  const axis = g.int64Constant("/axis", [2]);
  for (const { past, present } of cacheNames(spec.nLayers, false)) {
    const cache = g.input(past, "float32", ["batch", spec.nHeads, "length", spec.headDim]);
    g.node(`/${past}`, {
      opType: "Slice",
      inputs: [cache, begin, length, axis],
      outputs: [present],
    });
    g.output(present, "float32", ["batch", spec.nHeads, "kept", spec.headDim]);
  }
  return g;
}

function gatherRows(
  part: PartName,
  names: readonly { readonly past: string; readonly present: string }[],
  spec: CacheGraphSpec,
): GraphBuilder {
  const g = new GraphBuilder(part);
  const rows = g.input(IO.beamIdx, "int32", ["new_batch"]);
  for (const { past, present } of names) {
    const cache = g.input(past, "float32", ["batch", spec.nHeads, "length", spec.headDim]);
    g.node(`/${past}`, {
      opType: "Gather",
      inputs: [cache, rows],
      attributes: { axis: { int: 0 } },
      outputs: [present],
    });
    g.output(present, "float32", ["new_batch", spec.nHeads, "length", spec.headDim]);
  }
  return g;
}
