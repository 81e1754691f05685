/** A picture that can be asked about, wherever it came from, and how the engine is told of it. */

import { createHash } from "node:crypto";
import type { LatePicture, PictureRequest } from "../../model/ask/request";

export interface Picture {
  /** The file's name, or what to call a picture that has no file. */
  readonly name: string;
  /** An encoded image file. */
  readonly bytes: Uint8Array;
  /** Where it can be read again, as a URI; absent for pasted pictures. */
  readonly uri?: string;
}

/** Bytes are hashed once as long as somebody holds them; nobody changes bytes that were read. */
const digests = new WeakMap<Uint8Array, string>();

/** What tells one picture's bytes from another's: their sha256 in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(bytes).digest("hex");
  digests.set(bytes, digest);
  return digest;
}

/** The picture by its digest, so that its bytes are sent only to a process that does not know it. */
export function byDigest(image: PictureRequest["image"]): LatePicture {
  if (!(image instanceof Uint8Array)) return image;
  return { digest: digestOf(image), read: () => Promise.resolve(image) };
}
