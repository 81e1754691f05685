/** preprocessor_config.json: how pixels become numbers. */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";

export interface PreprocessorConfig {
  readonly doResize: boolean;
  /** Pixels; the aspect ratio is not kept. */
  readonly size: { readonly height: number; readonly width: number };
  readonly doRescale: boolean;
  readonly rescaleFactor: number;
  readonly doNormalize: boolean;
  /** Per channel: red, green, blue. */
  readonly imageMean: readonly [number, number, number];
  readonly imageStd: readonly [number, number, number];
}

// CLIP's statistics, the defaults of transformers' BlipImageProcessor.
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];
/** Pillow's number for bicubic, the only filter BLIP-2 was trained with. */
const BICUBIC = 3;

/**
 * Validates the text of a preprocessor_config.json.
 * @throws AppError `checkpoint.corrupt` for a bad value, `checkpoint.unsupported` for another filter.
 */
export function parsePreprocessorConfig(text: string, file: string): PreprocessorConfig {
  const json = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  const resample = json.integer("resample", { min: 0, max: 5, fallback: BICUBIC });
  if (resample !== BICUBIC) {
    throw new AppError(
      "checkpoint.unsupported",
      `${file}: "resample" is ${resample}; only bicubic (3) is supported.`,
      { detail: { file } },
    );
  }
  return {
    doResize: json.boolean("do_resize", true),
    size: readSize(json),
    doRescale: json.boolean("do_rescale", true),
    rescaleFactor: json.number("rescale_factor", 1 / 255),
    doNormalize: json.boolean("do_normalize", true),
    imageMean: readTriple(json, "image_mean", CLIP_MEAN),
    imageStd: readTriple(json, "image_std", CLIP_STD),
  };
}

function readSize(json: JsonObject): { height: number; width: number } {
  const limits = { min: 1, max: 4096, fallback: 384 };
  // Old files store one number for both sides.
  if (typeof json.raw("size") === "number") {
    const side = json.integer("size", limits);
    return { height: side, width: side };
  }
  const size = json.objectOrEmpty("size");
  return { height: size.integer("height", limits), width: size.integer("width", limits) };
}

function readTriple(
  json: JsonObject,
  key: string,
  fallback: readonly number[],
): [number, number, number] {
  const [red, green, blue, ...rest] = json.has(key) ? json.array(key) : fallback;
  const isValid = [red, green, blue].every(
    (value) => typeof value === "number" && Number.isFinite(value),
  );
  if (!isValid || rest.length > 0) json.fail(key, "a list of three numbers");
  if (key === "image_std" && [red, green, blue].includes(0)) json.fail(key, "free of zeros");
  return [red as number, green as number, blue as number];
}
