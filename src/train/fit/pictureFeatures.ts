/**
 * What the frozen image encoder makes of the pictures to learn from: computed once, and kept on the disk, because
 * a step reads a few of them and two hundred take as much memory as the Q-Former.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import { FeatureCache } from "../../engine/picture/featureCache";
import { encodeImage } from "../../engine/picture/imageEncoder";
import type { PixelValues } from "../../engine/picture/imagePreprocess";
import { DECODER } from "../../engine/picture/imageStage";
import {
  loadModelParts,
  releaseParts,
  type ModelPartsOptions,
} from "../../engine/session/modelParts";
import { cpuTensor, floats, type Tensor } from "../../engine/session/session";
import type { PreprocessorConfig } from "../../model/config/preprocessorConfig";
import { IO } from "../../model/graph/graphContract";

/** The frozen image encoder. */
export interface Encoder {
  readonly preprocessor: PreprocessorConfig;
  /** [1, N, width]. */
  readonly encode: (pixels: PixelValues, signal?: AbortSignal) => Promise<Tensor>;
  readonly release: () => Promise<void>;
}

export interface FeatureOptions {
  readonly open: () => Promise<Encoder>;
  /** Where they are kept. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Pictures that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Why a picture teaches nothing. */
export type Unusable = "unreadable" | "blank";

export class PictureFeatures {
  readonly #cache: FeatureCache;
  /** By file: the sha256 of what is in it and how it is read. */
  readonly #keys: ReadonlyMap<string, string>;
  readonly unusable: ReadonlyMap<string, Unusable>;

  private constructor(
    cache: FeatureCache,
    keys: ReadonlyMap<string, string>,
    unusable: ReadonlyMap<string, Unusable>,
  ) {
    this.#cache = cache;
    this.#keys = keys;
    this.unusable = unusable;
  }

  /**
   * Computes what is not kept yet.
   * @throws AppError `request.cancelled` between two pictures, `device.*`, `model.*`.
   */
  static async compute(files: Iterable<string>, options: FeatureOptions): Promise<PictureFeatures> {
    const { folder, signal } = options;
    const cache = new FeatureCache({ folder, maxDiskBytes: Infinity });
    const keys = new Map<string, string>();
    const unusable = new Map<string, Unusable>();
    const encoder = await options.open();
    try {
      const { preprocessImage } = await import("../../engine/picture/imagePreprocess");
      for (const file of files) {
        throwIfAborted(signal);
        options.onProgress?.(keys.size + unusable.size);
        const bytes = await readFile(file).catch(() => undefined);
        if (bytes === undefined) {
          unusable.set(file, "unreadable");
          continue;
        }
        const key = keyOf(bytes);
        let facts = (await cache.find(key))?.facts;
        if (facts === undefined) {
          const { preprocessor: config } = encoder;
          const picture = { config, name: file, alpha: "auto" } as const;
          const pixels = await preprocessImage(bytes, picture).catch(asUnreadable);
          if (pixels === undefined) {
            unusable.set(file, "unreadable");
            continue;
          }
          const imageFeatures = await encoder.encode(pixels, signal);
          ({ facts } = pixels);
          await cache.store(key, { features: new Map([[IO.imageFeatures, imageFeatures]]), facts });
        }
        if (facts.isOneColor) unusable.set(file, "blank");
        else keys.set(file, key);
      }
    } finally {
      await encoder.release();
    }
    return new PictureFeatures(cache, keys, unusable);
  }

  /** The same for files with the same contents. */
  keyOf(file: string): string | undefined {
    return this.#keys.get(file);
  }

  /**
   * Of several pictures, [files, N, width].
   * @throws AppError `convert.failed` when they are not kept any more.
   */
  async of(files: readonly string[]): Promise<Tensor> {
    const rows: Float32Array[] = [];
    let dims: readonly number[] = [];
    for (const file of files) {
      const found = await this.#cache.find(this.#keys.get(file) ?? "");
      const tensor = found?.features.get(IO.imageFeatures);
      if (tensor === undefined) throw notKept(file);
      rows.push(floats(tensor));
      dims = tensor.dims.slice(1);
    }
    const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const row of rows) {
      all.set(row, end);
      end += row.length;
    }
    return cpuTensor(all, [files.length, ...dims]);
  }
}

/** The encoder of a converted model, as it answers: its last norm is behind it. */
export async function convertedEncoder(
  folder: string,
  at: Pick<ModelPartsOptions, "factory" | "logger" | "freeBytes">,
): Promise<Encoder> {
  const featureCacheOf = (): FeatureCache => new FeatureCache();
  const parts = await loadModelParts({ ...at, folder, device: "cpu", featureCacheOf });
  return {
    preprocessor: parts.model.preprocessor,
    encode: async (pixels, signal) =>
      (await encodeImage(parts.sessions, pixels, signal)).imageFeatures,
    release: () => releaseParts(parts),
  };
}

function keyOf(bytes: Uint8Array): string {
  return createHash("sha256").update(`${DECODER} `).update(bytes).digest("hex");
}

/** A damaged picture among hundreds is left out; anything else is no fault of the picture. */
function asUnreadable(thrown: unknown): undefined {
  if (AppError.from(thrown).code.startsWith("image.")) return undefined;
  throw thrown;
}

function notKept(file: string): AppError {
  return new AppError(
    "convert.failed",
    `What was computed of ${file} cannot be kept. Make room on the disk and start again.`,
    { detail: { file } },
  );
}
