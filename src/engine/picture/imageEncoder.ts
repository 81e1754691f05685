/** The vision side of BLIP-2: pixels → image features → query outputs and their projection. */

import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { IO, PART } from "../../model/graph/graphContract";
import type { PixelValues } from "./imagePreprocess";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, type Tensor, type TensorMap } from "../session/session";

/** Everything the vision side gives, each on the CPU. */
export interface EncodedImage {
  /** [1, 1 + patches, vision width]. */
  readonly imageFeatures: Tensor;
  /**
   * [1, queries, Q-Former width] as `query_output`; with it `language_model_inputs`
   * [1, queries, language model width], or for retrieval `image_embeds` [1, queries, projection].
   */
  readonly qformer: TensorMap;
  /** Milliseconds. */
  readonly visionMs: number;
  readonly qformerMs: number;
}

/** @throws AppError `device.failed`, `request.cancelled` between the two graphs and between stages. */
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
  const middle = performance.now();
  throwIfAborted(signal);
  const qformerSession = await sessions.open(PART.qformer);
  const opened = performance.now();
  const qformer = await qformerSession.run({ [IO.imageFeatures]: imageFeatures });
  throwIfAborted(signal);
  return {
    imageFeatures,
    qformer,
    visionMs: middle - begin,
    qformerMs: performance.now() - opened,
  };
}
