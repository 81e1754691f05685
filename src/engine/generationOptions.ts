/** Settings of text generation, under transformers' names, and their validation. */

import { AppError } from "../base/errors";

/** transformers `GenerationConfig`, the part BLIP-2 uses. */
export interface GenerationOptions {
  /** @default 30 */
  readonly maxNewTokens: number;
  /** The end-of-sequence token is impossible before this many new tokens. @default 0 */
  readonly minNewTokens: number;
  /** 1 is greedy decoding or sampling. @default 1 */
  readonly numBeams: number;
  /** At most numBeams. @default 1 */
  readonly numReturnSequences: number;
  /** Exponent on the length that divides a beam's score. @default 1 */
  readonly lengthPenalty: number;
  /** When beam search may end. @default false */
  readonly earlyStopping: boolean | "never";
  /** @default false */
  readonly doSample: boolean;
  /** @default 1 */
  readonly temperature: number;
  /** 0 keeps every token. @default 50 */
  readonly topK: number;
  /** @default 1 */
  readonly topP: number;
  /** Seed of the sampler; the same seed gives the same text on the same device. @default 0 */
  readonly seed: number;
  /** Above 1 discourages tokens that were seen. @default 1 */
  readonly repetitionPenalty: number;
  /** 0 allows every repetition. @default 0 */
  readonly noRepeatNgramSize: number;
  /** Generation ends when one of these appears; the text is cut before it. @default [] */
  readonly stopStrings: readonly string[];
}

export const DEFAULT_GENERATION_OPTIONS: GenerationOptions = {
  maxNewTokens: 30,
  minNewTokens: 0,
  numBeams: 1,
  numReturnSequences: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  doSample: false,
  temperature: 1,
  topK: 50,
  topP: 1,
  seed: 0,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  stopStrings: [],
};

/**
 * Fills in defaults and checks ranges.
 * @throws AppError `option.invalid` naming the option and its range.
 */
export function resolveGenerationOptions(
  options: Partial<GenerationOptions> = {},
): GenerationOptions {
  const all: GenerationOptions = { ...DEFAULT_GENERATION_OPTIONS, ...options };
  const whole = (name: keyof GenerationOptions, min: number, max: number): void => {
    const value = all[name];
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      invalid(name, `a whole number from ${min} to ${max}`);
    }
  };
  const positive = (name: keyof GenerationOptions, max: number): void => {
    const value = all[name];
    if (typeof value !== "number" || !(value > 0 && value <= max)) {
      invalid(name, `above 0 and at most ${max}`);
    }
  };
  whole("maxNewTokens", 1, 4096);
  whole("minNewTokens", 0, all.maxNewTokens);
  whole("numBeams", 1, 64);
  whole("numReturnSequences", 1, all.numBeams);
  whole("topK", 0, 1 << 22);
  whole("seed", 0, 2 ** 32 - 1);
  whole("noRepeatNgramSize", 0, 4096);
  positive("temperature", 1000);
  positive("topP", 1);
  positive("repetitionPenalty", 1000);
  if (!Number.isFinite(all.lengthPenalty)) invalid("lengthPenalty", "a number");
  if (all.stopStrings.length > 64 || all.stopStrings.some((text) => text.length === 0)) {
    invalid("stopStrings", "at most 64 texts, none of them empty");
  }
  return all;
}

function invalid(name: keyof GenerationOptions, range: string): never {
  throw new AppError("option.invalid", `${name} must be ${range}.`, { detail: { option: name } });
}
