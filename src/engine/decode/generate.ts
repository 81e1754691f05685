/**
 * The decode loop: logits to token ids as transformers 5.18 `generate()` does it, with cancellation.
 * Knows neither pictures nor how the model computes.
 */

import { AppError, throwIfAborted } from "../../base/errors";
import { BeamSearch } from "./beamSearch";
import type { CausalModel, GenerateContext, GeneratedIds } from "./causalModel";
import { assertUsableLogits, processScores, warpScores } from "./logitsProcessors";
import { argmax, RandomStream, sampleIndex } from "./sampling";
import { finishReasonOf } from "./stoppingCriteria";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type { FinishReason } from "../../model/ask/request";

/**
 * Decodes until every sequence is finished: greedy, sampling, beam search or beam sampling, by the
 * options. The model does no step whose result would not be used.
 * @param options Already checked, see `resolveGenerationOptions`.
 * @returns numReturnSequences sequences; from beam search the best first, and fewer when the options
 * forbid so many tokens that fewer exist.
 * @throws AppError `request.cancelled`; `device.failed` when the logits are not numbers;
 * `option.invalid` when the options forbid every token; whatever the model throws.
 */
export async function generate(
  model: CausalModel,
  context: GenerateContext,
  options: GenerationOptions,
): Promise<GeneratedIds[]> {
  throwIfAborted(context.signal);
  assertLength(model.firstLogits, model.vocabSize);
  return options.numBeams > 1
    ? searchBeams(model, context, options)
    : decodeRows(model, context, options);
}

async function searchBeams(
  model: CausalModel,
  context: GenerateContext,
  options: GenerationOptions,
): Promise<GeneratedIds[]> {
  const { vocabSize, firstLogits } = model;
  const batch = new Batch(model, context.signal);
  const search = new BeamSearch({ options, context, vocabSize });
  const promptLogits = new Float32Array(options.numBeams * vocabSize);
  for (let beam = 0; beam < options.numBeams; beam++) {
    promptLogits.set(firstLogits, beam * vocabSize);
  }
  let move = search.advance(promptLogits);
  if (move !== undefined) move = { ...move, beamIdx: move.beamIdx.map(() => 0) };
  while (move !== undefined) {
    move = search.advance(await batch.step(move.beamIdx, move.tokenIds));
  }
  return search.results();
}

/** Greedy decoding of one row, or sampling of rows that do not depend on each other. */
async function decodeRows(
  model: CausalModel,
  context: GenerateContext,
  options: GenerationOptions,
): Promise<GeneratedIds[]> {
  const nRows = options.doSample ? options.numReturnSequences : 1;
  const rows = Array.from({ length: nRows }, (_, i) => new Row(context, options, i));
  const batch = new Batch(model, context.signal);
  rows.forEach((row) => {
    row.choose(model.firstLogits);
  });
  let active = rows.filter((row) => row.reason === undefined);
  let beamIdx = active.map(() => 0);
  while (active.length > 0) {
    const logits = await batch.step(
      beamIdx,
      active.map((row) => row.lastId),
    );
    active.forEach((row, i) => {
      row.choose(logits.subarray(i * model.vocabSize, (i + 1) * model.vocabSize));
    });
    beamIdx = [...active.keys()].filter((i) => active[i]?.reason === undefined);
    active = active.filter((row) => row.reason === undefined);
  }
  return rows.map((row) => row.result());
}

/** The rows that the model holds at the moment, one after prefill. */
class Batch {
  readonly #model: CausalModel;
  readonly #signal: AbortSignal | undefined;
  #nRows = 1;

  constructor(model: CausalModel, signal: AbortSignal | undefined) {
    this.#model = model;
    this.#signal = signal;
  }

  /** Logits, [beamIdx.length, vocabSize], after each new row took its token. */
  async step(beamIdx: readonly number[], tokenIds: readonly number[]): Promise<Float32Array> {
    throwIfAborted(this.#signal);
    // Reordering copies or gathers whole caches; often every row just continues itself.
    const isInOrder = beamIdx.length === this.#nRows && beamIdx.every((from, to) => from === to);
    if (!isInOrder) {
      await this.#model.reorder(beamIdx);
      this.#nRows = beamIdx.length;
      throwIfAborted(this.#signal);
    }
    const logits = await this.#model.step(tokenIds);
    throwIfAborted(this.#signal);
    assertLength(logits, beamIdx.length * this.#model.vocabSize);
    return logits;
  }
}

/** One sequence that grows by the token with the largest score, or by chance. */
class Row {
  readonly #context: GenerateContext;
  readonly #options: GenerationOptions;
  readonly #random: RandomStream;
  readonly #isStreamed: boolean;
  /** Prompt and new tokens. */
  readonly #ids: number[];
  #reason: FinishReason | undefined;

  constructor(context: GenerateContext, options: GenerationOptions, index: number) {
    this.#context = context;
    this.#options = options;
    this.#random = RandomStream.seeded(options.seed, index);
    this.#isStreamed = index === 0;
    this.#ids = [...context.inputIds];
  }

  get reason(): FinishReason | undefined {
    return this.#reason;
  }

  get lastId(): number {
    return this.#ids.at(-1) ?? 0;
  }

  /** Appends the next token. The logits, [vocabSize], are only read. */
  choose(logits: Float32Array): void {
    const { eosTokenIds, inputIds, decode, onToken } = this.#context;
    assertUsableLogits(logits);
    const scores = logits.slice();
    const nPrompt = inputIds.length;
    processScores(scores, { ids: this.#ids, nPrompt }, { ...this.#options, eosTokenIds });
    if (this.#options.doSample) warpScores(scores, { ...this.#options, minTokensToKeep: 1 });
    const id = this.#options.doSample ? sampleIndex(scores, this.#random) : argmax(scores);
    this.#ids.push(id);
    this.#reason = finishReasonOf(this.#ids.slice(nPrompt), {
      ...this.#options,
      eosTokenIds,
      decode,
    });
    if (this.#isStreamed) onToken?.(id);
  }

  result(): GeneratedIds {
    return {
      ids: this.#ids.slice(this.#context.inputIds.length),
      finishReason: this.#reason ?? "length",
    };
  }
}

function assertLength(logits: Float32Array, expected: number): void {
  if (logits.length === expected) return;
  throw new AppError(
    "device.failed",
    `The language model gave ${logits.length} logits where ${expected} were due. Convert the model again.`,
  );
}
