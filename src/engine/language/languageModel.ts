/** What the engine needs of a language model, whichever it is. */

import type { CausalModel } from "../decode/causalModel";
import type { GivenPositions } from "./kvCache";
import type { Session } from "../session/session";
import { IO } from "../../model/graph/graphContract";
import { cpuTensor, floats } from "../session/session";

/** A picture as a language model sees it. */
export interface PictureRows {
  /** Identifies the picture, so that keys and values of the same beginning are found again. */
  readonly imageKey: string;
  /** Projected query outputs, [queries, width] row-major; for BLIP the image features, [tokens, width]. */
  readonly languageModelInputs: Float32Array;
  /** Of stage 1, in place of rows: keys and values of the queries for every layer. */
  readonly queryCache?: GivenPositions;
}

/** A prompt behind a picture, ready for prefill. */
export interface Prefix extends PictureRows {
  /** Token ids of the prompt with its special tokens; at least one. */
  readonly promptIds: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** One decoding that has begun. */
export interface Decoding extends CausalModel {
  /** What transformers calls `input_ids`: the ids that penalties see before the new ones. */
  readonly inputIds: readonly number[];
  /** Positions whose keys and values were reused rather than computed. */
  readonly reusedPositions: number;
  /** Ends the decoding and keeps what a follow-up can use; call it also after a failure. */
  finish(): void;
}

export interface LanguageModel {
  /** Prompt tokens that fit when `maxNewTokens` may follow. */
  maxPromptTokens(maxNewTokens: number): number;
  /**
   * Computes ahead what a prompt about the picture will begin with, where the family has such a thing.
   * @throws AppError `device.failed`.
   */
  prepare(picture: PictureRows): Promise<void>;
  /**
   * Runs the prompt.
   * @throws AppError `device.failed`, `request.cancelled`.
   */
  start(prefix: Prefix): Promise<Decoding>;
  /** Frees the kept keys and values. */
  dispose(): void;
}

/** Rows of the embedding table for token ids, [ids, width] row-major. */
export async function embedTokens(session: Session, ids: readonly number[]): Promise<Float32Array> {
  const tensor = cpuTensor(BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const outputs = await session.run({ [IO.inputIds]: tensor });
  return floats(outputs[IO.inputsEmbeds]);
}

/** Two blocks of rows of the same width, one after the other. */
export function joinRows(first: Float32Array, second: Float32Array): Float32Array {
  const out = new Float32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
