/** A picture as the model sees it, and no more: its size, no EXIF, no name. */

import { decodeImage, encodePng } from "../engine/picture/imageDecode";
import { isOneColor } from "../engine/picture/pictureGround";
import { resizeBicubic } from "../engine/picture/resizeBicubic";
import type { PictureRequest } from "../model/ask/request";

/**
 * The picture in a square of the model's size, as a PNG: with it the server's own resize changes no value.
 * @throws AppError as `decodeImage`.
 */
export async function remotePicture(
  { image, imageName = "The picture", alpha = "auto" }: PictureRequest,
  side: number,
): Promise<{ readonly png: Uint8Array; readonly isOneColor: boolean }> {
  const bytes = image instanceof Uint8Array ? image : await image.read();
  const picture = await decodeImage(bytes, { name: imageName, alpha });
  const small = resizeBicubic(picture, { width: side, height: side });
  return { png: await encodePng(small), isOneColor: isOneColor(picture.data) };
}
