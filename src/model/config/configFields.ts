/**
 * What the readers of config.json share: bounds, and the checks that several of its sections need.
 * Knows no section.
 */

import { AppError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { type World, WORLDS } from "../folder/world";

// Generous upper limits: ten times the largest published model, small enough that no product of two
// of them overflows what a graph or a buffer can hold.
const MAX_WIDTH = 1 << 17;
const MAX_LAYERS = 512;
export const MAX_VOCAB = 1 << 22;
export const MAX_POSITIONS = 1 << 20;

/** A value from the file in a message: quoted, and not longer than a name would be. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}

/** Bounds of a width, or of a number of heads. */
export const width = (fallback: number): { min: number; max: number; fallback: number } => ({
  min: 1,
  max: MAX_WIDTH,
  fallback,
});
/** Bounds of a number of layers. */
export const layers = (fallback: number): { min: number; max: number; fallback: number } => ({
  min: 1,
  max: MAX_LAYERS,
  fallback,
});
/** A token id; nothing is looked up by it. */
export const tokenId = (json: JsonObject, key: string, fallback: number): number =>
  json.integer(key, { min: 0, max: MAX_VOCAB, fallback });

/** What a norm adds to a variance. */
export function readEps(json: JsonObject, key: string, fallback: number): number {
  const eps = json.number(key, fallback);
  if (eps <= 0 || eps > 1) json.fail(key, "above 0 and at most 1");
  return eps;
}

/** @throws AppError `checkpoint.unsupported` for another activation. */
export function expectActivation(json: JsonObject, key: string, known: readonly [string]): void {
  const name = json.string(key, known[0]);
  if (!known.includes(name)) {
    unsupported(json, `the activation ${shown(name)} (${key}) is not converted`);
  }
}

/** A world that only a later version knows is no reason to refuse a model. */
export function readWorld(root: JsonObject): World {
  const world = root.raw("sightline_world");
  return WORLDS.find((known) => known === world) ?? "everyday";
}

/** @throws AppError with the code of `json`. */
export function expectHeadsDivide(
  json: JsonObject,
  size: { hiddenSize: number; nHeads: number },
): void {
  if (size.hiddenSize % size.nHeads !== 0) {
    json.fail("num_attention_heads", `a divisor of the hidden size ${size.hiddenSize}`);
  }
}

/** @throws AppError `checkpoint.unsupported`, always. */
export function unsupported(json: JsonObject, why: string): never {
  throw new AppError(
    "checkpoint.unsupported",
    `${json.file}: ${why}. Sightline converts checkpoints of BLIP (captions, questions, image-text retrieval), of BLIP-2 with OPT, T5 or LLaMA, of its image-text retrieval class, and of InstructBLIP.`,
    { detail: { file: json.file } },
  );
}
