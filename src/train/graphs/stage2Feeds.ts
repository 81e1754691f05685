/** What a batch of texts feeds to the graph of stage 2. */

import { cpuTensor, type Tensor } from "../../engine/session/session";
import type { T5Config } from "../../model/config/textConfig";
import { relativePositionBuckets } from "../../model/graph/relativePosition";
import { HIDDEN } from "./qformerPasses";
import { padded } from "./stage1Feeds";
import { STAGE2_INPUTS } from "./stage2Graph";

/** A text, and what a model learns to say of it. */
export interface LearntText {
  readonly ids: readonly number[];
  /** What it should say at the place of each token; nothing where the token is given, as a question is. */
  readonly says: readonly (number | undefined)[];
}

/** A text that is learnt from its token `given` on. */
export function learntFrom(given: number, ids: readonly number[]): LearntText {
  return { ids, says: ids.map((id, t) => (t < given ? undefined : id)) };
}

/** OPT: queries, then the text. @param batch `length` is T, `nQueries` Q. */
export function optFeeds(batch: {
  readonly texts: readonly LearntText[];
  readonly length: number;
  readonly nQueries: number;
  readonly padId: number;
}): Record<string, Tensor> {
  const { texts, length, nQueries, padId } = batch;
  const n = texts.length;
  const whole = nQueries + length;
  const ends = texts.map(({ ids }) => nQueries + Math.min(ids.length, length));
  const mask = new Float32Array(n * whole * whole);
  const positions = new BigInt64Array(n * whole);
  ends.forEach((end, b) => {
    for (let row = 0; row < whole; row++) {
      // Padding stands at the last position, as a running sum over what is there counts it.
      positions[b * whole + row] = BigInt(Math.min(row, end - 1));
      for (let column = 0; column < whole; column++) {
        if (column > row || column >= end) mask[(b * whole + row) * whole + column] = HIDDEN;
      }
    }
  });
  const ids = padded(
    texts.map((text) => text.ids),
    length,
    padId,
  );
  return {
    [STAGE2_INPUTS.textIds]: cpuTensor(ids, [n, length]),
    [STAGE2_INPUTS.positions]: cpuTensor(positions, [n, whole]),
    [STAGE2_INPUTS.mask]: cpuTensor(mask, [n, 1, whole, whole]),
    // The position before a token says it: that of the last query the first one.
    ...labelFeeds(texts, { length, rows: whole, first: nQueries - 1 }),
  };
}

/** T5: the encoder reads queries and `sources`, the decoder says `targets`. */
export function t5Feeds(batch: {
  readonly config: T5Config;
  readonly sources: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  /** T and U. */
  readonly length: number;
  readonly targetLength: number;
  readonly nQueries: number;
  readonly padId: number;
}): Record<string, Tensor> {
  const { config, sources, targets, length, targetLength, nQueries, padId } = batch;
  const n = sources.length;
  const whole = nQueries + length;
  const hidden = Float32Array.from({ length: n * whole }, (_, i) =>
    (i % whole) - nQueries < (sources[Math.floor(i / whole)]?.length ?? 0) ? 0 : HIDDEN,
  );
  const square = targetLength * targetLength;
  const later = Float32Array.from({ length: n * square }, (_, i) => {
    const [row, column] = [Math.floor((i % square) / targetLength), i % targetLength];
    const end = targets[Math.floor(i / square)]?.length ?? 0;
    return column > row || column >= end ? HIDDEN : 0;
  });
  const shifted = targets.map((target) => [config.decoderStartTokenId, ...target.slice(0, -1)]);
  return {
    [STAGE2_INPUTS.textIds]: cpuTensor(padded(sources, length, padId), [n, length]),
    [STAGE2_INPUTS.mask]: cpuTensor(hidden, [n, 1, 1, whole]),
    [STAGE2_INPUTS.encoderBuckets]: buckets(config, whole, true),
    [STAGE2_INPUTS.decoderBuckets]: buckets(config, targetLength, false),
    [STAGE2_INPUTS.decoderIds]: cpuTensor(padded(shifted, targetLength, padId), [n, targetLength]),
    [STAGE2_INPUTS.decoderMask]: cpuTensor(later, [n, 1, targetLength, targetLength]),
    ...labelFeeds(
      targets.map((ids) => learntFrom(0, ids)),
      { length: targetLength, rows: targetLength, first: 0 },
    ),
  };
}

/** Distances between positions, int64 [length, length]. */
function buckets(config: T5Config, length: number, isBidirectional: boolean): Tensor {
  const all = relativePositionBuckets(
    { firstQuery: 0, nQueries: length, nKeys: length },
    {
      isBidirectional,
      nBuckets: config.relativeAttentionBuckets,
      maxDistance: config.relativeAttentionMaxDistance,
    },
  );
  return cpuTensor(all, [length, length]);
}

/** Which position says which token, and how much it counts: all that are said the same. */
function labelFeeds(
  texts: readonly LearntText[],
  { length, rows, first }: { length: number; rows: number; first: number },
): Record<string, Tensor> {
  const n = texts.length;
  const labels = new Float32Array(n * rows);
  const weights = new Float32Array(n * rows);
  const said = texts.flatMap(({ says }, b) =>
    says.slice(0, length).flatMap((id, t) => (id === undefined ? [] : [{ id, at: b * rows + t }])),
  );
  for (const { id, at } of said) {
    labels[first + at] = id;
    weights[first + at] = 1 / said.length;
  }
  return {
    [STAGE2_INPUTS.labels]: cpuTensor(labels, [n * rows, 1]),
    [STAGE2_INPUTS.weight]: cpuTensor(weights, [n * rows, 1]),
  };
}
