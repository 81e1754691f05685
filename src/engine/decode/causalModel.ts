/** What decoding takes from a language model and gives back; knows neither graphs nor pictures. */

import type { FinishReason } from "../../model/ask/request";

/** What decoding needs of a language model: one sequence position per call, rows are beams. */
export interface CausalModel {
  readonly vocabSize: number;
  /** Logits after the prompt, [1, vocabSize] row-major, already computed by prefill. Only read. */
  readonly firstLogits: Float32Array;
  /**
   * Feeds one token per row and gives logits, [rows, vocabSize] row-major.
   * There are as many rows as the last `reorder` made, one before the first.
   */
  step(tokenIds: readonly number[]): Promise<Float32Array>;
  /**
   * Replaces the batch: new row i continues old row `beamIdx[i]`. Rows may be repeated (one prompt
   * becomes many beams) and left out (a sampled row has ended).
   */
  reorder(beamIdx: readonly number[]): Promise<void>;
}

/** What decoding must know besides the model and the options. */
export interface GenerateContext {
  /**
   * Ids that processors see before the new tokens (transformers' `input_ids`): for OPT the image
   * placeholders and the prompt, for T5 the decoder start token. Ids outside the vocabulary are allowed.
   */
  readonly inputIds: readonly number[];
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number;
  /** Text of new token ids without special tokens; asked only when there are stop strings. */
  readonly decode: (ids: readonly number[]) => string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Greedy decoding and sampling: called with each new id as soon as it is chosen, end-of-sequence
   * included. Of several sampled sequences only the first is reported. Beam search never calls it.
   */
  readonly onToken?: ((id: number) => void) | undefined;
}

/** One decoded sequence. */
export interface GeneratedIds {
  /** New token ids; the end-of-sequence id is the last one when it was produced. */
  readonly ids: readonly number[];
  /** Sum of log-probabilities / length^lengthPenalty; beam search only. */
  readonly score?: number;
  readonly finishReason: FinishReason;
}
