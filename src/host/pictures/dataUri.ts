/** Pictures that are written into a document as data: URIs (RFC 2397). */

import { AppError } from "../../base/errors";
import { remedy } from "../notices/noticeTable";
import { MAX_PICTURE_BYTES, type Picture } from "./picture";
import type { DataTexts } from "./pictureTexts";

/**
 * The picture in a data: URI.
 * @param options.name what to call it.
 * @throws AppError `image.unreadable`, or `image.tooLarge` before anything is decoded.
 */
export function pictureOfDataUri(
  uri: string,
  { name, texts }: { readonly name: string; readonly texts: DataTexts },
): Picture {
  // Each byte takes at least one character.
  if (uri.length > MAX_PICTURE_BYTES * 2) {
    throw new AppError("image.tooLarge", texts.tooLarge(name), { detail: remedy("document") });
  }
  const comma = uri.indexOf(",");
  const head = uri.slice(0, Math.max(0, comma));
  const isBase64 = /;\s*base64\s*$/i.test(head.slice(-16));
  try {
    const body = decodeURIComponent(uri.slice(comma + 1));
    const bytes = Buffer.from(body, isBase64 ? "base64" : "utf8");
    if (comma < 0 || bytes.length === 0) throw new SyntaxError("There is no data.");
    return { name, bytes };
  } catch (cause) {
    throw new AppError("image.unreadable", texts.damaged(name), {
      cause,
      detail: remedy("document"),
    });
  }
}
