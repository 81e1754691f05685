/** The vision side: pixels → image features, and those → what is made of them whatever the question. */

import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { IO, PART } from "../../model/graph/graphContract";
import type { PixelValues } from "./imagePreprocess";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, type Tensor, type TensorMap } from "../session/session";

export interface EncodedImage {
  /** [1, 1 + patches, vision width]; on the CPU. */
  readonly imageFeatures: Tensor;
  /** Milliseconds. */
  readonly visionMs: number;
}

export interface ReadImage {
  /**
   * Of BLIP-2 [1, queries, Q-Former width] as `query_output`; with it `language_model_inputs`
   * [1, queries, language model width], or for retrieval `image_embeds` [1, queries, projection]. Of
   * BLIP nothing, or for retrieval `image_embeds` [1, 1, projection].
   */
  readonly queries: TensorMap;
  /** Milliseconds. */
  readonly qformerMs: number;
}

/** @throws AppError `device.failed`, `request.cancelled` between stages and at the end. */
export async function encodeImage(
  sessions: PartSessions,
  pixels: PixelValues,
  signal?: AbortSignal,
): Promise<EncodedImage> {
  const vision = await sessions.open(PART.visionEncoder);
  const begin = performance.now();
  const feeds = { [IO.pixelValues]: cpuTensor(pixels.data, pixels.dims) };
  const { [IO.imageFeatures]: imageFeatures } = await vision.run(feeds, signal);
  invariant(imageFeatures !== undefined, "The image encoder gave no features.");
  const visionMs = performance.now() - begin;
  throwIfAborted(signal);
  return { imageFeatures, visionMs };
}

/** A model has one of them, or none. */
const READERS = [PART.qformer, PART.imageProjection] as const;

/** A look at a picture that reads nothing else, a Q-Former's or a projection's. @throws AppError as `encodeImage`. */
export async function readImage(
  sessions: PartSessions,
  imageFeatures: Tensor,
  signal?: AbortSignal,
): Promise<ReadImage> {
  const part = READERS.find((known) => sessions.has(known));
  if (part === undefined) return { queries: {}, qformerMs: 0 };
  const reader = await sessions.open(part);
  const begin = performance.now();
  const queries = await reader.run({ [IO.imageFeatures]: imageFeatures });
  throwIfAborted(signal);
  return { queries, qformerMs: performance.now() - begin };
}
