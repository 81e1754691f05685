/**
 * The session port on onnxruntime-node 1.30; the only file that knows that package.
 * `create` and `run` of 1.30 block the calling thread, and nothing can interrupt them.
 */

import { stat } from "node:fs/promises";
import type * as Ort from "onnxruntime-node";
import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import { TaskQueue } from "../../base/taskQueue";
import {
  ownedTensor,
  type Session,
  type SessionFactory,
  type SessionOptions,
  type Tensor,
  type TensorData,
  type TensorMap,
} from "./session";
import type { Device } from "../../model/ask/device";

/** A session that also tells how much device memory its callers still hold. */
export interface OrtSession extends Session {
  /** Device tensors that this session gave and nobody has disposed. */
  readonly nDeviceTensors: number;
}

export interface OrtSessionFactory extends SessionFactory {
  open(graph: string | Uint8Array, options: SessionOptions): Promise<OrtSession>;
}

export interface OrtSessionFactoryOptions {
  /** Loads the native library. @default `import("onnxruntime-node")` */
  readonly loadRuntime?: () => Promise<typeof Ort>;
  /** Throws where the system's loader finds no library of that name. @default `process.dlopen` */
  readonly findLibrary?: (name: string) => void;
}

/**
 * Makes a factory; the native library is loaded when the first graph is opened, so that a machine
 * where it cannot be loaded gets an error and not a dead process. One factory per process: work on
 * all its sessions is done one piece after the other, since concurrent runs crash WebGPU.
 * `open` throws AppError `device.unavailable` also when the native library does not load.
 */
export function createOrtSessionFactory(options: OrtSessionFactoryOptions = {}): OrtSessionFactory {
  const loadRuntime = options.loadRuntime ?? (() => import("onnxruntime-node"));
  const findLibrary = options.findLibrary ?? findSystemLibrary;
  const queue = new TaskQueue();
  return {
    open: (graph, sessionOptions) =>
      queue.add(async () => {
        const runtime = await loadOrExplain(loadRuntime);
        const label = typeof graph === "string" ? graph : "A graph in memory";
        const source = { runtime, graph, label, options: sessionOptions, findLibrary };
        const native = await createNative(source);
        const { device, profileTo } = sessionOptions;
        const isProfiled = profileTo !== undefined;
        return new NativeSession(native, { runtime, queue, label, device, isProfiled });
      }),
  };
}

/**
 * ONNX Runtime since 1.29 sends what it does to its maker, and keeps an identifier and a queue in the
 * user's cache folder, and a file in the current one. On Linux and macOS this turns all of it off; it is
 * read once, while the library starts, and there is no later way.
 */
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: "1" };

async function loadOrExplain(load: () => Promise<typeof Ort>): Promise<typeof Ort> {
  try {
    Object.assign(process.env, NO_TELEMETRY);
    return await load();
  } catch (cause) {
    // On Windows the library needs Microsoft's C++ runtime, which a fresh system lacks.
    const remedy =
      process.platform === "win32"
        ? "Install the Microsoft Visual C++ Redistributable (x64 or arm64) and try again."
        : `It is built for Windows, for Linux with glibc 2.28 or newer, and for Apple silicon; this is ${process.platform}-${process.arch}.`;
    throw new AppError(
      "device.unavailable",
      `ONNX Runtime cannot be loaded: ${firstLine(cause)} ${remedy}`,
      { cause },
    );
  }
}

interface Source {
  readonly runtime: typeof Ort;
  readonly graph: string | Uint8Array;
  /** What to call the graph in a message. */
  readonly label: string;
  readonly options: SessionOptions;
  readonly findLibrary: (name: string) => void;
}

async function createNative(source: Source): Promise<Ort.InferenceSession> {
  const { graph, label, options } = source;
  if (typeof graph === "string") await requireFile(graph);
  let native: Ort.InferenceSession;
  try {
    if (options.device === "webgpu" && process.platform === "linux") {
      source.findLibrary(VULKAN_LOADER);
    }
    native = await create(source.runtime, graph, nativeOptions(options));
  } catch (cause) {
    throw await explain(cause, source);
  }
  const unknown = options.outputsOnDevice?.filter((name) => !native.outputNames.includes(name));
  if (unknown !== undefined && unknown.length > 0) {
    await native.release();
    throw new AppError("internal", `${label} has no output "${unknown.join('", "')}".`);
  }
  return native;
}

async function requireFile(graphFile: string): Promise<void> {
  const found = await stat(graphFile).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new AppError(
    "model.corrupt",
    `${graphFile} is missing. Convert the checkpoint again, or copy the whole model folder.`,
    { detail: { file: graphFile } },
  );
}

/** What WebGPU loads first on Linux; without it the native library prints a warning of its own. */
const VULKAN_LOADER = "libvulkan.so.1";

