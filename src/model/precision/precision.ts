/** How the weights of one part are stored; agreed on by the converter, the manifest and the engine. */

import { AppError } from "../../base/errors";
import { PROFILE_NAMES } from "../ask/kinds";
import { PART, type PartName } from "../graph/graphContract";
import { isProfileName, PROFILES } from "./precisionProfiles";

/**
 * - `f32`: as computed by the reference.
 * - `f16`: half-precision matrix products, everything else in f32.
 * - `int8`, `int4`: block-wise weights (ONNX Runtime `MatMulNBits`), everything else in f32.
 * - `w8a8`: int8 weights with a scale for each output channel, int8 activations with one for each position
 *   (ONNX Runtime `DynamicQuantizeMatMul`; on other devices `MatMulNBits` with the same weights); the
 *   fastest on the CPU where many positions are computed at once.
 */
export type PrecisionKind = "f32" | "f16" | "int8" | "int4" | "w8a8";

export interface Precision {
  readonly kind: PrecisionKind;
  /** Weights that share one scale, for int8 and int4. */
  readonly blockSize?: BlockSize;
}

export type BlockSize = 16 | 32 | 64 | 128;

const BLOCK_SIZES: readonly BlockSize[] = [16, 32, 64, 128];
const DEFAULT_BLOCK_SIZE: BlockSize = 32;

/**
 * Reads `f32`, `f16`, `int8`, `int4`, `w8a8`, or a block-wise kind with a block size, `int4:128`.
 * @throws AppError `option.invalid`.
 */
export function parsePrecision(text: string): Precision {
  return precisionNamed(text) ?? refuse(text, "");
}

function precisionNamed(text: string): Precision | undefined {
  const [kind, size, ...rest] = text.split(":");
  if ((kind === "f32" || kind === "f16" || kind === "w8a8") && size === undefined) return { kind };
  if ((kind !== "int8" && kind !== "int4") || rest.length > 0) return undefined;
  const blockSize =
    size === undefined ? DEFAULT_BLOCK_SIZE : BLOCK_SIZES.find((known) => String(known) === size);
  return blockSize === undefined ? undefined : { kind, blockSize };
}

/** @param others What could stand there too, with a comma at its end. */
function refuse(text: string, others: string): never {
  throw new AppError(
    "option.invalid",
    `"${text}" is not a precision. Use ${others}f32, f16, int8, int4 or w8a8; int8 and int4 take a block size of ${BLOCK_SIZES.join(", ")}, as in int4:128.`,
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
  /** What a profile says; a model may lack some of these parts. */
  readonly profile: ReadonlyMap<PartName, Precision>;
  /** What was said part by part, which wins. */
  readonly parts: ReadonlyMap<PartName, Precision>;
}

/** The precision that a plan gives to a part. */
export function precisionOfPart(plan: PrecisionPlan, part: PartName): Precision {
  return plan.parts.get(part) ?? plan.profile.get(part) ?? plan.fallback;
}

/**
 * Reads the name of a profile, `balanced`, or one precision, `int8`, either with parts that differ:
 * `f16,vision_encoder=int8:128,decoder=int4`.
 * @throws AppError `option.invalid`.
 */
export function parsePrecisionPlan(text: string): PrecisionPlan {
  let whole: Pick<PrecisionPlan, "fallback" | "profile"> = {
    fallback: { kind: "f32" },
    profile: new Map(),
  };
  const parts = new Map<PartName, Precision>();
  for (const item of text.split(",")) {
    const [left = "", right, ...rest] = item.trim().split("=");
    if (right === undefined) {
      whole = parseWhole(left);
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
  return { ...whole, parts };
}

function parseWhole(text: string): Pick<PrecisionPlan, "fallback" | "profile"> {
  if (isProfileName(text)) {
    const { fallback, parts } = parsePrecisionPlan(PROFILES[text]);
    return { fallback, profile: parts };
  }
  const fallback = precisionNamed(text) ?? refuse(text, `${PROFILE_NAMES.join(", ")}, `);
  return { fallback, profile: new Map() };
}
