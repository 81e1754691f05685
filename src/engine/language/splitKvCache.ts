/**
 * The cache of the CPU. The decoder gives only the keys and values of new positions, because whatever it
 * gives is copied; they are kept here. Rows share those of the prompt: five beams need no five copies, and
 * reordering them moves only what they have generated.
 */

import { defined, invariant } from "../../base/assert";
import { HIDDEN, IO, splitCacheNames, type SplitCacheName } from "../../model/graph/graphContract";
import type { GivenPositions, KvCache, KvCaches } from "./kvCache";
import { cpuTensor, floats, type Tensor, type TensorMap } from "../session/session";

export interface SplitKvCachesOptions {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly headDim: number;
}

export function splitKvCaches({ nLayers, nHeads, headDim }: SplitKvCachesOptions): KvCaches {
  const shape = { names: splitCacheNames(nLayers), nHeads, headDim };
  return {
    begin: (given) =>
      new SplitKvCache({
        shape,
        prompt: given === undefined ? noPositions(shape) : givenPositions(given),
        recent: noRows(shape, 1),
      }),
    // The decoder's graph lets every row read the one that there is.
    encoderRows: (cache) => Promise.resolve(cache),
  };
}

interface CacheShape {
  readonly names: readonly SplitCacheName[];
  readonly nHeads: number;
  readonly headDim: number;
}

/** Positions that all rows have in common; never written to again, so that caches can share them. */
interface PromptPositions {
  /** By the order of the names, [H, length, D] each. */
  readonly tensors: readonly Float32Array[];
  readonly length: number;
}

/** Positions of each row since then. */
interface RecentPositions {
  /** By the order of the names, [batch, H, capacity, D] each. */
  readonly tensors: readonly Float32Array[];
  readonly batch: number;
  readonly length: number;
  readonly capacity: number;
}

/** Positions by which there is more room at once: a step more than this moves them all. */
const CAPACITY_STEP = 16;

interface SplitKvCacheState {
  readonly shape: CacheShape;
  readonly prompt: PromptPositions;
  readonly recent: RecentPositions;
}

class SplitKvCache implements KvCache {
  readonly batch: number;
  readonly length: number;
  readonly #state: SplitKvCacheState;

  constructor(state: SplitKvCacheState) {
    this.#state = state;
    this.batch = state.recent.batch;
    this.length = state.prompt.length + state.recent.length;
  }

  feeds(nNew: number): TensorMap {
    const { shape, prompt, recent } = this.#state;
    const { names, nHeads, headDim } = shape;
    const sizes = this.#columns(nNew);
    const [nPrompt, nRecent] = sizes;
    const feeds: Record<string, Tensor> = {
      [IO.attentionBias]: this.#attentionBias(nNew),
      [IO.cacheSegments]: cpuTensor(BigInt64Array.from(sizes, BigInt), [3]),
    };
    names.forEach((name, i) => {
      const shared = prompt.length === 0 ? zeros(shape, 1) : prompt.tensors[i];
      const own = recent.capacity === 0 ? zeros(shape, recent.batch) : recent.tensors[i];
      const dims = [nHeads, nPrompt, headDim];
      feeds[name.prompt] = cpuTensor(defined(shared, name.prompt), [1, ...dims]);
      feeds[name.recent] = cpuTensor(defined(own, name.recent), [
        ...[recent.batch, nHeads, nRecent, headDim],
      ]);
    });
    return feeds;
  }

  keyPositions(nNew: number): readonly number[] {
    const { prompt } = this.#state;
    const [nPrompt, nRecent] = this.#columns(nNew);
    const counted = (count: number, first: number, end: number): number[] =>
      Array.from({ length: count }, (_, i) => (first + i < end ? first + i : 0));
    return [
      ...counted(nPrompt, 0, prompt.length),
      ...counted(nRecent, prompt.length, this.length),
      ...counted(nNew, this.length, this.length + nNew),
    ];
  }

