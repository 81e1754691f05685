/** How the weights of one part are stored; agreed on by the converter, the manifest and the engine. */

import { AppError } from "../base/errors";
import { PART, type PartName } from "./graphContract";

/**
 * - `f32`: as computed by the reference.
 * - `f16`: half-precision matrix products, everything else in f32.
 * - `int8`, `int4`: block-wise weights (ONNX Runtime `MatMulNBits`), everything else in f32.
 */
export type PrecisionKind = "f32" | "f16" | "int8" | "int4";

export interface Precision {
  readonly kind: PrecisionKind;
  /** Weights that share one scale, for int8 and int4. */
  readonly blockSize?: BlockSize;
}

export type BlockSize = 16 | 32 | 64 | 128;

const BLOCK_SIZES: readonly BlockSize[] = [16, 32, 64, 128];
const DEFAULT_BLOCK_SIZE: BlockSize = 32;

/**
 * Reads `f32`, `f16`, `int8`, `int4`, or a quantised kind with a block size, `int4:128`.
 * @throws AppError `option.invalid`.
 */
export function parsePrecision(text: string): Precision {
  const [kind, size, ...rest] = text.split(":");
  if ((kind === "f32" || kind === "f16") && size === undefined) return { kind };
  if ((kind === "int8" || kind === "int4") && rest.length === 0) {
    const blockSize =
      size === undefined ? DEFAULT_BLOCK_SIZE : BLOCK_SIZES.find((known) => String(known) === size);
    if (blockSize !== undefined) return { kind, blockSize };
  }
  throw new AppError(
    "option.invalid",
    `"${text}" is not a precision. Use f32, f16, int8 or int4; int8 and int4 take a block size of ${BLOCK_SIZES.join(", ")}, as in int4:128.`,
  );
}

/** The inverse of `parsePrecision`. */
export function formatPrecision(precision: Precision): string {
  return precision.blockSize === undefined
    ? precision.kind
    : `${precision.kind}:${precision.blockSize}`;
}

/** Precision by part, with one for all parts that are not named. */
export interface PrecisionPlan {
  readonly fallback: Precision;
  readonly parts: ReadonlyMap<PartName, Precision>;
}

/**
 * Reads `int8`, or a list that names parts: `f16,vision_encoder=int8:128,decoder=int4`.
 * @throws AppError `option.invalid`.
 */
export function parsePrecisionPlan(text: string): PrecisionPlan {
  let fallback: Precision = { kind: "f32" };
  const parts = new Map<PartName, Precision>();
  for (const item of text.split(",")) {
    const [left = "", right, ...rest] = item.trim().split("=");
    if (right === undefined) {
      fallback = parsePrecision(left);
      continue;
    }
    const part = Object.values(PART).find((name) => name === left);
    if (part === undefined || rest.length > 0) {
      throw new AppError(
        "option.invalid",
        `"${left}" is not a part of a model. Use one of ${Object.values(PART).join(", ")}, as in decoder=int8.`,
      );
    }
    parts.set(part, parsePrecision(right));
  }
  return { fallback, parts };
}
