/**
 * Hands out the tensors of a checkpoint to the graphs and keeps account of them: at the end every
 * tensor was used or dropped on purpose, or the conversion fails before a byte is written.
 */

import { AppError } from "../../base/errors";
import { isFloatDtype } from "./dtype";
import type { TensorInfo } from "./tensorInfo";

/**
 * Tensors that checkpoints carry but no graph needs.
 * LAVIS-era files store BERT's position ids; T5 files store two more copies of `shared`.
 */
const DELIBERATELY_DROPPED: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /(^|\.)position_ids$/, reason: "a counting buffer" },
  { pattern: /\.rotary_emb\.inv_freq$/, reason: "what the configuration says of the angles" },
  {
    pattern: /^language_model\.(encoder|decoder)\.embed_tokens\.weight$/,
    reason: "a copy of language_model.shared.weight",
  },
  {
    pattern: /^text_decoder\.cls\.predictions\.bias$/,
    reason: "a copy of text_decoder.cls.predictions.decoder.bias",
  },
  // Where stage 1 has both of these, its plan uses them; a later stage, or a half of them, has no use.
  { pattern: /^cls\.predictions\.[\w.]+$/, reason: "the head by which only stage 1 writes" },
  { pattern: /^temp$/, reason: "the temperature of stage 1's contrast" },
];

export interface DroppedTensor {
  readonly name: string;
  readonly reason: string;
}

export class WeightMap {
  readonly #folder: string;
  readonly #tensors: ReadonlyMap<string, TensorInfo>;
  readonly #used = new Set<string>();

  constructor(checkpoint: {
    readonly folder: string;
    readonly tensors: ReadonlyMap<string, TensorInfo>;
  }) {
    this.#folder = checkpoint.folder;
    this.#tensors = checkpoint.tensors;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /**
   * The tensor of that name, marked as used.
   * @throws AppError `checkpoint.incomplete` when it is missing or has another shape,
   * `checkpoint.unsupported` when its elements are no floats.
   */
  take(name: string, shape: readonly number[]): TensorInfo {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      return this.#fail(
        name,
        `the tensor "${name}" is missing; config.json asks for it with the shape ${show(shape)}`,
      );
    }
    this.#used.add(name);
    const isSame =
      tensor.shape.length === shape.length && tensor.shape.every((dim, i) => dim === shape[i]);
    if (!isSame) {
      this.#fail(
        name,
        `the tensor "${name}" has the shape ${show(tensor.shape)}, but config.json makes it ${show(shape)}`,
      );
    }
    if (!isFloatDtype(tensor.dtype)) {
      throw new AppError(
        "checkpoint.unsupported",
        `${tensor.file}: the tensor "${name}" is stored as ${tensor.dtype}. Save the checkpoint as F32, F16 or BF16.`,
        { detail: { file: tensor.file, tensor: name } },
      );
    }
    return tensor;
  }

  /** The first of several names that is there; the first one is named when none is. */
  takeFirst(names: readonly [string, ...string[]], shape: readonly number[]): TensorInfo {
    const present = names.find((name) => this.has(name));
    return this.take(present ?? names[0], shape);
  }

  /**
   * Ends the account.
   * @returns the tensors that were dropped on purpose, with the reason.
   * @throws AppError `checkpoint.incomplete` naming tensors that nothing uses.
   */
  finish(): readonly DroppedTensor[] {
    const dropped: DroppedTensor[] = [];
    const unknown: string[] = [];
    for (const name of this.#tensors.keys()) {
      if (this.#used.has(name)) continue;
      const rule = DELIBERATELY_DROPPED.find(({ pattern }) => pattern.test(name));
      if (rule === undefined) unknown.push(name);
      else dropped.push({ name, reason: rule.reason });
    }
    const [first] = unknown;
    if (first !== undefined) {
      const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
      this.#fail(
        first,
        `the tensor "${first}"${more} has no place in a model of this config.json; the two do not belong together`,
      );
    }
    return dropped;
  }

  #fail(tensor: string, why: string): never {
    throw new AppError("checkpoint.incomplete", `${this.#folder}: ${why}.`, {
      detail: { file: this.#folder, tensor },
    });
  }
}

const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
