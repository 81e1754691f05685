/** What a batch of pictures with texts feeds to the graph of stage 1. */

import { cpuTensor, type Tensor } from "../../engine/session/session";
import type { RandomStream } from "../../engine/decode/sampling";
import { HIDDEN } from "./qformerPasses";
import { STAGE1_INPUTS } from "./stage1Graph";

export interface Stage1Batch {
  /** `[CLS] … [SEP]` of each picture's text, without padding. */
  readonly texts: readonly (readonly number[])[];
  /** T: texts are padded to it. */
  readonly textLength: number;
  readonly padId: number;
  /** Takes the place of [CLS] in captions. */
  readonly captionId: number;
  /** Pictures with the same number are the same one, or share their text. @default each its own */
  readonly imageIds?: readonly number[];
  /** Hard negatives are drawn, or given by their rows: a picture for each text, a text for each picture. */
  readonly negatives:
    | RandomStream
    | { readonly imageForText: readonly number[]; readonly textForImage: readonly number[] };
}

/** Stands for [CLS] before captions; LAVIS adds it to BERT's vocabulary as the last word. */
export const CAPTION_TOKEN = "[DEC]";

/** Label smoothing of ITC. */
const ITC_SMOOTHING = 0.1;

/** Larger than every score: decides what is the hardest. */
const DECIDES = 1e6;

/** Everything but the pictures. */
export function stage1Feeds(batch: Stage1Batch): Record<string, Tensor> {
  const { texts, textLength: length, padId, captionId } = batch;
  const n = texts.length;
  const ids = padded(texts, length, padId);
  const captions = ids.slice();
  for (let b = 0; b < n; b++) captions[b * length] = BigInt(captionId);
  const positions = BigInt64Array.from({ length: n * length }, (_, i) => BigInt(i % length));
  const mask = Float32Array.from({ length: n * length }, (_, i) =>
    i % length < lengthOf(texts, Math.floor(i / length)) ? 0 : HIDDEN,
  );
  return {
    [STAGE1_INPUTS.textIds]: cpuTensor(ids, [n, length]),
    [STAGE1_INPUTS.captionIds]: cpuTensor(captions, [n, length]),
    [STAGE1_INPUTS.textPositions]: cpuTensor(positions, [n, length]),
    [STAGE1_INPUTS.captionPositions]: cpuTensor(positions, [n, length]),
    [STAGE1_INPUTS.textMask]: cpuTensor(mask, [n, 1, 1, length]),
    ...contrastFeeds(batch),
    ...captionFeeds(batch),
  };
}

/** int64 [B, T]. */
export function padded(
  texts: readonly (readonly number[])[],
  length: number,
  padId: number,
): BigInt64Array {
  const ids = new BigInt64Array(texts.length * length).fill(BigInt(padId));
  texts.forEach((text, b) => {
    text.slice(0, length).forEach((id, t) => {
      ids[b * length + t] = BigInt(id);
    });
  });
  return ids;
}

function lengthOf(texts: readonly (readonly number[])[], row: number): number {
  return texts[row]?.length ?? 0;
}

function contrastFeeds({ texts, imageIds, negatives }: Stage1Batch): Record<string, Tensor> {
  const n = texts.length;
  const isSame = (a: number, b: number): boolean =>
    imageIds === undefined ? a === b : imageIds[a] === imageIds[b];
  const square = (value: (row: number, column: number) => number): Tensor =>
    cpuTensor(
      Float32Array.from({ length: n * n }, (_, i) => value(Math.floor(i / n), i % n)),
      [n, n],
    );
  const rows = Array.from({ length: n }, (_, row) => row);
  const nSame = rows.map((row) => rows.filter((other) => isSame(row, other)).length);
  // A row without another picture has no negative; the two rows of matching that would need one count nothing.
  const counts = rows.map((row) => (nSame[row] === n ? 0 : 1));
  const total = n + 2 * counts.reduce<number>((sum, count) => sum + count, 0);
  const weights = [...rows.map(() => 1), ...counts, ...counts].map((count) => count / total);
  const noise = (given: readonly number[] | undefined): Tensor =>
    square((row, column) => {
      if (given !== undefined) return given[row] === column ? DECIDES : 0;
      const drawn = isRandom(negatives) ? negatives.nextGumbel() : 0;
      return isSame(row, column) ? -DECIDES : drawn;
    });
  const given = isRandom(negatives) ? undefined : negatives;
  return {
    [STAGE1_INPUTS.itcTarget]: square(
      (row, column) =>
        ((1 - ITC_SMOOTHING) * (isSame(row, column) ? 1 : 0)) / (nSame[row] ?? 1) +
        ITC_SMOOTHING / n,
    ),
    [STAGE1_INPUTS.imageNoise]: noise(given?.imageForText),
    [STAGE1_INPUTS.textNoise]: noise(given?.textForImage),
    [STAGE1_INPUTS.itmWeight]: cpuTensor(Float32Array.from(weights), [3 * n, 1]),
  };
}

function isRandom(negatives: Stage1Batch["negatives"]): negatives is RandomStream {
  return "nextGumbel" in negatives;
}

/** Each position says the next token; the last of a text says nothing. */
function captionFeeds({ texts, textLength: length }: Stage1Batch): Record<string, Tensor> {
  const n = texts.length;
  const said = texts.reduce((sum, text) => sum + Math.max(0, Math.min(text.length, length) - 1), 0);
  const labels = new Float32Array(n * length);
  const weights = new Float32Array(n * length);
  texts.forEach((text, b) => {
    text.slice(1, length).forEach((id, t) => {
      labels[b * length + t] = id;
      weights[b * length + t] = 1 / said;
    });
  });
  return {
    [STAGE1_INPUTS.itgLabels]: cpuTensor(labels, [n * length, 1]),
    [STAGE1_INPUTS.itgWeight]: cpuTensor(weights, [n * length, 1]),
  };
}
