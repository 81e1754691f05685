/**
 * A picture file to what the image encoder takes, as transformers' `BlipImageProcessorPil` does it:
 * decode, resize, rescale, normalise. Knows no graphs.
 */

import { AppError } from "../../base/errors";
import { decodeImage, type RgbImage } from "./imageDecode";
import { isOneColor } from "./pictureGround";
import { resizeBicubic } from "./resizeBicubic";
import { isOutside } from "./worldDoubt";
import { lookOf } from "./pictureLook";
import type { AlphaMode, PictureFacts } from "../../model/ask/request";
import type { PictureWorld } from "../../model/folder/pictureWorld";
import type { PreprocessorConfig } from "../../model/config/preprocessorConfig";

/** The input of the image encoder. */
export interface PixelValues {
  /** [1, 3, height, width] normalised colour, planes in the order red, green, blue. */
  readonly data: Float32Array;
  readonly dims: readonly [1, 3, number, number];
}

export interface PreprocessedPicture extends PixelValues {
  readonly facts: PictureFacts;
}

export interface PreprocessOptions {
  readonly config: PreprocessorConfig;
  /** What to call the picture in an error message. */
  readonly name: string;
  readonly alpha: AlphaMode;
  /** What the model knows. @default all pictures */
  readonly world?: PictureWorld | undefined;
}

/**
 * Decodes a picture and brings it to the model's size and number range.
 * @throws AppError `image.unreadable` and `image.tooLarge` as decodeImage, `model.unsupported` when
 * the model's processor does not resize and the picture has another size.
 */
export async function preprocessImage(
  bytes: Uint8Array,
  options: PreprocessOptions,
): Promise<PreprocessedPicture> {
  const { config, name } = options;
  const picture = await decodeImage(bytes, { name, alpha: options.alpha });
  const image = config.doResize ? resizeBicubic(picture, config.size) : picture;
  if (!config.doResize) checkSize(image, options);
  const { world } = options;
  const facts = {
    ...{ width: picture.width, height: picture.height, look: lookOf(picture) },
    isOneColor: isOneColor(picture.data),
    isOutsideWorld: world !== undefined && isOutside(image, world),
  };
  return {
    data: toPlanes(image, config),
    dims: [1, 3, image.height, image.width],
    facts,
  };
}

function checkSize(image: RgbImage, { config, name }: PreprocessOptions): void {
  const { width, height } = config.size;
  if (image.width === width && image.height === height) return;
  throw new AppError(
    "model.unsupported",
    `${name} has ${image.width} × ${image.height} pixels and this model's preprocessor_config.json ` +
      `forbids resizing. Use a picture of ${width} × ${height} pixels.`,
    { detail: { file: name, width: image.width, height: image.height } },
  );
}

/** [height, width, 3] bytes → [3, height, width] numbers. */
function toPlanes(image: RgbImage, config: PreprocessorConfig): Float32Array {
  const nPixels = image.width * image.height;
  const planes = new Float32Array(3 * nPixels);
  for (let channel = 0; channel < 3; channel++) {
    const table = valueTable(config, channel);
    const plane = channel * nPixels;
    for (let i = 0; i < nPixels; i++) planes[plane + i] = table[image.data[i * 3 + channel]!]!;
  }
  return planes;
}

/**
 * The value of each of the 256 possible samples. As transformers' image_transforms: the rescaled
 * sample is a float64 product rounded to float32; mean and deviation are rounded to float32 before
 * the subtraction and the division, each of which rounds to float32.
 */
function valueTable(config: PreprocessorConfig, channel: number): Float32Array {
  const mean = Math.fround(config.imageMean[channel]!);
  const std = Math.fround(config.imageStd[channel]!);
  return Float32Array.from({ length: 256 }, (_, sample) => {
    const value = Math.fround(config.doRescale ? sample * config.rescaleFactor : sample);
    return config.doNormalize ? Math.fround(value - mean) / std : value;
  });
}
