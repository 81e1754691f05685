/**
 * ONNX Runtime on the CPU, counting runs. An engine that is opened for WebGPU gets the graphs of an
 * accelerator, computed on the CPU, and kept outputs are treated as a graphics card would.
 */

import assert from "node:assert/strict";
import path from "node:path";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import type {
  Session,
  SessionFactory,
  SessionOptions,
  Tensor,
  TensorMap,
} from "../../src/engine/session/session";

/** One run of a graph. */
export interface CountedRun {
  /** Name of the graph, as in `PART`. */
  readonly part: string;
  readonly feeds: TensorMap;
}

/**
 * Outputs that a session was asked to keep on the device cannot be read, must be disposed of, and
 * cannot be fed after that.
 */
export class CountingFactory implements SessionFactory {
  readonly runs: CountedRun[] = [];
  /** Called before each run; what it throws is what the graph throws. */
  onRun: (run: CountedRun) => void = () => undefined;
  readonly #inner = createOrtSessionFactory();
  readonly #live = new Set<DeviceTensor>();
  #nSessions = 0;

  /** Device tensors that nobody has disposed of. */
  get nLive(): number {
    return this.#live.size;
  }

  /** Sessions that are open. */
  get nSessions(): number {
    return this.#nSessions;
  }

  /** Runs of one graph. */
  count(part: string): number {
    return this.runs.filter((run) => run.part === part).length;
  }

  /** Sizes along one axis of an input, one for each run of a graph. */
  sizes(part: string, input: string, axis: number): readonly (number | undefined)[] {
    return this.runs.flatMap((run) => (run.part === part ? [run.feeds[input]?.dims[axis]] : []));
  }

  async open(graph: string | Uint8Array, options: SessionOptions): Promise<Session> {
    const session = await this.#inner.open(graph, { ...options, device: "cpu" });
    // The probe of a device, which is no part of a model.
    if (typeof graph !== "string") return session;
    const part = path.basename(graph, ".onnx").replace(/\.accelerator$/, "");
    this.#nSessions++;
    let isReleased = false;
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: (feeds) => this.#run({ part, feeds }, session, options.outputsOnDevice ?? []),
      release: async () => {
        if (!isReleased) this.#nSessions--;
        isReleased = true;
        await session.release();
      },
    };
  }

  async #run(
    run: CountedRun,
    session: Session,
    onDevice: readonly string[],
  ): Promise<Record<string, Tensor>> {
    this.onRun(run);
    this.runs.push(run);
    const feeds = Object.entries(run.feeds).map(([name, tensor]) => [
      name,
      tensor instanceof DeviceTensor ? tensor.take(name) : tensor,
    ]);
    const outputs = await session.run(Object.fromEntries(feeds) as TensorMap);
    const kept = Object.entries(outputs).map(([name, tensor]) => [
      name,
      onDevice.includes(name) ? new DeviceTensor(tensor, this.#live) : tensor,
    ]);
    return Object.fromEntries(kept) as Record<string, Tensor>;
  }
}

class DeviceTensor implements Tensor {
  readonly location = "device";
  readonly dims: readonly number[];
  readonly #inner: Tensor;
  readonly #live: Set<DeviceTensor>;

  constructor(inner: Tensor, live: Set<DeviceTensor>) {
    this.dims = inner.dims;
    this.#inner = inner;
    this.#live = live;
    live.add(this);
  }

  get data(): never {
    throw new assert.AssertionError({ message: "a tensor on the device was read" });
  }

  /** The values, for the graph that takes them. */
  take(name: string): Tensor {
    assert.ok(this.#live.has(this), `${name} was fed after it had been disposed of`);
    return this.#inner;
  }

  dispose(): void {
    this.#live.delete(this);
  }
}
