/**
 * OPT or LLaMA behind a picture: image rows, then `</s>` and the prompt, in one causal sequence. Or the
 * Q-Former's text side behind the keys and values of its queries, which have no positions of their own.
 * Keys and values of recent sequences are kept, and a new prompt starts where it first differs.
 */

import { throwIfAborted } from "../../base/errors";
import type { BertConfig } from "../../model/config/blipConfig";
import type { LlamaConfig, OptConfig } from "../../model/config/textConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { KvCache, KvCaches } from "./kvCache";
import {
  embedTokens,
  joinRows,
  type Decoding,
  type LanguageModel,
  type PictureRows,
  type Prefix,
} from "./languageModel";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, floats, type Session } from "../session/session";

export interface DecoderOnlyModelOptions {
  readonly config: OptConfig | LlamaConfig | BertConfig;
  readonly numQueryTokens: number;
  /** Placeholder that stands for each image row in `input_ids`; absent in old checkpoints. */
  readonly imageTokenIndex: number | undefined;
  readonly sessions: PartSessions;
  readonly caches: KvCaches;
}

/** A sequence whose keys and values are kept. */
interface KeptPrefix {
  readonly imageKey: string;
  /** Tokens after the image rows. */
  readonly ids: readonly number[];
  readonly cache: KvCache;
}

/** One conversation at a time is the rule; a second picture may be open beside it. */
const MAX_KEPT = 2;

export class DecoderOnlyModel implements LanguageModel {
  readonly #options: DecoderOnlyModelOptions;
  /** Most recent last. */
  readonly #kept: KeptPrefix[] = [];

  constructor(options: DecoderOnlyModelOptions) {
    this.#options = options;
  }

