/**
 * Beam search over one prompt, equal to transformers 5.18 `generate()` with num_beams > 1, including
 * beam sampling. Turns logits into the next batch; running the model is the caller's part.
 */

import type { GenerateContext, GeneratedIds } from "./causalModel";
import {
  logSoftmax,
  type ProcessorRules,
  processScores,
  type WarperRules,
  warpScores,
} from "./logitsProcessors";
import { everyTokenForbidden, RandomStream, TopCandidates } from "./sampling";
import { finishReasonOf, type StoppingRules } from "./stoppingCriteria";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type { FinishReason } from "../../model/ask/request";

/**
 * transformers' stand-in for "impossible": the starting score of every beam but the first, what a
 * finished candidate loses in the race to go on, and the score of an empty place among the finished.
 */
const IMPOSSIBLE = -1e9;

/** What the next model step must do. */
export interface BeamMove {
  /** Row of the current batch that each new row continues, [numBeams]. */
  readonly beamIdx: readonly number[];
  /** Token that each new row is fed, [numBeams]. */
  readonly tokenIds: readonly number[];
}

export interface BeamSearchSettings {
  readonly options: GenerationOptions;
  readonly context: GenerateContext;
  readonly vocabSize: number;
}

/** The state of one search. Scores are rounded to float32, in which transformers computes them. */
export class BeamSearch {
  readonly #options: GenerationOptions;
  readonly #stopping: StoppingRules;
  readonly #processing: ProcessorRules;
  readonly #warping: WarperRules;
  readonly #vocabSize: number;
  readonly #nPrompt: number;
  readonly #top: TopCandidates;
  readonly #random: RandomStream;
  /** Log-probabilities of this step, [numBeams, vocabSize]. */
  readonly #scores: Float32Array;
  #running: readonly Running[];
  /** At most numBeams, best first. */
  #finished: readonly Finished[] = [];
  #nGenerated = 0;

