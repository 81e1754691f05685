/**
 * Flan-T5 behind a picture: image rows and prompt go through the encoder together, and the decoder
 * starts from one special token. The encoder sees all positions at once, so only the very same prompt
 * can be reused.
 */

import { throwIfAborted } from "../../base/errors";
import type { T5Config } from "../../model/config/textConfig";
import { encoderCacheNames, IO, PART } from "../../model/graph/graphContract";
import { relativePositionBuckets, type BucketSpec } from "../../model/graph/relativePosition";
import { disposeTensors, type EncoderCache, type KvCache, type KvCaches } from "./kvCache";
import { invariant } from "../../base/assert";
import {
  embedTokens,
  joinRows,
  type Decoding,
  type LanguageModel,
  type Prefix,
} from "./languageModel";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, floats, type Session, type TensorMap } from "../session/session";

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
    const cache = caches.empty();
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

/** What the encoder gave, under the names that the decoder takes. */
function encoderTensors(nLayers: number, outputs: TensorMap): TensorMap {
  const tensors = encoderCacheNames(nLayers).map(({ past, present }) => {
    const tensor = outputs[present];
    invariant(tensor !== undefined, `The graph gave no ${present}.`);
    return [past, tensor] as const;
  });
  return Object.fromEntries(tensors);
}

/** The running state of one decoding. */
class T5Run {
  readonly #options: T5ModelOptions;
  readonly #decoder: Session;
  readonly #embed: Session;
  /** One row; belongs to the model, which keeps it. */
  readonly #encoder: EncoderCache;
  /** For as many rows as there are beams; ours when it is not the encoder's own. */
  #encoderRows: EncoderCache;
  #cache: KvCache;

  constructor(start: {
    options: T5ModelOptions;
    decoder: Session;
    embed: Session;
    cache: KvCache;
    encoder: EncoderCache;
  }) {
    this.#options = start.options;
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
    const columns = BigInt64Array.from(this.#cache.keyPositions(1), (at) => buckets[at] ?? 0n);
    const outputs = await this.#decoder.run({
      [IO.inputsEmbeds]: cpuTensor(rows, [batch, 1, config.hiddenSize]),
      [IO.relativePositionBucket]: cpuTensor(columns, [1, columns.length]),
      ...this.#cache.feeds(1),
      ...this.#encoderRows.tensors,
    });
    this.#cache = this.#cache.advanced(outputs, 1);
    return floats(outputs[IO.logits]);
  }

  async reorder(beamIdx: readonly number[]): Promise<void> {
    const before = this.#cache;
    this.#cache = await before.reordered(beamIdx);
    if (before.batch === 1) before.dispose();
    // Every row sees the same picture and prompt, so a reordering among equals changes nothing.
    if (beamIdx.length === before.batch) return;
    this.#disposeRows();
    this.#encoderRows = await this.#options.caches.encoderRows(this.#encoder, beamIdx.length);
  }

  finish(): void {
    this.#cache.dispose();
    this.#disposeRows();
  }

  #disposeRows(): void {
    if (this.#encoderRows !== this.#encoder) {
      disposeTensors(Object.values(this.#encoderRows.tensors));
    }
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
