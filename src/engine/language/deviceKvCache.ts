/**
 * The cache of an accelerator: the decoder takes all keys and values and gives them back with the new
 * ones, so that they never leave a device that can keep them. Small graphs move the rows there.
 */

import { invariant } from "../../base/assert";
import { cacheNames, encoderCacheNames, IO, PART } from "../../model/graph/graphContract";
import {
  causalBias,
  disposeTensors,
  type EncoderCache,
  type KvCache,
  type KvCaches,
} from "./kvCache";
import type { PartSessions } from "../session/partSessions";
import {
  cpuTensor,
  floats,
  ownedTensor,
  type Session,
  type Tensor,
  type TensorMap,
} from "../session/session";

export interface DeviceKvCachesOptions {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly headDim: number;
  readonly hasEncoder: boolean;
  readonly sessions: Pick<PartSessions, "open">;
}

/** Input and output name of one cached tensor. */
interface CacheName {
  readonly past: string;
  readonly present: string;
}

export function deviceKvCaches(options: DeviceKvCachesOptions): KvCaches {
  const { nLayers, nHeads, headDim, hasEncoder, sessions } = options;
  const names = cacheNames(nLayers, hasEncoder);
  return {
    begin: ({ tensors, length } = { tensors: [], length: 0 }) => {
      const dims = [1, nHeads, length, headDim];
      // Tensors in ordinary memory, whose disposal does nothing to the values.
      const own = names.map(({ past }, i) => {
        const given = tensors[i];
        const values = given === undefined ? new Float32Array(0) : floats(given);
        return [past, cpuTensor(values, dims)] as const;
      });
      const size = { batch: 1, length };
      return new DeviceKvCache({ names, sessions, tensors: Object.fromEntries(own), size });
    },
    encoderRows: async (cache, nRows) => {
      if (nRows === 1) return cache;
      const session = await sessions.open(PART.expandEncoderCache);
      const rows = Array.from({ length: nRows }, () => 0);
      const tensors = await gatherRows(session, {
        names: encoderCacheNames(nLayers),
        tensors: cache.tensors,
        rows,
      });
      return { tensors, length: cache.length } satisfies EncoderCache;
    },
  };
}

interface DeviceKvCacheState {
  readonly names: readonly CacheName[];
  readonly sessions: Pick<PartSessions, "open">;
  /** Past names → [batch, H, length, D]. */
  readonly tensors: TensorMap;
  readonly size: { readonly batch: number; readonly length: number };
}

class DeviceKvCache implements KvCache {
  readonly batch: number;
  readonly length: number;
  readonly #state: DeviceKvCacheState;

  constructor(state: DeviceKvCacheState) {
    this.#state = state;
    this.batch = state.size.batch;
    this.length = state.size.length;
  }

  feeds(nNew: number): TensorMap {
    return { [IO.attentionBias]: causalBias(this.length, nNew), ...this.#state.tensors };
  }

  keyPositions(nNew: number): readonly number[] {
    return Array.from({ length: this.length + nNew }, (_, position) => position);
  }

  advanced(outputs: TensorMap, nNew: number): KvCache {
    const tensors = presentTensors(this.#state.names, outputs);
    this.dispose();
    return this.#with(tensors, { batch: this.batch, length: this.length + nNew });
  }

  async reordered(beamIdx: readonly number[]): Promise<KvCache> {
    const { names, tensors, sessions } = this.#state;
    const session = await sessions.open(PART.reorderCache);
    const gathered = await gatherRows(session, { names, tensors, rows: beamIdx });
    if (this.batch > 1) this.dispose();
    return this.#with(gathered, { batch: beamIdx.length, length: this.length });
  }

  async cutTo(length: number): Promise<KvCache> {
    const { names, tensors, sessions } = this.#state;
    const session = await sessions.open(PART.truncateCache);
    const kept = cpuTensor(BigInt64Array.of(BigInt(length)), [1]);
    const outputs = await session.run({ [IO.cacheLength]: kept, ...tensors });
    return this.#with(presentTensors(names, outputs), { batch: this.batch, length });
  }

  dispose(): void {
    disposeTensors(Object.values(this.#state.tensors));
  }

  #with(tensors: TensorMap, size: DeviceKvCacheState["size"]): KvCache {
    return new DeviceKvCache({ ...this.#state, tensors, size });
  }
}

/** What a graph gave, under the names that the decoder takes. */
function presentTensors(names: readonly CacheName[], outputs: TensorMap): TensorMap {
  const tensors = names.map(({ past, present }) => {
    const tensor = outputs[present];
    invariant(tensor !== undefined, `The graph gave no ${present}.`);
    return [past, tensor] as const;
  });
  return Object.fromEntries(tensors);
}

interface RowSelection {
  readonly names: readonly CacheName[];
  readonly tensors: TensorMap;
  readonly rows: readonly number[];
}

/**
 * The session moves rows on the device; what is on the CPU, because the device cannot keep it, is copied
 * here, once where a graph's result would be copied again on its way out.
 */
async function gatherRows(
  session: Session,
  { names, tensors, rows }: RowSelection,
): Promise<TensorMap> {
  const entries = Object.entries(tensors);
  if (entries.every(([, { location }]) => location === "cpu")) {
    return Object.fromEntries(
      entries.map(([name, tensor]) => [name, copyRows(tensor, rows)] as const),
    );
  }
  const feeds: Record<string, Tensor> = {
    [IO.beamIdx]: cpuTensor(Int32Array.from(rows), [rows.length]),
    ...tensors,
  };
  return presentTensors(names, await session.run(feeds));
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
