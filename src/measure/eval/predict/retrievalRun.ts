/**
 * Retrieval in two passes: embeddings of all pictures and texts, then the match logits of every pair that either
 * shortlist wants. A pair is computed once, and a picture is looked at once for all its pairs.
 */

import { open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../../base/assert";
import { throwIfAborted } from "../../../base/errors";
import type { PictureFeatures } from "../../../engine/picture/imageStage";
import { floats } from "../../../engine/session/session";
import type { ModelParts } from "../../../engine/session/modelParts";
import { largestCosine } from "../../../engine/textComparer";
import { IO } from "../../../model/graph/graphContract";
import { pairsByPicture, shortlists } from "../../metrics/retrieval";
import type { CaptionedPicture } from "../data/captionFiles";
import { PredictionFile } from "./predictionFile";
import { asNumber, type RunTimes } from "./predictTexts";
import { retrievalText } from "./preset";
import { allShards, type Shard, shardFile, shardRange } from "./shard";

/** LAVIS cuts texts here, [CLS] and [SEP] included. */
const TEXT_TOKENS = 35;

export interface RetrievalRun {
  readonly pictures: readonly CaptionedPicture[];
  /** Files of all pictures, in their order. */
  readonly files: readonly string[];
  readonly parts: Pick<ModelParts, "images" | "comparer">;
  readonly tokenizer: { encode(text: string): readonly number[] };
  readonly k: number;
  readonly shard: Shard;
  /** What pairs are written to; embeddings lie beside it. */
  readonly predictions: string;
  readonly signal: AbortSignal;
  readonly onItem?: (what: string, done: number, all: number) => void;
}

/**
 * @returns the embeddings of other shards that are not there yet, when nothing more can be done without them.
 * @throws AppError as the engine; `document.*`, `request.cancelled`. What was computed is kept.
 */
export async function runRetrieval(
  run: RetrievalRun,
): Promise<{ readonly waitsFor: readonly string[]; readonly times: RunTimes }> {
  const begin = performance.now();
  const comparer = defined(run.parts.comparer, "The comparer");
  const ids = textIds(run);
  const textBytes = await embed(run, "texts", {
    nItems: ids.length,
    compute: async (i) => (await comparer.embed(ids[i] ?? [])).values,
  });
  const pictureBytes = await embed(run, "pictures", {
    nItems: run.pictures.length,
    compute: async (i) => floats((await look(run, i)).features.get(IO.imageEmbeds)),
  });
  const { all: texts, missing: missingTexts } = await embeddings(run, "texts", {
    ...{ nItems: ids.length, rowBytes: textBytes },
  });
  const { all: pictures, missing } = await embeddings(run, "pictures", {
    ...{ nItems: run.pictures.length, rowBytes: pictureBytes },
  });
  const waitsFor = [...missingTexts, ...missing];
  const nothing = { totalMs: performance.now() - begin, engineMs: 0, timed: 0 };
  if (waitsFor.length > 0) return { waitsFor, times: nothing };
  const similarities = pictures.map((rows) =>
    Float32Array.from(texts, (text) => largestCosine(rows, text)),
  );
  const pairs = pairsByPicture(shortlists(similarities, texts.length, run.k));
  const engineMs = await match(run, { ids, similarities, pairs });
  const [from, to] = shardRange(run.shard, run.pictures.length);
  return {
    waitsFor: [],
    times: { totalMs: performance.now() - begin, engineMs, timed: to - from },
  };
}

function textIds({ pictures, tokenizer }: RetrievalRun): readonly (readonly number[])[] {
  return pictures.flatMap(({ captions }) =>
    captions.map((caption) => {
      const all = tokenizer.encode(retrievalText(caption));
      // The end of a text that is cut is still [SEP].
      return all.length <= TEXT_TOKENS ? all : [...all.slice(0, TEXT_TOKENS - 1), ...all.slice(-1)];
    }),
  );
}

async function look(
  { files, parts, signal }: RetrievalRun,
  index: number,
): Promise<PictureFeatures> {
  const file = files[index] ?? "";
  const image = await readFile(file);
  return await parts.images.features({ image, imageName: file, alpha: "drop" }, signal);
}

interface PairWork {
  readonly ids: readonly (readonly number[])[];
  readonly similarities: readonly Float32Array[];
  readonly pairs: readonly (readonly number[])[];
}

/** @returns milliseconds in the engine. */
async function match(run: RetrievalRun, { ids, similarities, pairs }: PairWork): Promise<number> {
  const { pictures, predictions, shard, signal, onItem } = run;
  const comparer = defined(run.parts.comparer, "The comparer");
  const [from, to] = shardRange(shard, pictures.length);
  const own = pictures.slice(from, to);
  const file = await PredictionFile.open(
    predictions,
    (row, i) => (row as { image_id?: unknown }).image_id === asNumber(own[i]?.id ?? ""),
  );
  let engineMs = 0;
  try {
    for (const { id } of own.slice(file.count)) {
      throwIfAborted(signal);
      const index = from + file.count;
      const begin = performance.now();
      const { key: imageKey, features } = await look(run, index);
      const picture = { imageKey, imageFeatures: floats(features.get(IO.imageFeatures)) };
      const rows: number[][] = [];
      for (const text of pairs[index] ?? []) {
        throwIfAborted(signal);
        const [logits] = await comparer.matchLogits(comparer.matchIds(ids[text] ?? []), [picture]);
        rows.push([text, similarities[index]?.[text] ?? NaN, logits?.[1] ?? NaN]);
      }
      engineMs += performance.now() - begin;
      await file.add({ image_id: asNumber(id), pairs: rows });
      onItem?.("pictures matched", file.count, own.length);
    }
    await file.finish();
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  return engineMs;
}

type Side = "texts" | "pictures";

function embeddingFile({ predictions }: RetrievalRun, side: Side, shard: Shard): string {
  return path.join(path.dirname(predictions), shardFile(`${side}.f32`, shard));
}

/**
 * Appends the embeddings of this shard to a file of rows of one size; a row that was cut is computed again.
 * @returns bytes of a row, also where the shard has none.
 */
async function embed(
  run: RetrievalRun,
  side: Side,
  {
    nItems,
    compute,
  }: { readonly nItems: number; readonly compute: (i: number) => Promise<Float32Array> },
): Promise<number> {
  const { shard, signal, onItem } = run;
  const [from, to] = shardRange(shard, nItems);
  if (from === to) return (await compute(0)).byteLength;
  const file = embeddingFile(run, side, shard);
  const nBytes = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (nBytes === 0) await writeFile(file, "");
  const first = await compute(from);
  const rowBytes = first.byteLength;
  let done = Math.min(Math.floor(nBytes / rowBytes), to - from);
  await truncate(file, done * rowBytes);
  const handle = await open(file, "a");
  try {
    for (; done < to - from; done++) {
      throwIfAborted(signal);
      const row = done === 0 ? first : await compute(from + done);
      await handle.appendFile(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
      onItem?.(`${side} embedded`, done + 1, to - from);
    }
  } finally {
    await handle.close();
  }
  return rowBytes;
}

/** Of all shards, [items][values]; and the names of files that are missing, or that somebody still appends to. */
async function embeddings(
  run: RetrievalRun,
  side: Side,
  { nItems, rowBytes }: { readonly nItems: number; readonly rowBytes: number },
): Promise<{ readonly all: readonly Float32Array[]; readonly missing: readonly string[] }> {
  const all: Float32Array[] = [];
  const missing: string[] = [];
  for (const shard of allShards(run.shard.count)) {
    const [from, to] = shardRange(shard, nItems);
    if (from === to) continue;
    const file = embeddingFile(run, side, shard);
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes?.length !== (to - from) * rowBytes) {
      missing.push(file);
      continue;
    }
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    for (let i = 0; i < to - from; i++) {
      all.push(values.subarray((i * rowBytes) / 4, ((i + 1) * rowBytes) / 4));
    }
  }
  return { all, missing };
}
