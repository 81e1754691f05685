/**
 * A picture's way to the other process: its digest goes with the request, and its bytes follow when that
 * process does not know it. Both ends of it, and nothing of who reads or knows pictures.
 */

import type { LatePicture } from "../model/ask/request";
import { isRecord } from "./schema";

const DIGEST = /^[0-9a-f]{64}$/;

/** True for a picture that is named by its digest, and can be asked for. */
export function isLatePicture(value: unknown): value is LatePicture {
  return isNamed(value) && typeof value["read"] === "function";
}

/** The parameters of a request as they are sent, and the picture that may be asked for. */
export function withoutBytes(params: object): {
  readonly sent: object;
  readonly picture: LatePicture | undefined;
} {
  const image = (params as { readonly image?: unknown }).image;
  if (!isLatePicture(image)) return { sent: params, picture: undefined };
  return { sent: { ...params, image: { digest: image.digest } }, picture: image };
}

/** The parameters as they came; a picture that is only named asks for its bytes with `read`. */
export function withBytes(params: unknown, read: () => Promise<Uint8Array>): unknown {
  if (!isRecord(params) || !isNamed(params["image"])) return params;
  return { ...params, image: { digest: params["image"]["digest"], read } };
}

function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && typeof value["digest"] === "string" && DIGEST.test(value["digest"]);
}
