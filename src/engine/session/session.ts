/** The port between BLIP-2 and whatever runs its graphs. The one implementation is ortSession.ts. */

import { AppError } from "../../base/errors";
import type { Device } from "../../model/ask/device";

export type TensorData = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/**
 * A value that a graph takes or gives. A tensor on the device has no `data` and holds device memory
 * until `dispose()`; a tensor on the CPU may be dropped without ceremony, and disposing of a result
 * gives its memory back at once.
 */
export interface Tensor {
  readonly dims: readonly number[];
  readonly location: "cpu" | "device";
  /** Row-major elements. @throws AppError `internal` when the tensor is on the device. */
  readonly data: TensorData;
  /** Frees the memory of a result, whose `data` is empty from then on; harmless when called twice. */
  dispose(): void;
}

export type TensorMap = Readonly<Record<string, Tensor>>;

/** One loaded graph. Not re-entrant: callers run one session of a process at a time. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the whole graph. Feeds stay the caller's; outputs become the caller's.
   * @param signal a graph in stages looks at it between two of them; nothing else can be interrupted.
   * @throws AppError `device.failed`, `request.cancelled`.
   */
  run(feeds: TensorMap, signal?: AbortSignal): Promise<Record<string, Tensor>>;
  /** Frees the weights and the device tensors this session gave; harmless when called twice. */
  release(): Promise<void>;
}

export interface SessionOptions {
  readonly device: Device;
  /** Outputs that stay in device memory, where the device has one that JavaScript can hold on to. */
  readonly outputsOnDevice?: readonly string[] | undefined;
  /**
   * Leave the weights in the memory-mapped file: loads at once and the pages can be evicted.
   * Right for f32 weights; those of w8a8 are then packed at each run, for a tenth of the time of a picture;
   * ruinous for block-quantised ones, which take a hundred times as long.
   * @default false
   */
  readonly keepWeightsMapped?: boolean;
  /**
   * The runtime keeps the memory of a run for the next one. Right for training, which runs the same sizes again
   * and again. @default false
   */
  readonly keepsArena?: boolean;
  /** Of the CPU, for one run. @default one for each core */
  readonly nThreads?: number | undefined;
  /**
   * Start of the path of a file in which the runtime notes what each operator takes, written when the session
   * is released. Slows everything down a little. @default nowhere
   */
  readonly profileTo?: string;
  /** Fail instead of running a node on the CPU that the device has no kernel for. @default false */
  readonly forbidCpuFallback?: boolean;
}

export interface SessionFactory {
  /**
   * Loads a graph by path, its weight file beside it, or from the bytes of a graph without one.
   * @throws AppError `model.corrupt` when the graph or its weights cannot be read,
   * `device.unavailable` when the device is not there or cannot hold or run this graph,
   * `device.failed` when the CPU could not (not enough memory).
   */
  open(graph: string | Uint8Array, options: SessionOptions): Promise<Session>;
}

/** A tensor in ordinary memory. The data is not copied. */
export function cpuTensor(data: TensorData, dims: readonly number[]): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count !== data.length) {
    throw new AppError(
      "internal",
      `A tensor [${dims.join(", ")}] cannot hold ${data.length} values.`,
    );
  }
  return { dims, data, location: "cpu", dispose: () => undefined };
}

/**
 * A tensor in ordinary memory that nobody else uses, which comes back when it is disposed: a step of
 * five beams gives 180 MB of keys and values, and the garbage collector lets gigabytes of them gather.
 */
export function ownedTensor(data: TensorData, dims: readonly number[]): Tensor {
  const dispose = (): void => {
    const { buffer } = data;
    // Taking a buffer over and dropping it frees it at once; Node 20 has no ArrayBuffer.transfer.
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) {
      structuredClone(undefined, { transfer: [buffer] });
    }
  };
  return { ...cpuTensor(data, dims), dispose };
}

/** The elements of a float tensor. @throws AppError `internal` for another element type. */
export function floats(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new AppError("internal", "A graph gave no float32 tensor where one was expected.");
}