  advanced(outputs: TensorMap, nNew: number): KvCache {
    const { shape, prompt, recent } = this.#state;
    const fresh = shape.names.map(({ fresh: name }) => {
      const tensor = outputs[name];
      invariant(tensor !== undefined, `The graph gave no ${name}.`);
      return tensor;
    });
    const values = fresh.map((tensor) => floats(tensor)); // [batch, H, nNew, D]
    const isPrompt = recent.batch === 1 && (nNew > 1 || prompt.length === 0);
    const next = isPrompt
      ? { shape, prompt: this.#joined(this.length, values), recent: noRows(shape, 1) }
      : { shape, prompt, recent: appended(shape, recent, { values, nNew }) };
    for (const tensor of fresh) tensor.dispose();
    return new SplitKvCache(next);
  }

  reordered(beamIdx: readonly number[]): Promise<KvCache> {
    const { shape, prompt, recent } = this.#state;
    const { length, capacity } = recent;
    const batch = beamIdx.length;
    if (batch === this.batch && batch > 1) {
      moveRows(shape, recent, beamIdx);
      return Promise.resolve(new SplitKvCache(this.#state));
    }
    const from = beamIdx.map((row) => ({ row, length }));
    const tensors = recent.tensors.map((values) =>
      copyPositions(shape, { values, capacity, from }, { batch, capacity }),
    );
    const moved = { tensors, batch, length, capacity };
    return Promise.resolve(new SplitKvCache({ shape, prompt, recent: moved }));
  }

  cutTo(length: number): Promise<KvCache> {
    const { shape, prompt } = this.#state;
    invariant(this.batch === 1, "Only a cache with one row can be cut.");
    invariant(length <= this.length, `A cache of ${this.length} positions has no ${length}.`);
    const kept = length === prompt.length ? prompt : this.#joined(length);
    return Promise.resolve(new SplitKvCache({ shape, prompt: kept, recent: noRows(shape, 1) }));
  }

  /** Ordinary memory; nothing holds on to it. */
  dispose(): void {
    return;
  }

  /** Columns of prompt, recent and new positions; one hidden column stands for none. */
  #columns(nNew: number): readonly [number, number, number] {
    const { prompt, recent } = this.#state;
    return [Math.max(1, prompt.length), Math.max(1, recent.capacity), nNew];
  }

  /** f32 [1, 1, nNew, T]: each new position sees what is there, itself and the new ones before it. */
  #attentionBias(nNew: number): Tensor {
    const { prompt, recent } = this.#state;
    const [nPrompt, nRecent] = this.#columns(nNew);
    const width = nPrompt + nRecent + nNew;
    const bias = new Float32Array(nNew * width).fill(HIDDEN);
    for (let i = 0, row = 0; i < nNew; i++, row += width) {
      bias.fill(0, row, row + prompt.length);
      bias.fill(0, row + nPrompt, row + nPrompt + recent.length);
      bias.fill(0, row + nPrompt + nRecent, row + nPrompt + nRecent + i + 1);
    }
    return cpuTensor(bias, [1, 1, nNew, width]);
  }

  /** The first positions of the one row, and behind them new ones, [1, H, n, D]. */
  #joined(length: number, fresh: readonly Float32Array[] = []): PromptPositions {
    const { shape, prompt, recent } = this.#state;
    const { nHeads, headDim } = shape;
    const nPrompt = Math.min(length, prompt.length);
    const nNew = (fresh[0]?.length ?? 0) / (nHeads * headDim);
    const total = length + nNew;
    const tensors = shape.names.map((_, i) => {
      const out = new Float32Array(nHeads * total * headDim);
      const parts = [
        { values: prompt.tensors[i], room: prompt.length, count: nPrompt },
        { values: recent.tensors[i], room: recent.capacity, count: length - nPrompt },
        { values: fresh[i], room: nNew, count: nNew },
      ];
      for (let head = 0, at = 0; head < nHeads; head++) {
        for (const { values, room, count } of parts) {
          const begin = head * room * headDim;
          if (values !== undefined) out.set(values.subarray(begin, begin + count * headDim), at);
          at += count * headDim;
        }
      }
      return out;
    });
    return { tensors, length: total };
  }
}

