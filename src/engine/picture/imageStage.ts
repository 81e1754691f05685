/** A picture's features, from the cache or computed: what both answering and scoring begin with. */

import { createHash } from "node:crypto";
import { AppError } from "../../base/errors";
import type { FeatureCache, Features } from "./featureCache";
import { encodeImage, readImage } from "./imageEncoder";
import type { PictureRows } from "../language/languageModel";
import type { ModelFolder } from "../session/modelFolder";
import type { PartSessions } from "../session/partSessions";
import { floats, type Tensor } from "../session/session";
import type { Cached, LatePicture, PictureFacts, PictureRequest } from "../../model/ask/request";
import { readsInstruction } from "../../model/config/modelConfig";
import { encoderCacheNames, IO } from "../../model/graph/graphContract";

/**
 * How pictures come to be pixels. Raised when other pixels come of the same file, as they do when what
 * is behind transparent parts changes or another version of sharp is installed: what a model saw of one
 * look of a picture must not answer for another. Also raised when a kind of file can be read that could
 * not before: search remembers what failed.
 */
export const DECODER = "2, sharp 0.35.5";

export interface ImageStageOptions {
  readonly model: ModelFolder;
  readonly sessions: PartSessions;
  readonly cache: FeatureCache;
}

export interface PictureFeatures {
  /** Identifies the picture and how it was read. */
  readonly key: string;
  readonly features: Features;
  readonly facts: PictureFacts;
  readonly from: Cached["imageFeatures"];
  /** Milliseconds; 0 for what was not done. */
  readonly timings: {
    readonly preprocess: number;
    readonly vision: number;
    readonly qformer: number;
  };
}

/**
 * What a model that writes reads of a picture.
 * @param nLayers of its Q-Former; 0 without one.
 */
export function pictureRows(
  { key: imageKey, features }: Pick<PictureFeatures, "key" | "features">,
  nLayers: number,
): PictureRows {
  const tensors = encoderCacheNames(nLayers).flatMap(({ present }) => features.get(present) ?? []);
  const [, , length = 0] = tensors[0]?.dims ?? [];
  if (length > 0) {
    return { imageKey, languageModelInputs: new Float32Array(0), queryCache: { tensors, length } };
  }
  const rows = features.get(IO.languageModelInputs) ?? features.get(IO.imageFeatures);
  return { imageKey, languageModelInputs: floats(rows) };
}

export class ImageStage {
  readonly #options: ImageStageOptions;

  constructor(options: ImageStageOptions) {
    this.#options = options;
  }

  /** @throws AppError `image.*`, `device.failed`, `request.cancelled`. */
  async features(picture: PictureRequest, signal?: AbortSignal): Promise<PictureFeatures> {
    const { cache, model, sessions } = this.#options;
    const alpha = picture.alpha ?? "auto";
    const { digest, read } = lateOf(picture.image);
    const key = createHash("sha256").update(`${DECODER}, ${alpha} ${digest}`).digest("hex");
    const found = await cache.find(key);
    if (found !== undefined && this.#isComplete(found.features)) {
      const timings = { preprocess: 0, vision: 0, qformer: 0 };
      return { key, ...found, timings };
    }
    const begin = performance.now();
    const name = picture.imageName ?? "The picture";
    // A picture that is in the cache needs no decoder, whose native library takes 50 ms to load.
    const { preprocessImage } = await import("./imagePreprocess");
    const image = await read();
    // What is kept under a digest serves every later question about those bytes.
    if (image !== picture.image && digestOf(image) !== digest) {
      throw new AppError("protocol.violation", `${name} came with the digest of another picture.`);
    }
    const pixels = await preprocessImage(image, {
      config: model.preprocessor,
      name,
      alpha,
      world: model.world,
    });
    const preprocess = performance.now() - begin;
    const { imageFeatures, visionMs } = await encodeImage(sessions, pixels, signal);
    // Queries that depend on the instruction are no feature of the picture.
    const { queries, qformerMs } = readsInstruction(model.config)
      ? { queries: {}, qformerMs: 0 }
      : await readImage(sessions, imageFeatures, signal);
    const features = this.#kept({ ...queries, [IO.imageFeatures]: imageFeatures });
    const { facts } = pixels;
    await cache.store(key, { features, facts });
    const timings = { preprocess, vision: visionMs, qformer: qformerMs };
    return { key, features, facts, from: "computed", timings };
  }

  /** What later stages need; a file of another kind of model is computed again. */
  #names(): readonly string[] {
    const { config } = this.#options.model;
    const compared = [IO.imageFeatures, IO.imageEmbeds];
    if (config.kind === "retrieval") return compared;
    if (config.kind === "stage1") {
      const kept = encoderCacheNames(config.qformer.nLayers).map(({ present }) => present);
      return [...compared, ...kept];
    }
    const isRead = config.family === "blip" || readsInstruction(config);
    return [isRead ? IO.imageFeatures : IO.languageModelInputs];
  }

  #isComplete(features: Features): boolean {
    return this.#names().every((name) => features.has(name));
  }

  #kept(all: Readonly<Record<string, Tensor>>): Features {
    return new Map(
      this.#names().flatMap((name) => {
        const tensor = all[name];
        return tensor === undefined ? [] : [[name, tensor] as const];
      }),
    );
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function lateOf(image: PictureRequest["image"]): LatePicture {
  if (!(image instanceof Uint8Array)) return image;
  return { digest: digestOf(image), read: () => Promise.resolve(image) };
}
