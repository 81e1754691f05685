/**
 * Keys and values of the positions a decoder has seen: what decoding asks of them, wherever they are kept.
 */

import { invariant } from "../../base/assert";
import { encoderCacheNames, HIDDEN } from "../../model/graph/graphContract";
import { cpuTensor, type Tensor, type TensorMap } from "../session/session";

/** The cache of one decoding. Whoever replaces or drops a cache disposes it. */
export interface KvCache {
  readonly batch: number;
  /** Positions that every row has. */
  readonly length: number;
  /** Inputs of a run of the decoder over so many more positions. They stay the cache's. */
  feeds(nNew: number): TensorMap;
  /** The position whose key each column of the scores of such a run is for, [T]; any for a hidden one. */
  keyPositions(nNew: number): readonly number[];
  /** The cache after that run; takes what it needs of the outputs. The old one must not be used again. */
  advanced(outputs: TensorMap, nNew: number): KvCache;
  /**
   * The cache whose row i is row `beamIdx[i]`. A cache of several rows must not be used again; one of a
   * single row stays as it is, because a later question may go on from it.
   * @throws AppError `device.failed`.
   */
  reordered(beamIdx: readonly number[]): Promise<KvCache>;
  /** The first positions of a cache with one row; this cache stays as it is. @throws as `reordered`. */
  cutTo(length: number): Promise<KvCache>;
  /** Frees what only this cache holds; on a device nothing else does. */
  dispose(): void;
}

/** Keys and values over the output of an encoder, which do not grow. */
export interface EncoderCache {
  /** As the decoder takes them. */
  readonly tensors: TensorMap;
  readonly length: number;
}

/** What a graph gave for each layer, under the names that another one takes. */
export function encoderTensors(nLayers: number, outputs: TensorMap, frequency?: number): TensorMap {
  const tensors = encoderCacheNames(nLayers, frequency).map(({ past, present }) => {
    const tensor = outputs[present];
    invariant(tensor !== undefined, `The graph gave no ${present}.`);
    return [past, tensor] as const;
  });
  return Object.fromEntries(tensors);
}

/** What a decoder's cache begins with where it is not the decoder that computes it. */
export interface GivenPositions {
  readonly tensors: readonly Tensor[];
  readonly length: number;
}

/** The way in which the decoder of a device keeps keys and values. */
export interface KvCaches {
  /**
   * A cache of one row: without positions, or with those that another graph gave, [1, H, length, D] each,
   * layer by layer, key before value. They stay the caller's.
   */
  begin(given?: GivenPositions): KvCache;
  /**
   * An encoder's keys and values, of one row, for so many rows; the same where rows share them. A result
   * of its own is the caller's to dispose.
   * @throws AppError `device.failed`.
   */
  encoderRows(cache: EncoderCache, nRows: number): Promise<EncoderCache>;
}

/**
 * f32 [1, 1, nNew, past + nNew] for positions that follow each other: each new one sees what was before it
 * and itself.
 */
export function causalBias(past: number, nNew: number): Tensor {
  const width = past + nNew;
  const bias = new Float32Array(nNew * width);
  for (let i = 0; i < nNew; i++) bias.fill(HIDDEN, i * width + past + i + 1, (i + 1) * width);
  return cpuTensor(bias, [1, 1, nNew, width]);
}

/** Frees tensors. */
export function disposeTensors(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