  maxPromptTokens(maxNewTokens: number): number {
    const { config } = this.#options;
    // The last new token is never fed back, so it needs no position.
    return config.maxPositions - firstWord(this.#options) - (maxNewTokens - 1);
  }

  /** The image rows come first in every prompt, so that their keys and values serve them all. */
  async prepare({ imageKey, languageModelInputs, queryCache }: PictureRows): Promise<void> {
    // What is given needs no computing.
    if (queryCache !== undefined) return;
    if (this.#kept.some((kept) => kept.imageKey === imageKey)) return;
    const { sessions, caches } = this.#options;
    const decoder = await sessions.open(PART.decoder);
    const embed = await sessions.open(PART.embedTokens);
    const run = new DecoderRun({ options: this.#options, decoder, embed, cache: caches.begin() });
    try {
      await run.feed(languageModelInputs);
    } catch (thrown) {
      run.dispose();
      throw thrown;
    }
    this.#keep({ imageKey, ids: [], cache: run.cache });
  }

  async start(prefix: Prefix): Promise<Decoding> {
    const { sessions } = this.#options;
    const decoder = await sessions.open(PART.decoder);
    const embed = await sessions.open(PART.embedTokens);
    throwIfAborted(prefix.signal);
    const { cache, reused } = await this.#longestKept(prefix);
    const run = new DecoderRun({ options: this.#options, decoder, embed, cache });
    let firstLogits: Float32Array;
    try {
      const rows = await this.#newRows(embed, prefix, reused);
      throwIfAborted(prefix.signal);
      firstLogits = await run.feed(rows);
    } catch (thrown) {
      run.dispose();
      throw thrown;
    }
    return run.decoding({
      firstLogits,
      inputIds: [...this.#imageIds(), ...prefix.promptIds],
      reusedPositions: reused,
      keep: (ids, kept) => {
        this.#keep({ imageKey: prefix.imageKey, ids: [...prefix.promptIds, ...ids], cache: kept });
      },
    });
  }

  dispose(): void {
    for (const { cache } of this.#kept.splice(0)) cache.dispose();
  }

  #imageIds(): readonly number[] {
    const { imageTokenIndex, numQueryTokens } = this.#options;
    if (imageTokenIndex === undefined) return [];
    return Array.from({ length: numQueryTokens }, () => imageTokenIndex);
  }

  /** The kept cache that shares the longest beginning, cut to it; an empty one when none does. */
  async #longestKept(prefix: Prefix): Promise<{ cache: KvCache; reused: number }> {
    const { caches, numQueryTokens } = this.#options;
    let best: KeptPrefix | undefined;
    let shared = -1;
    for (const kept of this.#kept) {
      if (kept.imageKey !== prefix.imageKey) continue;
      // At least one token is computed, because its logits are needed.
      const limit = Math.min(kept.ids.length, prefix.promptIds.length - 1);
      let same = 0;
      while (same < limit && kept.ids[same] === prefix.promptIds[same]) same++;
      if (same > shared) [best, shared] = [kept, same];
    }
    if (best === undefined) return { cache: caches.begin(prefix.queryCache), reused: 0 };
    const length = numQueryTokens + shared;
    return { cache: await best.cache.cutTo(length), reused: length };
  }

  /** Rows that are not in the cache yet, [positions, width]. */
  async #newRows(embed: Session, prefix: Prefix, reused: number): Promise<Float32Array> {
    const { numQueryTokens } = this.#options;
    const firstId = Math.max(0, reused - numQueryTokens);
    const words = await embedTokens(embed, prefix.promptIds.slice(firstId));
    return reused > 0 ? words : joinRows(prefix.languageModelInputs, words);
  }

  #keep(entry: KeptPrefix): void {
    // A longer sequence replaces the one that it continues.
    const older = this.#kept.findIndex(
      ({ imageKey, ids }) =>
        imageKey === entry.imageKey && ids.every((id, i) => id === entry.ids[i]),
    );
    if (older >= 0) this.#kept.splice(older, 1)[0]?.cache.dispose();
    this.#kept.push(entry);
    while (this.#kept.length > MAX_KEPT) this.#kept.shift()?.cache.dispose();
  }
}

/** The position of the first word: behind the image rows, unless these have none. */
function firstWord({ config, numQueryTokens }: DecoderOnlyModelOptions): number {
  return config.kind === "bert" ? 0 : numQueryTokens;
}

/** The running state of one decoding: the current cache and what was fed. */
class DecoderRun {
  readonly #options: DecoderOnlyModelOptions;
  readonly #decoder: Session;
  readonly #embed: Session;
  #cache: KvCache;

  constructor(start: {
    options: DecoderOnlyModelOptions;
    decoder: Session;
    embed: Session;
    cache: KvCache;
  }) {
    this.#options = start.options;
    this.#decoder = start.decoder;
    this.#embed = start.embed;
    this.#cache = start.cache;
  }

  /** Of everything that was fed. */
  get cache(): KvCache {
    return this.#cache;
  }

  /** Feeds rows [batch, positions, width] and gives the last position's logits [batch, vocabulary]. */
  async feed(rows: Float32Array): Promise<Float32Array> {
    const { config } = this.#options;
    const { batch, length: past } = this.#cache;
    const nNew = rows.length / (batch * config.hiddenSize);
    const first = past - (this.#options.numQueryTokens - firstWord(this.#options));
    const positions = BigInt64Array.from({ length: nNew }, (_, i) => BigInt(first + i));
    const outputs = await this.#decoder.run({
      [IO.inputsEmbeds]: cpuTensor(rows, [batch, nNew, config.hiddenSize]),
      [IO.positionIds]: cpuTensor(positions, [1, nNew]),
      ...this.#cache.feeds(nNew),
    });
    this.#cache = this.#cache.advanced(outputs, nNew);
    return floats(outputs[IO.logits]);
  }

  dispose(): void {
    this.#cache.dispose();
  }

  decoding(start: {
    firstLogits: Float32Array;
    inputIds: readonly number[];
    reusedPositions: number;
    keep: (ids: readonly number[], cache: KvCache) => void;
  }): Decoding {
    const { config } = this.#options;
    const fed: number[] = [];
    let isSingle = true;
    return {
      vocabSize: config.vocabSize,
      firstLogits: start.firstLogits,
      inputIds: start.inputIds,
      reusedPositions: start.reusedPositions,
      step: async (ids) => {
        const logits = await this.feed(await embedTokens(this.#embed, ids));
        if (isSingle) fed.push(...ids);
        return logits;
      },
      reorder: async (beamIdx) => {
        const before = this.#cache;
        this.#cache = await before.reordered(beamIdx);
        if (!isSingle) return;
        // From here the rows differ; what a follow-up can use is the sequence so far.
        isSingle = false;
        start.keep([...fed], before);
      },
      finish: () => {
        if (isSingle) start.keep([...fed], this.#cache);
        else this.dispose();
      },
    };
  }
}
