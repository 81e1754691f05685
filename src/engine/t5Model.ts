/**
 * Flan-T5 behind a picture: image rows and prompt go through the encoder together, and the decoder
 * starts from one special token. The encoder sees all positions at once, so only the very same prompt
 * can be reused.
 */

import { throwIfAborted } from "../base/errors";
import type { T5Config } from "../model/blip2Config";
import { cacheNames, encoderCacheNames, IO, PART } from "../model/graphContract";
import { relativePositionBuckets, type BucketSpec } from "../model/relativePosition";
import { emptyCache, gatherRows, presentCache, type CacheName, type KvCache } from "./kvCache";
import {
  embedTokens,
  joinRows,
  type Decoding,
  type LanguageModel,
  type Prefix,
} from "./languageModel";
import type { PartSessions } from "./partSessions";
import { cpuTensor, floats, type Session } from "./session";

export interface T5ModelOptions {
  readonly config: T5Config;
  readonly numQueryTokens: number;
  readonly decoderStartTokenId: number;
  readonly sessions: PartSessions;
}

/** Relative positions have no table that could end; this bounds the memory of encoder attention. */
const MAX_ENCODER_POSITIONS = 2048;

interface Encoded {
  readonly key: string;
  readonly cache: KvCache;
}

export class T5Model implements LanguageModel {
  readonly family = "t5";
  readonly #options: T5ModelOptions;
  #encoded: Encoded | undefined;

  constructor(options: T5ModelOptions) {
    this.#options = options;
  }

  maxPromptTokens(): number {
    return MAX_ENCODER_POSITIONS - this.#options.numQueryTokens;
  }

  async start(prefix: Prefix): Promise<Decoding> {
    const { sessions, config, decoderStartTokenId } = this.#options;
    const embed = await sessions.open(PART.embedTokens);
    const decoder = await sessions.open(PART.decoder);
    const key = `${prefix.imageKey} ${prefix.promptIds.join(" ")}`;
    const isReused = this.#encoded?.key === key;
    const encoder =
      isReused && this.#encoded ? this.#encoded.cache : await this.#encode(embed, prefix, key);
    throwIfAborted(prefix.signal);
    const cache = emptyCache(cacheNames(config.nLayers, true), {
      nHeads: config.nHeads,
      headDim: config.dKv,
    });
    const run = new T5Run({ options: this.#options, decoder, embed, cache, encoder });
    let firstLogits: Float32Array;
    try {
      firstLogits = await run.step([decoderStartTokenId]);
    } catch (thrown) {
      run.finish();
      throw thrown;
    }
    return {
      vocabSize: config.vocabSize,
      firstLogits,
      inputIds: [decoderStartTokenId],
      reusedPositions: isReused ? encoder.length : 0,
      step: (ids) => run.step(ids),
      reorder: (beamIdx) => run.reorder(beamIdx),
      finish: () => {
        run.finish();
      },
    };
  }

  dispose(): void {
    this.#encoded?.cache.dispose();
    this.#encoded = undefined;
  }

  /** Keys and values of every decoder layer over the encoder's output. */
  async #encode(embed: Session, prefix: Prefix, key: string): Promise<KvCache> {
    const { sessions, config } = this.#options;
    const encoder = await sessions.open(PART.textEncoder);
    throwIfAborted(prefix.signal);
    const words = await embedTokens(embed, prefix.promptIds);
    const rows = joinRows(prefix.languageModelInputs, words);
    const length = rows.length / config.hiddenSize;
    const buckets = relativePositionBuckets(
      { firstQuery: 0, nQueries: length, nKeys: length },
      bucketSpec(config, "encoder"),
    );
    const outputs = await encoder.run({
      [IO.inputsEmbeds]: cpuTensor(rows, [1, length, config.hiddenSize]),
      [IO.relativePositionBucket]: cpuTensor(buckets, [length, length]),
    });
    const cache = presentCache(encoderCacheNames(config.nLayers), outputs, { batch: 1, length });
    this.#encoded?.cache.dispose();
    this.#encoded = { key, cache };
    return cache;
  }
}

/** The running state of one decoding. */
class T5Run {
  readonly #options: T5ModelOptions;
  readonly #decoder: Session;
  readonly #embed: Session;
  readonly #names: readonly CacheName[];
  /** One row; belongs to the model, which keeps it. */
  readonly #encoder: KvCache;
  /** As many rows as there are beams; ours when it is not the encoder's own. */
  #encoderRows: KvCache;
  #cache: KvCache;

  constructor(start: {
    options: T5ModelOptions;
    decoder: Session;
    embed: Session;
    cache: KvCache;
    encoder: KvCache;
  }) {
    this.#options = start.options;
    this.#names = cacheNames(start.options.config.nLayers, true);
    this.#decoder = start.decoder;
    this.#embed = start.embed;
    this.#cache = start.cache;
    this.#encoder = start.encoder;
    this.#encoderRows = start.encoder;
  }

  async step(ids: readonly number[]): Promise<Float32Array> {
    const { config } = this.#options;
    const { batch, length: past } = this.#cache;
    const rows = await embedTokens(this.#embed, ids);
    const buckets = relativePositionBuckets(
      { firstQuery: past, nQueries: 1, nKeys: past + 1 },
      bucketSpec(config, "decoder"),
    );
    const outputs = await this.#decoder.run({
      [IO.inputsEmbeds]: cpuTensor(rows, [batch, 1, config.hiddenSize]),
      [IO.relativePositionBucket]: cpuTensor(buckets, [1, past + 1]),
      ...this.#cache.tensors,
      ...this.#encoderRows.tensors,
    });
    const size = { batch, length: past + 1 };
    this.#replace(presentCache(this.#names, outputs, size));
    return floats(outputs[IO.logits]);
  }

  async reorder(beamIdx: readonly number[]): Promise<void> {
    const session = await this.#options.sessions.open(PART.reorderCache);
    const isResized = beamIdx.length !== this.#cache.batch;
    this.#replace(await gatherRows(session, this.#names, { cache: this.#cache, beamIdx }));
    // Every row sees the same picture and prompt, so a reordering among equals changes nothing.
    if (isResized) await this.#expandEncoder(beamIdx.length);
  }

  async #expandEncoder(nRows: number): Promise<void> {
    const { config, sessions } = this.#options;
    this.#disposeRows();
    const session = await sessions.open(PART.expandEncoderCache);
    this.#encoderRows = await gatherRows(session, encoderCacheNames(config.nLayers), {
      cache: this.#encoder,
      beamIdx: Array.from({ length: nRows }, () => 0),
    });
  }

  finish(): void {
    this.#cache.dispose();
    this.#disposeRows();
  }

  #replace(cache: KvCache): void {
    this.#cache.dispose();
    this.#cache = cache;
  }

  #disposeRows(): void {
    if (this.#encoderRows !== this.#encoder) this.#encoderRows.dispose();
    this.#encoderRows = this.#encoder;
  }
}

function bucketSpec(config: T5Config, stack: "encoder" | "decoder"): BucketSpec {
  return {
    isBidirectional: stack === "encoder",
    nBuckets: config.relativeAttentionBuckets,
    maxDistance: config.relativeAttentionMaxDistance,
  };
}