/** Node loads the library and then refuses it, because it is no addon of its own. */
function findSystemLibrary(name: string): void {
  try {
    process.dlopen({ exports: {} }, name);
  } catch (thrown) {
    if (!(thrown instanceof Error) || !thrown.message.includes("cannot open shared object")) return;
    throw new Error(`The library ${name} is not installed.`, { cause: thrown });
  }
}

/** The package's two overloads do not take a union. */
function create(
  runtime: typeof Ort,
  graph: string | Uint8Array,
  options: Ort.InferenceSession.SessionOptions,
): Promise<Ort.InferenceSession> {
  return typeof graph === "string"
    ? runtime.InferenceSession.create(graph, options)
    : runtime.InferenceSession.create(graph, options);
}

/** Only errors; the native library writes its messages to stderr. */
const LOG_ERRORS = 3;
const LOG_FATAL = 4;

function nativeOptions(options: SessionOptions): Ort.InferenceSession.SessionOptions {
  const { device } = options;
  const session: Record<string, unknown> = {
    // A thread pool that spins between runs burns a core while the user reads (measured: 1.4 against
    // 0.7 cores in a loop with pauses, the same run time).
    intra_op: { allow_spinning: "0" },
  };
  if (options.keepWeightsMapped === true) session["disable_prepacking"] = "1";
  // The library refuses the option when the CPU itself is asked for.
  if (options.forbidCpuFallback === true && device !== "cpu") {
    session["disable_cpu_ep_fallback"] = "1";
  }
  const native: Ort.InferenceSession.SessionOptions = {
    executionProviders: [device],
    logSeverityLevel: LOG_ERRORS,
    extra: { session },
    // The arena keeps the most that a run ever needed: 100 MB of OPT-2.7B, for no time (measured).
    enableCpuMemArena: options.keepsArena === true,
    ...(options.nThreads === undefined ? {} : { intraOpNumThreads: options.nThreads }),
    ...(options.profileTo === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: options.profileTo }),
    // DirectML cannot work with memory patterns.
    ...(device === "dml" ? { enableMemPattern: false } : {}),
  };
  // 1.30 has tensors that JavaScript can hold only on WebGPU, and it wants them as a map: one location
  // for all of them would take the logits along, which cannot be read back.
  if (device !== "webgpu" || (options.outputsOnDevice ?? []).length === 0) return native;
  const locations = (options.outputsOnDevice ?? []).map((name) => [name, "gpu-buffer"] as const);
  return { ...native, preferredOutputLocation: Object.fromEntries(locations) };
}

/**
 * Finds out whose fault a failed `create` was without reading its text: a graph that opens on the
 * CPU, unoptimised and with its weights left in the file, is sound.
 */
async function explain(cause: unknown, source: Source): Promise<AppError> {
  const { label, graph } = source;
  const { device } = source.options;
  const detail = typeof graph === "string" ? { file: graph } : {};
  const problem = await whyUnreadable(source);
  if (problem !== undefined) {
    return new AppError(
      "model.corrupt",
      `${label} or the weights beside it cannot be read: ${problem} Convert the checkpoint again, or copy the whole model folder.`,
      { cause, detail: { ...detail, reason: problem } },
    );
  }
  const reason = firstLine(cause);
  if (device === "cpu") {
    return new AppError(
      "device.failed",
      `${label} cannot be prepared: ${reason} Close other programs to free memory, or convert with a smaller precision.`,
      { cause, detail: { ...detail, device, reason } },
    );
  }
  return new AppError(
    "device.unavailable",
    `${label} cannot run on ${device}: ${reason} Choose another device.`,
    { cause, detail: { ...detail, device, reason } },
  );
}

/** Why the plainest way to open a graph fails, or undefined when it works. */
async function whyUnreadable({ runtime, graph }: Source): Promise<string | undefined> {
  try {
    const native = await create(runtime, graph, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "disabled",
      // The first attempt has already logged.
      logSeverityLevel: LOG_FATAL,
      extra: { session: { disable_prepacking: "1" } },
    });
    await native.release();
    return undefined;
  } catch (cause) {
    return firstLine(cause);
  }
}

/** Native messages can run to pages; the whole text stays in the error's cause. */
const MAX_REASON = 300;

/** A native error as one sentence, for reading only. */
function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const whole = (text.trim().split("\n")[0] ?? "").trim();
  // The native assertion macro puts its source line and the condition before the message.
  const line = whole.replace(/^.* was false\. /, "").slice(0, MAX_REASON);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** What a session shares with its factory. */
interface Surroundings {
  readonly runtime: typeof Ort;
  readonly queue: TaskQueue;
  readonly label: string;
  readonly device: Device;
  readonly isProfiled: boolean;
}