  constructor({ options, context, vocabSize }: BeamSearchSettings) {
    const nEos = context.eosTokenIds.length;
    this.#options = options;
    this.#stopping = { ...options, eosTokenIds: context.eosTokenIds, decode: context.decode };
    this.#processing = { ...options, eosTokenIds: context.eosTokenIds };
    this.#warping = { ...options, minTokensToKeep: nEos + 1 };
    this.#vocabSize = vocabSize;
    this.#nPrompt = context.inputIds.length;
    // Enough that numBeams of them can go on even if every beam ends in each of its ends.
    const nKept = Math.max(2, 1 + nEos) * options.numBeams;
    this.#top = new TopCandidates(Math.min(nKept, options.numBeams * vocabSize));
    this.#random = RandomStream.seeded(options.seed);
    this.#scores = new Float32Array(options.numBeams * vocabSize);
    this.#running = Array.from({ length: options.numBeams }, (_, beam) => ({
      beam,
      ids: context.inputIds,
      score: beam === 0 ? 0 : IMPOSSIBLE,
    }));
  }

  /**
   * Takes the logits of every running beam, [numBeams, vocabSize], and says how to go on; undefined
   * when the search is over. The logits are only read. In the first call all rows are the prompt's.
   * @throws AppError `option.invalid` when the options leave nothing to choose and nothing was finished.
   */
  advance(logits: Float32Array): BeamMove | undefined {
    this.#scores.set(logits);
    const candidates = this.#selectCandidates();
    if (candidates.every(({ score }) => score === -Infinity)) {
      if (this.#finished.length === 0) throw everyTokenForbidden();
      return undefined;
    }
    this.#nGenerated++;
    this.#collectFinished(candidates);
    this.#running = candidates
      .map((it) => (it.reason === undefined ? it : { ...it, score: lower(it.score) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, this.#options.numBeams);

    const canGoOn = candidates.some(({ reason }) => reason === undefined);
    if (!canGoOn || !this.#isWorthwhile()) return undefined;
    return {
      beamIdx: this.#running.map(({ beam }) => beam),
      tokenIds: this.#running.map(({ ids }) => ids.at(-1) ?? 0),
    };
  }

  /** The best numReturnSequences finished sequences, best first. */
  results(): GeneratedIds[] {
    return this.#finished
      .slice(0, this.#options.numReturnSequences)
      .map(({ ids, score, reason }) => ({
        ids: ids.slice(this.#nPrompt),
        score,
        finishReason: reason,
      }));
  }

  /** The continuations that matter, in the order of their rank; when sampling, in the order drawn. */
  #selectCandidates(): Scored[] {
    this.#top.clear();
    this.#running.forEach(({ ids, score }, beam) => {
      const first = beam * this.#vocabSize;
      const row = this.#scores.subarray(first, first + this.#vocabSize);
      logSoftmax(row);
      processScores(row, { ids, nPrompt: this.#nPrompt }, this.#processing);
      if (this.#options.doSample) {
        warpScores(row, this.#warping);
        this.#offerPerturbed(row, score, first);
      } else {
        this.#top.offerRow(row, score, first);
      }
    });
    return this.#top.bestFirst().map(({ index }) => {
      const beam = Math.floor(index / this.#vocabSize);
      const ids = [...this.#running[beam]!.ids, index % this.#vocabSize];
      return {
        beam,
        ids,
        score: Math.fround(this.#running[beam]!.score + this.#scores[index]!),
        reason: finishReasonOf(ids.slice(this.#nPrompt), this.#stopping),
      };
    });
  }

  /**
   * Drawing without replacement from softmax(totals): the largest totals after Gumbel noise, in
   * order, are such a draw (Kool et al. 2019, arXiv 1903.06059).
   */
  #offerPerturbed(row: Float32Array, base: number, first: number): void {
    for (let i = 0; i < row.length; i++) {
      const total = Math.fround(base + row[i]!);
      const isPossible = total > -Infinity;
      this.#top.offer(isPossible ? total + this.#random.nextGumbel() : total, first + i);
    }
  }

  /** Only a finished candidate among the first numBeams may take a place among the finished. */
  #collectFinished(candidates: readonly Scored[]): void {
    const divisor = this.#nGenerated ** this.#options.lengthPenalty;
    const newlyFinished = candidates
      .slice(0, this.#options.numBeams)
      .flatMap(({ ids, score, reason }) =>
        reason === undefined || score === -Infinity
          ? []
          : [{ ids, reason, score: Math.fround(score / divisor) }],
      );
    // The sort is stable: of equal scores the older one stays ahead.
    this.#finished = [...this.#finished, ...newlyFinished]
      .sort((a, b) => b.score - a.score)
      .slice(0, this.#options.numBeams);
  }

  /** Whether a running beam may still displace a finished one, by transformers' estimate. */
  #isWorthwhile(): boolean {
    const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = this.#options;
    const isFull = this.#finished.length === numBeams;
    if (earlyStopping === true && isFull) return false;
    const isOptimistic = earlyStopping === "never" && lengthPenalty > 0;
    const length = isOptimistic ? maxNewTokens : this.#nGenerated;
    const bestPossible = Math.fround(this.#running[0]!.score / length ** lengthPenalty);
    const worstFinished = isFull ? this.#finished[numBeams - 1]!.score : IMPOSSIBLE;
    return bestPossible > worstFinished;
  }
}

/** A beam: all its tokens, prompt included, and the sum of its log-probabilities. */
interface Running {
  /** Row of the batch that gave it. */
  readonly beam: number;
  readonly ids: readonly number[];
  readonly score: number;
}

interface Scored extends Running {
  readonly reason: FinishReason | undefined;
}

interface Finished {
  readonly ids: readonly number[];
  /** Already divided by the length penalty. */
  readonly score: number;
  readonly reason: FinishReason;
}

function lower(score: number): number {
  return Math.fround(score + IMPOSSIBLE);
}
