/** ONNX Runtime with an eye on the tensors that stay in the memory of a device. */

import assert from "node:assert/strict";
import path from "node:path";
import { createOrtSessionFactory, type OrtSession } from "../../src/engine/session/ortSession";
import type {
  Session,
  SessionFactory,
  SessionOptions,
  Tensor,
  TensorMap,
} from "../../src/engine/session/session";

/**
 * Every output that was to stay on the device must be there, and no graph that takes part of a cache may
 * find it on the CPU, except for the cache without positions that a decoder starts from.
 */
export class WatchedFactory implements SessionFactory {
  readonly #inner = createOrtSessionFactory();
  readonly #sessions = new Set<OrtSession>();
  readonly #keptRuns = new Map<string, number>();

  /** Device tensors that nobody has disposed of. */
  get nLive(): number {
    return [...this.#sessions].reduce((sum, { nDeviceTensors }) => sum + nDeviceTensors, 0);
  }

  /** Sessions that are open. */
  get nSessions(): number {
    return this.#sessions.size;
  }

  /** Runs of a graph, named as in `PART`, whose caches were looked at. */
  nKeptRuns(part: string): number {
    return this.#keptRuns.get(part) ?? 0;
  }

  async open(graph: string | Uint8Array, options: SessionOptions): Promise<Session> {
    const session = await this.#inner.open(graph, options);
    // Graphs in memory are probes of the device.
    if (typeof graph !== "string") return session;
    const part = path.basename(graph, ".onnx").replace(/\.accelerator$/, "");
    this.#sessions.add(session);
    const onDevice = options.outputsOnDevice ?? [];
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: async (feeds) => {
        assertFedFromDevice(part, feeds);
        const outputs = await session.run(feeds);
        for (const name of onDevice) assertKept(part, name, outputs[name]);
        if (onDevice.length > 0) this.#keptRuns.set(part, this.nKeptRuns(part) + 1);
        return outputs;
      },
      release: async () => {
        await session.release();
        this.#sessions.delete(session);
      },
    };
  }
}

function assertKept(part: string, name: string, tensor: Tensor | undefined): void {
  assert.equal(tensor?.location, "device", `${name} of ${part} left the device`);
}

function assertFedFromDevice(part: string, feeds: TensorMap): void {
  for (const [name, { location, dims }] of Object.entries(feeds)) {
    if (!name.startsWith("past") || dims.includes(0)) continue;
    assert.equal(location, "device", `${name} came to ${part} from the CPU`);
  }
}
