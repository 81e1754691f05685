/** The vision side: pixels → image features, and those → query outputs and their projection. */

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
   * [1, queries, Q-Former width] as `query_output`; with it `language_model_inputs`
   * [1, queries, language model width], or for retrieval `image_embeds` [1, queries, projection].
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

/** A Q-Former's look at a picture, of one that reads nothing else. @throws AppError as `encodeImage`. */
export async function readImage(
  sessions: PartSessions,
  imageFeatures: Tensor,
  signal?: AbortSignal,
): Promise<ReadImage> {
  const qformer = await sessions.open(PART.qformer);
  const begin = performance.now();
  const queries = await qformer.run({ [IO.imageFeatures]: imageFeatures });
  throwIfAborted(signal);
  return { queries, qformerMs: performance.now() - begin };
}
