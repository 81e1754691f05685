/**
 * The settings behind the rows of the paper's tables. `paper` is what the paper says; `lavis` what its code does
 * today, which differs where a default was forgotten or changed.
 */

import { captionText } from "../../../engine/text/captionText";
import type { GenerationOptions } from "../../../model/ask/generationOptions";
import type { Prompt } from "../../../model/ask/request";
import type { ModelConfig } from "../../../model/config/modelConfig";
import { type EvalTask, TASKS } from "../tasks";

export const PRESETS = ["paper", "lavis"] as const;
export type PresetName = (typeof PRESETS)[number];

export interface Preset {
  readonly name: PresetName;
  /** With {} for the question. "{}" alone, and "" of captions, leave the words to the model's own way. */
  readonly prompt: string;
  readonly options: Partial<GenerationOptions>;
  /** Tokens that are left of a prompt, those in front included; all where there is no number. */
  readonly promptTokens?: number;
}

const ANSWER: Partial<GenerationOptions> = { numBeams: 5, maxNewTokens: 10, minNewTokens: 1 };
const CAPTION: Partial<GenerationOptions> = { numBeams: 5, maxNewTokens: 30, minNewTokens: 8 };
/** LAVIS cuts OPT's prompts here, wherever the question is by then. */
const OPT_PROMPT_TOKENS = 32;

/**
 * What the settings depend on: the language model; whether the checkpoint was fine-tuned on questions, which the
 * paper did at this size; `own` for models that the paper has no row of, which learned with words of their own.
 */
export type PromptStyle = "opt" | "t5" | "fine-tuned" | "own";

/** Pixels a side of the paper's models that were fine-tuned on VQAv2 (appendix, table 8). */
const FINE_TUNED_PIXELS = 490;

export function promptStyle(config: ModelConfig): PromptStyle {
  if (config.family !== "blip-2" || config.kind === "stage1") return "own";
  if (config.qformer.readsInstruction) return "own";
  if (config.vision.imageSize === FINE_TUNED_PIXELS) return "fine-tuned";
  return config.kind === "generation" && config.text.kind === "t5" ? "t5" : "opt";
}

export function presetOf(task: EvalTask, style: PromptStyle, name: PresetName): Preset {
  const isLavis = name === "lavis";
  if (TASKS[task].kind === "captions") {
    const later = isLavis ? { repetitionPenalty: 1.15, lengthPenalty: 0 } : {};
    const prompt = style === "own" ? "" : "a photo of";
    return { name, prompt, options: { ...CAPTION, ...later } };
  }
  const shortest = { ...ANSWER, lengthPenalty: -1 };
  switch (style) {
    case "own":
      return { name, prompt: "{}", options: ANSWER };
    case "fine-tuned":
      return { name, prompt: LONG_ANSWER, options: shortest };
    case "t5":
      return { name, prompt: SHORT_ANSWER, options: shortest };
    case "opt":
      return {
        name,
        prompt: isLavis ? SHORT_ANSWER : LONG_ANSWER,
        options: isLavis ? { ...ANSWER, lengthPenalty: 0 } : shortest,
        promptTokens: OPT_PROMPT_TOKENS,
      };
  }
}

const LONG_ANSWER = "Question: {} Answer:";
const SHORT_ANSWER = "Question: {} Short answer:";
const MAX_QUESTION_WORDS = 50;

/** LAVIS's `blip_question`: small letters, most marks deleted, at most fifty words. */
export function questionText(question: string): string {
  const text = question
    .toLowerCase()
    .replaceAll(/[.!"()*#:;~]/g, "")
    .trimEnd();
  const words = text.split(" ");
  return words.length > MAX_QUESTION_WORDS ? words.slice(0, MAX_QUESTION_WORDS).join(" ") : text;
}

/** What a retrieval model is given of a caption. */
export const retrievalText = captionText;

/** Words with a tokenizer, as far as cutting a prompt needs it. */
export interface PromptTokens {
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
}

/**
 * The prompt of one item.
 * @param question absent for captions.
 * @param tokens absent for a server's model, whose prompts are not cut.
 */
export function promptOf(
  preset: Preset,
  question: string | undefined,
  tokens: PromptTokens | undefined,
): Prompt {
  if (preset.prompt === "") return { kind: "caption" };
  if (preset.prompt === "{}") return { kind: "question", question: questionText(question ?? "") };
  const text =
    question === undefined
      ? preset.prompt
      : preset.prompt.replace("{}", () => questionText(question));
  const { promptTokens: limit = Infinity } = preset;
  if (limit === Infinity || tokens === undefined) return { kind: "raw", text };
  const ids = tokens.encode(text);
  return { kind: "raw", text: ids.length <= limit ? text : tokens.decode(ids.slice(0, limit)) };
}
