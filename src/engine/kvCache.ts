/**
 * Keys and values of the positions a decoder has seen. A cache owns its tensors: whoever replaces or
 * drops a cache disposes it, which on a device is the only way its memory comes back.
 */

import { invariant } from "../base/assert";
import { IO } from "../model/graphContract";
import {
  cpuTensor,
  floats,
  ownedTensor,
  type Session,
  type Tensor,
  type TensorMap,
} from "./session";

/** Input and output name of one cached tensor. */
export interface CacheName {
  readonly past: string;
  readonly present: string;
}

export class KvCache {
  /** Past names → [batch, H, length, D]. */
  readonly tensors: TensorMap;
  readonly batch: number;
  /** Positions. */
  readonly length: number;

  constructor(tensors: TensorMap, size: { readonly batch: number; readonly length: number }) {
    this.tensors = tensors;
    this.batch = size.batch;
    this.length = size.length;
  }

  dispose(): void {
    for (const tensor of Object.values(this.tensors)) tensor.dispose();
  }
}

/** A cache without positions, for the first run of a decoder. */
export function emptyCache(
  names: readonly CacheName[],
  shape: { readonly nHeads: number; readonly headDim: number },
): KvCache {
  const dims = [1, shape.nHeads, 0, shape.headDim];
  const tensors = names.map(({ past }) => [past, cpuTensor(new Float32Array(0), dims)] as const);
  return new KvCache(Object.fromEntries(tensors), { batch: 1, length: 0 });
}

/** Takes the present tensors out of what a decoder gave. */
export function presentCache(
  names: readonly CacheName[],
  outputs: TensorMap,
  size: { readonly batch: number; readonly length: number },
): KvCache {
  const tensors = names.map(({ past, present }) => {
    const tensor = outputs[present];
    invariant(tensor !== undefined, `The graph gave no ${present}.`);
    return [past, tensor] as const;
  });
  return new KvCache(Object.fromEntries(tensors), size);
}

/**
 * Row i of the result is row `beamIdx[i]` of the cache; the cache stays as it is.
 * The session moves rows on the device; on the CPU they are copied here, once where a graph's result
 * would be copied again on its way out.
 */
export async function gatherRows(
  session: Session,
  names: readonly CacheName[],
  selection: { readonly cache: KvCache; readonly beamIdx: readonly number[] },
): Promise<KvCache> {
  const { cache, beamIdx } = selection;
  const entries = Object.entries(cache.tensors);
  if (entries.every(([, { location }]) => location === "cpu")) {
    const rows = entries.map(([name, tensor]) => [name, copyRows(tensor, beamIdx)] as const);
    return new KvCache(Object.fromEntries(rows), { batch: beamIdx.length, length: cache.length });
  }
  const feeds: Record<string, Tensor> = {
    [IO.beamIdx]: cpuTensor(Int32Array.from(beamIdx), [beamIdx.length]),
    ...cache.tensors,
  };
  const outputs = await session.run(feeds);
  return presentCache(names, outputs, { batch: beamIdx.length, length: cache.length });
}

/** The first `length` positions; the cache stays as it is. */
export async function truncate(
  session: Session,
  names: readonly CacheName[],
  selection: { readonly cache: KvCache; readonly length: number },
): Promise<KvCache> {
  const { cache, length } = selection;
  const kept = cpuTensor(BigInt64Array.of(BigInt(length)), [1]);
  const outputs = await session.run({ [IO.cacheLength]: kept, ...cache.tensors });
  return presentCache(names, outputs, { batch: cache.batch, length });
}

function copyRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const values = floats(tensor);
  const [batch = 1, ...inner] = tensor.dims;
  const size = values.length / batch;
  const out = new Float32Array(rows.length * size);
  rows.forEach((from, to) => {
    out.set(values.subarray(from * size, (from + 1) * size), to * size);
  });
  return ownedTensor(out, [rows.length, ...inner]);
}
