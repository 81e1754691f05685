/**
 * Decoding with a decoder that reads something besides its own text: keys and values of its own that grow,
 * and those of an encoder, which all beams share. Knows neither family.
 */

import { IO } from "../../model/graph/graphContract";
import { disposeTensors, type EncoderCache, type KvCache, type KvCaches } from "./kvCache";
import { type Decoding, embedTokens } from "./languageModel";
import { cpuTensor, floats, type Session, type TensorMap } from "../session/session";

export interface ReadingDecoderOptions {
  readonly config: { readonly hiddenSize: number; readonly vocabSize: number };
  readonly caches: KvCaches;
  readonly decoder: Session;
  readonly embed: Session;
  /** One row; stays the caller's. */
  readonly encoder: EncoderCache;
  /** What tells the decoder where so many new positions stand. */
  readonly positions: (cache: KvCache, nNew: number) => TensorMap;
  /** The text that is there: at least its first id. */
  readonly inputIds: readonly number[];
  /** As `Decoding.reusedPositions`. */
  readonly reusedPositions: number;
}

/** Runs the text that is there. @throws AppError `device.failed`. */
export async function startReading(options: ReadingDecoderOptions): Promise<Decoding> {
  const run = new ReadingRun(options);
  const { inputIds, reusedPositions, config } = options;
  let firstLogits: Float32Array;
  try {
    firstLogits = await run.feed(inputIds);
  } catch (thrown) {
    run.finish();
    throw thrown;
  }
  return {
    ...{ vocabSize: config.vocabSize, firstLogits, inputIds, reusedPositions },
    step: (ids) => run.feed(ids),
    reorder: (beamIdx) => run.reorder(beamIdx),
    finish: () => {
      run.finish();
    },
  };
}

/** The running state of one decoding. */
class ReadingRun {
  readonly #options: ReadingDecoderOptions;
  #cache: KvCache;
  /** For as many rows as there are beams; ours when it is not the encoder's own. */
  #encoderRows: EncoderCache;

  constructor(options: ReadingDecoderOptions) {
    this.#options = options;
    this.#cache = options.caches.begin();
    this.#encoderRows = options.encoder;
  }

  /** As many ids for each row, row by row; gives the logits of the last position, [batch, vocabulary]. */
  async feed(ids: readonly number[]): Promise<Float32Array> {
    const { config, decoder, embed, positions } = this.#options;
    const { batch } = this.#cache;
    const nNew = ids.length / batch;
    const rows = await embedTokens(embed, ids);
    const outputs = await decoder.run({
      [IO.inputsEmbeds]: cpuTensor(rows, [batch, nNew, config.hiddenSize]),
      ...positions(this.#cache, nNew),
      ...this.#cache.feeds(nNew),
      ...this.#encoderRows.tensors,
    });
    this.#cache = this.#cache.advanced(outputs, nNew);
    return floats(outputs[IO.logits]);
  }

  async reorder(beamIdx: readonly number[]): Promise<void> {
    const { caches, encoder } = this.#options;
    const before = this.#cache;
    this.#cache = await before.reordered(beamIdx);
    if (before.batch === 1) before.dispose();
    // Every row reads the same, so a reordering among equals changes nothing.
    if (beamIdx.length === before.batch) return;
    this.#disposeRows();
    this.#encoderRows = await caches.encoderRows(encoder, beamIdx.length);
  }

  finish(): void {
    this.#cache.dispose();
    this.#disposeRows();
  }

  #disposeRows(): void {
    const { encoder } = this.#options;
    if (this.#encoderRows !== encoder) disposeTensors(Object.values(this.#encoderRows.tensors));
    this.#encoderRows = encoder;
  }
}
