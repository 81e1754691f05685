/**
 * Flan-T5 behind a picture: image rows and prompt go through the encoder together, and the decoder
 * starts from one special token. The encoder sees all positions at once, so only the very same prompt
 * can be reused.
 */

import { throwIfAborted } from "../../base/errors";
import type { T5Config } from "../../model/config/textConfig";
import { IO, PART } from "../../model/graph/graphContract";
import { relativePositionBuckets, type BucketSpec } from "../../model/graph/relativePosition";
import {
  disposeTensors,
  type EncoderCache,
  encoderTensors,
  type KvCache,
  type KvCaches,
} from "./kvCache";
import { startReading } from "./readingDecoder";
import {
  embedTokens,
  joinRows,
  type Decoding,
  type LanguageModel,
  type Prefix,
} from "./languageModel";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, type Session, type TensorMap } from "../session/session";

export interface T5ModelOptions {
  readonly config: T5Config;
  readonly numQueryTokens: number;
  readonly decoderStartTokenId: number;
  readonly sessions: PartSessions;
  readonly caches: KvCaches;
}

/** Relative positions have no table that could end; this bounds the memory of encoder attention. */
const MAX_ENCODER_POSITIONS = 2048;

interface Encoded {
  readonly key: string;
  readonly cache: EncoderCache;
}

export class T5Model implements LanguageModel {
  readonly #options: T5ModelOptions;
  #encoded: Encoded | undefined;

  constructor(options: T5ModelOptions) {
    this.#options = options;
  }

  maxPromptTokens(): number {
    return MAX_ENCODER_POSITIONS - this.#options.numQueryTokens;
  }

  /** The encoder sees picture and question together, so that nothing can be computed before. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async start(prefix: Prefix): Promise<Decoding> {
    const { sessions, config, decoderStartTokenId, caches } = this.#options;
    const embed = await sessions.open(PART.embedTokens);
    const decoder = await sessions.open(PART.decoder);
    const key = `${prefix.imageKey} ${prefix.promptIds.join(" ")}`;
    const isReused = this.#encoded?.key === key;
    const encoder =
      isReused && this.#encoded ? this.#encoded.cache : await this.#encode(embed, prefix, key);
    throwIfAborted(prefix.signal);
    return startReading({
      ...{ config, caches, decoder, embed, encoder },
      inputIds: [decoderStartTokenId],
      reusedPositions: isReused ? encoder.length : 0,
      positions: (cache) => this.#positions(cache),
    });
  }

  /** Buckets of a step's one position against all there are. */
  #positions(cache: KvCache): TensorMap {
    const past = cache.length;
    const buckets = relativePositionBuckets(
      { firstQuery: past, nQueries: 1, nKeys: past + 1 },
      bucketSpec(this.#options.config, "decoder"),
    );
    const columns = BigInt64Array.from(cache.keyPositions(1), (at) => buckets[at] ?? 0n);
    return { [IO.relativePositionBucket]: cpuTensor(columns, [1, columns.length]) };
  }

  dispose(): void {
    this.#forget();
  }

  #forget(): void {
    disposeTensors(Object.values(this.#encoded?.cache.tensors ?? {}));
    this.#encoded = undefined;
  }

  /** Keys and values of every decoder layer over the encoder's output. */
  async #encode(embed: Session, prefix: Prefix, key: string): Promise<EncoderCache> {
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
    const cache = { tensors: encoderTensors(config.nLayers, outputs), length };
    this.#forget();
    this.#encoded = { key, cache };
    return cache;
  }
}

function bucketSpec(config: T5Config, stack: "encoder" | "decoder"): BucketSpec {
  return {
    isBidirectional: stack === "encoder",
    nBuckets: config.relativeAttentionBuckets,
    maxDistance: config.relativeAttentionMaxDistance,
  };
}