class NativeSession implements OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #native: Ort.InferenceSession;
  readonly #around: Surroundings;
  readonly #given = new Set<DeviceTensor>();
  #isReleased = false;

  constructor(native: Ort.InferenceSession, around: Surroundings) {
    this.#native = native;
    this.#around = around;
    this.inputNames = native.inputNames;
    this.outputNames = native.outputNames;
  }

  get nDeviceTensors(): number {
    return this.#given.size;
  }

  run(feeds: TensorMap): Promise<Record<string, Tensor>> {
    return this.#around.queue.add(() => this.#run(feeds));
  }

  release(): Promise<void> {
    return this.#around.queue.add(async () => {
      if (this.#isReleased) return;
      this.#isReleased = true;
      // Disposing a device tensor after its session is gone kills the process.
      for (const tensor of this.#given) tensor.dispose();
      if (this.#around.isProfiled) this.#native.endProfiling();
      await this.#native.release();
    });
  }

  async #run(feeds: TensorMap): Promise<Record<string, Tensor>> {
    const { label, device } = this.#around;
    invariant(!this.#isReleased, `${label} was run after its session had been released.`);
    const nativeFeeds: Record<string, Ort.Tensor> = {};
    for (const name of this.inputNames) nativeFeeds[name] = this.#toNative(name, feeds[name]);
    let results: Ort.InferenceSession.OnnxValueMapType;
    try {
      // Without a list of outputs all are fetched in the model's order; 1.30 mixes up the locations
      // of any other list.
      results = await this.#native.run(nativeFeeds);
    } catch (cause) {
      const reason = firstLine(cause);
      throw new AppError(
        "device.failed",
        `${label} failed on ${device}: ${reason} Restart the engine; if it happens again, choose another device.`,
        { cause, detail: { device, reason } },
      );
    }
    return this.#fromNative(results);
  }

  #toNative(name: string, tensor: Tensor | undefined): Ort.Tensor {
    const { label, runtime, device } = this.#around;
    invariant(tensor !== undefined, `${label} needs a tensor for its input "${name}".`);
    if (tensor instanceof DeviceTensor) {
      // Any other device takes the handle for a pointer and computes with garbage.
      invariant(
        device === "webgpu",
        `${label} runs on ${device} and cannot take the device tensor given for "${name}".`,
      );
      return tensor.native(name);
    }
    return toNativeTensor(runtime, tensor);
  }

  #fromNative(results: Ort.InferenceSession.OnnxValueMapType): Record<string, Tensor> {
    const outputs: Record<string, Tensor> = {};
    let problem: string | undefined;
    for (const name of this.outputNames) {
      const value = results[name] as Ort.Tensor;
      if (value.location === "gpu-buffer") {
        const tensor = new DeviceTensor(value, (disposed) => this.#given.delete(disposed));
        this.#given.add(tensor);
        outputs[name] = tensor;
      } else if (isTensorData(value.data)) {
        outputs[name] = ownedTensor(value.data, value.dims);
      } else problem = `"${name}" as ${value.type}`;
    }
    if (problem === undefined) return outputs;
    for (const tensor of Object.values(outputs)) tensor.dispose();
    throw new AppError("internal", `${this.#around.label} gave its output ${problem}.`);
  }
}

function isTensorData(data: unknown): data is TensorData {
  return (
    data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Int32Array
  );
}

/** The elements are not copied: neither here nor on the way into the CPU's kernels. */
function toNativeTensor(runtime: typeof Ort, { data, dims }: Tensor): Ort.Tensor {
  if (data instanceof Float32Array) return new runtime.Tensor("float32", data, dims);
  if (data instanceof Int32Array) return new runtime.Tensor("int32", data, dims);
  if (data instanceof Int8Array) return new runtime.Tensor("int8", data, dims);
  if (data instanceof Uint8Array) return new runtime.Tensor("uint8", data, dims);
  return new runtime.Tensor("int64", data, dims);
}

/** A buffer in the memory of the graphics adapter. The garbage collector does not free it. */
class DeviceTensor implements Tensor {
  readonly dims: readonly number[];
  readonly location = "device";
  #native: Ort.Tensor | undefined;
  readonly #onDispose: (tensor: DeviceTensor) => void;

  constructor(native: Ort.Tensor, onDispose: (tensor: DeviceTensor) => void) {
    this.#native = native;
    this.#onDispose = onDispose;
    this.dims = native.dims;
  }

  /** The library's own read-back ends the process in 1.30, so there is none. */
  get data(): never {
    throw new AppError(
      "internal",
      `A tensor [${this.dims.join(", ")}] in device memory was read as if it were on the CPU.`,
    );
  }

  /** @throws AppError `internal` when the tensor is disposed; `use` names the input it was for. */
  native(use: string): Ort.Tensor {
    invariant(
      this.#native !== undefined,
      `The device tensor given for "${use}" is already disposed.`,
    );
    return this.#native;
  }

  dispose(): void {
    const native = this.#native;
    this.#native = undefined;
    if (native === undefined) return;
    this.#onDispose(this);
    native.dispose();
  }
}
