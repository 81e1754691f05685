/** Settings of text generation, under transformers' names, and their validation. */

import { AppError } from "../../base/errors";

/** transformers `GenerationConfig`, the part BLIP-2 uses. */
export interface GenerationOptions {
  /** @default 30 */
  readonly maxNewTokens: number;
  /** The end-of-sequence token is impossible before this many new tokens. @default 0 */
  readonly minNewTokens: number;
  /** 1 is greedy decoding or sampling. @default 1 */
  readonly numBeams: number;
  /** At most numBeams; when sampling with one beam, any number up to 64. @default 1 */
  readonly numReturnSequences: number;
  /** Exponent on the length that divides a beam's score, -8 to 8. @default 1 */
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

/** More rows than this are a mistake, not a wish: each has a key-value cache of its own. */
const MAX_ROWS = 64;
/** Keeps every score, and transformers' -1e9 for an impossible one, inside float32 at 4096 tokens. */
const MAX_LENGTH_PENALTY = 8;
const MAX_NEW_TOKENS = 4096;
const MAX_STOP_STRINGS = 64;
const MAX_STOP_STRING_LENGTH = 1024;

/**
 * Fills in defaults and checks ranges; the values may come from another process or a settings file.
 * @throws AppError `option.invalid` naming the option and its range.
 */
export function resolveGenerationOptions(
  options: Partial<GenerationOptions> = {},
): GenerationOptions {
  const all: GenerationOptions = { ...DEFAULT_GENERATION_OPTIONS, ...options };
  checkFlags(all);
  checkWhole(all, "maxNewTokens", { min: 1, max: MAX_NEW_TOKENS });
  checkWhole(all, "minNewTokens", { min: 0, max: all.maxNewTokens });
  checkWhole(all, "numBeams", { min: 1, max: MAX_ROWS });
  // Sampled rows do not compete, so transformers lets there be any number of them.
  const maxSequences = all.doSample && all.numBeams === 1 ? MAX_ROWS : all.numBeams;
  checkWhole(all, "numReturnSequences", { min: 1, max: maxSequences });
  checkWhole(all, "topK", { min: 0, max: 1 << 22 });
  checkWhole(all, "seed", { min: 0, max: 2 ** 32 - 1 });
  checkWhole(all, "noRepeatNgramSize", { min: 0, max: MAX_NEW_TOKENS });
  checkNumber(all, "temperature", { above: 0, max: 1000 });
  checkNumber(all, "topP", { above: 0, max: 1 });
  checkNumber(all, "repetitionPenalty", { above: 0, max: 1000 });
  const { lengthPenalty } = all;
  if (typeof lengthPenalty !== "number" || !(Math.abs(lengthPenalty) <= MAX_LENGTH_PENALTY)) {
    invalid("lengthPenalty", `a number from -${MAX_LENGTH_PENALTY} to ${MAX_LENGTH_PENALTY}`);
  }
  checkStopStrings(all.stopStrings);
  return all;
}

function checkFlags({ doSample, earlyStopping }: GenerationOptions): void {
  if (typeof doSample !== "boolean") invalid("doSample", "true or false");
  if (typeof earlyStopping !== "boolean" && (earlyStopping as unknown) !== "never") {
    invalid("earlyStopping", 'true, false or "never"');
  }
}

function checkWhole(
  options: GenerationOptions,
  name: keyof GenerationOptions,
  { min, max }: { min: number; max: number },
): void {
  const value = options[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    invalid(name, min === max ? `${min}` : `a whole number from ${min} to ${max}`);
  }
}

function checkNumber(
  options: GenerationOptions,
  name: keyof GenerationOptions,
  { above, max }: { above: number; max: number },
): void {
  const value = options[name];
  if (typeof value !== "number" || !(value > above && value <= max)) {
    invalid(name, `above ${above} and at most ${max}`);
  }
}

function checkStopStrings(texts: unknown): void {
  const isValid =
    Array.isArray(texts) &&
    texts.length <= MAX_STOP_STRINGS &&
    texts.every(
      (text) =>
        typeof text === "string" && text.length > 0 && text.length <= MAX_STOP_STRING_LENGTH,
    );
  if (isValid) return;
  invalid(
    "stopStrings",
    `a list of at most ${MAX_STOP_STRINGS} texts of 1 to ${MAX_STOP_STRING_LENGTH} characters`,
  );
}

function invalid(name: keyof GenerationOptions, range: string): never {
  throw new AppError("option.invalid", `${name} must be ${range}.`, { detail: { option: name } });
}
