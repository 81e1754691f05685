/** The bytes of pictures that are written into a document as data: URIs (RFC 2397). */

import { MAX_PICTURE_BYTES } from "../../model/ask/pictureSize";

/** The bytes in a data: URI, or what is wrong with it; what is too large is not decoded. */
export function readDataUri(uri: string): Uint8Array | "tooLarge" | "damaged" {
  // Each byte takes at least one character.
  if (uri.length > MAX_PICTURE_BYTES * 2) return "tooLarge";
  const comma = uri.indexOf(",");
  if (comma < 0) return "damaged";
  const isBase64 = /;\s*base64\s*$/i.test(uri.slice(Math.max(0, comma - 16), comma));
  // An escape stands for a byte of any value, so these are no text in UTF-8.
  const octets = Buffer.from(uri.slice(comma + 1), "utf8")
    .toString("latin1")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const bytes = Buffer.from(octets, isBase64 ? "base64" : "latin1");
  return bytes.length === 0 ? "damaged" : bytes;
}