function givenPositions({ tensors, length }: GivenPositions): PromptPositions {
  return { tensors: tensors.map((tensor) => floats(tensor)), length };
}

function noPositions({ names }: CacheShape): PromptPositions {
  return { tensors: names.map(() => new Float32Array(0)), length: 0 };
}

function noRows({ names }: CacheShape, batch: number): RecentPositions {
  return { tensors: names.map(() => new Float32Array(0)), batch, length: 0, capacity: 0 };
}

/** One position of each row, which is hidden. */
function zeros({ nHeads, headDim }: CacheShape, batch: number): Float32Array {
  return new Float32Array(batch * nHeads * headDim);
}

/** New positions, [batch, H, nNew, D], behind the recent ones; in place where there is room. */
function appended(
  shape: CacheShape,
  recent: RecentPositions,
  { values, nNew }: { readonly values: readonly Float32Array[]; readonly nNew: number },
): RecentPositions {
  const length = recent.length + nNew;
  const roomy = length <= recent.capacity ? recent : enlarged(shape, recent, length);
  const { headDim } = shape;
  roomy.tensors.forEach((target, i) => {
    const source = defined(values[i], "new keys and values");
    const nBlocks = source.length / (nNew * headDim);
    for (let block = 0; block < nBlocks; block++) {
      const from = block * nNew * headDim;
      const to = (block * roomy.capacity + recent.length) * headDim;
      target.set(source.subarray(from, from + nNew * headDim), to);
    }
  });
  return { ...roomy, length };
}

function enlarged(shape: CacheShape, recent: RecentPositions, length: number): RecentPositions {
  const capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP;
  const { batch } = recent;
  const from = Array.from({ length: batch }, (_, row) => ({ row, length: recent.length }));
  const tensors = recent.tensors.map((values) =>
    copyPositions(shape, { values, capacity: recent.capacity, from }, { batch, capacity }),
  );
  return { ...recent, tensors, capacity };
}

/**
 * Reorders the rows where they are: a copy of all of them at every step would be garbage of 50 MB with five
 * beams of OPT-2.7B, which is collected late. Beams that keep their row cost nothing.
 */
function moveRows(
  { nHeads, headDim }: CacheShape,
  { tensors, length, capacity }: RecentPositions,
  beamIdx: readonly number[],
): void {
  const moves = beamIdx.flatMap((from, to) => (from === to ? [] : [{ from, to }]));
  const used = length * headDim;
  const room = capacity * headDim;
  const moved = new Float32Array(moves.length * nHeads * used);
  for (const values of tensors) {
    let at = 0;
    for (const { from } of moves) {
      for (let head = 0; head < nHeads; head++, at += used) {
        const begin = (from * nHeads + head) * room;
        moved.set(values.subarray(begin, begin + used), at);
      }
    }
    at = 0;
    for (const { to } of moves) {
      for (let head = 0; head < nHeads; head++, at += used) {
        values.set(moved.subarray(at, at + used), (to * nHeads + head) * room);
      }
    }
  }
}

interface PositionsSource {
  /** [rows, H, capacity, D]. */
  readonly values: Float32Array;
  readonly capacity: number;
  /** For each new row the old one, and how many of its positions are copied. */
  readonly from: readonly { readonly row: number; readonly length: number }[];
}

/** [batch, H, capacity, D]; positions behind those that are copied are zeros. */
function copyPositions(
  { nHeads, headDim }: CacheShape,
  { values, capacity, from }: PositionsSource,
  to: { readonly batch: number; readonly capacity: number },
): Float32Array {
  const out = new Float32Array(to.batch * nHeads * to.capacity * headDim);
  from.forEach(({ row, length }, newRow) => {
    for (let head = 0; head < nHeads; head++) {
      const begin = (row * nHeads + head) * capacity * headDim;
      const at = (newRow * nHeads + head) * to.capacity * headDim;
      out.set(values.subarray(begin, begin + length * headDim), at);
    }
  });
  return out;
}
