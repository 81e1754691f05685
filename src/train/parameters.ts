/** The tensors of a checkpoint in memory, where training changes them. */

import { access } from "node:fs/promises";
import path from "node:path";
import { defined } from "../base/assert";
import { CheckpointWeights } from "../convert/checkpoint/checkpointWeights";
import { openCheckpoint, type Checkpoint } from "../convert/checkpoint/checkpoint";
import { isFloatDtype, toFloat32 } from "../convert/checkpoint/dtype";
import { readSafetensorsHeader } from "../convert/checkpoint/safetensors";
import { TensorReader } from "../convert/checkpoint/tensorReader";
import { WeightMap } from "../convert/checkpoint/weightMap";
import type { Parameter } from "./optimise/adamW";
import type { StoredTensor } from "./output/safetensorsFile";
import type { TensorInfo } from "../convert/checkpoint/tensorInfo";

/** What Hugging Face's classes have no place for: the temperature, the head of captions, a teacher. */
export const HEADS_FILE = "heads.safetensors";

/** BLIP-2's before its first step (LAVIS `blip2_qformer.py`). */
export const TEMPERATURE: StoredTensor = { shape: [], values: Float32Array.of(0.07) };

/** Whether a tensor is stored beside the model. */
export function isHead(name: string): boolean {
  return name === "temp" || /^(cls|teacher)\./.test(name);
}

export class Parameters {
  readonly #checkpoint: Checkpoint | undefined;
  /** What the builders of graphs ask. */
  readonly weights: CheckpointWeights;
  readonly #tensors: Map<string, TensorInfo>;
  readonly #values = new Map<string, Float32Array>();

  private constructor(checkpoint: Checkpoint | undefined, tensors: Map<string, TensorInfo>) {
    this.#checkpoint = checkpoint;
    this.#tensors = tensors;
    const map = new WeightMap({ folder: checkpoint?.folder ?? "", tensors });
    this.weights = new CheckpointWeights(map, new TensorReader());
  }

  /**
   * Opens a checkpoint in Hugging Face's layout, with its heads where it has them.
   * @throws AppError as `openCheckpoint`.
   */
  static async open(folder: string): Promise<Parameters> {
    const checkpoint = await openCheckpoint(folder);
    const tensors = new Map(checkpoint.tensors);
    const heads = path.join(folder, HEADS_FILE);
    if (await isThere(heads)) {
      for (const [name, info] of (await readSafetensorsHeader(heads)).tensors) {
        tensors.set(name, info);
      }
    }
    return new Parameters(checkpoint, tensors);
  }

  /** In memory alone; they cannot be saved. */
  static of(tensors: ReadonlyMap<string, StoredTensor>): Parameters {
    const infos = new Map<string, TensorInfo>();
    const parameters = new Parameters(undefined, infos);
    for (const [name, tensor] of tensors) parameters.add(name, tensor);
    return parameters;
  }

  /** That they come from. */
  get checkpoint(): Checkpoint {
    return defined(this.#checkpoint, "The checkpoint of these parameters");
  }

  /** Of all tensors but counting buffers. */
  names(): readonly string[] {
    return [...this.#tensors.values()].flatMap(({ name, dtype }) =>
      isFloatDtype(dtype) ? [name] : [],
    );
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  shape(name: string): readonly number[] {
    return defined(this.#tensors.get(name), `The tensor ${name}`).shape;
  }

  /** The values of a tensor as they are now, in f32; the same array each time. */
  values(name: string): Float32Array {
    return defined(this.#values.get(name), `The values of ${name}`);
  }

  /** Reads tensors that are not in memory yet. */
  async load(names: Iterable<string>): Promise<void> {
    const reader = new TensorReader();
    try {
      for (const name of names) {
        if (this.#values.has(name)) continue;
        const info = defined(this.#tensors.get(name), `The tensor ${name}`);
        const bytes = await reader.read(info);
        if (isFloatDtype(info.dtype)) this.#values.set(name, toFloat32(bytes, info.dtype));
      }
    } finally {
      await reader.close();
    }
  }

  /** Adds a tensor that the files lack. */
  add(name: string, { shape, values }: StoredTensor): void {
    this.#tensors.set(name, { name, shape, dtype: "F32", file: "", begin: 0, end: 0 });
    this.#values.set(name, values);
  }

  /** The values of a tensor, read anew from its file unless they are in memory. */
  async read(name: string): Promise<Float32Array> {
    const held = this.#values.get(name);
    if (held !== undefined) return held;
    const other = new Parameters(this.#checkpoint, this.#tensors);
    await other.load([name]);
    return other.values(name);
  }

  /** Tensors as an optimiser takes them; loaded before. */
  trainable(names: Iterable<string>): Map<string, Parameter> {
    return new Map(
      Array.from(names, (name) => [name, { values: this.values(name), shape: this.shape(name) }]),
    );
  }

  /** Back to what the files hold. */
  async reload(): Promise<void> {
    const names = [...this.#values.keys()];
    this.#values.clear();
    await this.load(names);
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
