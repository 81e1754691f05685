/** The words that go after the picture, per model family; knows no ids and no tensors. */

import { assertNever } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Prompt, Turn } from "../../model/ask/request";

/** How each family was asked a question. */
const ASKED = {
  // OPT continues a text; T5 answers one and was asked for short answers (BLIP-2's paper, section 4.1).
  opt: (words: string) => `Question: ${words} Answer:`,
  t5: (words: string) => `Question: ${words} Short answer:`,
  // InstructBLIP does what it says, whichever its language model.
  instructed: (words: string) => words,
  "blip-captioning": (words: string) => words,
  // Its captions begin with nothing (LAVIS, `blip2_qformer.py`).
  stage1: (words: string) => words,
  // As the authors clean questions; the tokenizer makes the letters small.
  "blip-answering": (words: string) => collapse(words.replace(/[.!"()*#:;~]/g, "")),
} as const;

export type PromptFamily = keyof typeof ASKED;

/** What a caption begins with, or is asked for with, where nothing else is wanted. */
const CAPTION_PROMPTS: Partial<Record<PromptFamily, string>> = {
  // Of every caption in training.
  "blip-captioning": "a picture of",
  // For captions of NoCaps (LAVIS, `caption_nocaps` of its evaluation).
  instructed: "A short image caption.",
};

export interface PromptRequest {
  readonly prompt: Prompt;
  readonly family: PromptFamily;
  /** Tokens of a text, special tokens included. */
  readonly count: (text: string) => number;
  /**
   * Room for the prompt's tokens: what positions (OPT) or memory (T5) leave beside picture and
   * answer; Infinity for no limit.
   */
  readonly maxTokens: number;
}

export interface BuiltPrompt {
  readonly text: string;
  /** Oldest answered turns of a chat that did not fit. */
  readonly droppedTurns: number;
}

/**
 * Builds the prompt that a model was trained or evaluated with. Runs of white space in a question or an answer
 * become one space, because a line break ends an answer for OPT; raw texts and captions stay as they
 * are. A chat that does not fit loses whole turns, oldest first; turns without an answer are left out.
 * BLIP reads no earlier turns.
 * @throws AppError `prompt.tooLong` when the question alone does not fit, `option.invalid` when
 * there is no question.
 */
export function buildPrompt(request: PromptRequest): BuiltPrompt {
  const { prompt, family } = request;
  switch (prompt.kind) {
    case "question":
      return fixedPrompt(question(prompt.question, family), request);
    case "caption":
      return fixedPrompt(prompt.prefix ?? CAPTION_PROMPTS[family] ?? "", request);
    case "raw":
      return fixedPrompt(prompt.text, request);
    case "chat":
      return chatPrompt(prompt, request);
    default:
      return assertNever(prompt);
  }
}

function fixedPrompt(text: string, { count, maxTokens }: PromptRequest): BuiltPrompt {
  const tokens = maxTokens === Infinity ? 0 : count(text);
  if (tokens <= maxTokens) return { text, droppedTurns: 0 };
  throw new AppError(
    "prompt.tooLong",
    `The prompt takes ${tokens} tokens and there is room for ${Math.max(0, maxTokens)}. ` +
      "Shorten it or ask for fewer new tokens.",
    { detail: { tokens, limit: maxTokens } },
  );
}

function chatPrompt(prompt: Prompt & { kind: "chat" }, request: PromptRequest): BuiltPrompt {
  const turns = prompt.turns.flatMap((turn) => answered(turn) ?? []);
  const { family } = request;
  if (family === "blip-answering" || family === "blip-captioning" || family === "stage1") {
    const alone = fixedPrompt(question(prompt.question, request.family), request);
    return { ...alone, droppedTurns: turns.length };
  }
  const withTurns = (kept: number): string => {
    const alone = question(prompt.question, request.family);
    if (kept === 0) return alone;
    const earlier = turns.slice(turns.length - kept).join(" ");
    // InstructBLIP's form for dialogues about a picture.
    if (request.family === "instructed") return `dialog history: ${earlier}\n${alone}`;
    // A single question has words of its own; after an earlier turn T5 also continues with "Answer:".
    return `${earlier} ${question(prompt.question, "opt")}`;
  };
  const kept = largestFit(turns.length, (n) => fits(withTurns(n), request));
  const droppedTurns = turns.length - kept;
  return { ...fixedPrompt(withTurns(kept), request), droppedTurns };
}

/**
 * The largest n up to `limit` that fits, when what fits shrinks with n; 0 when nothing does.
 * Doubling first keeps the texts that are counted below twice what fits, however long the chat is.
 */
function largestFit(limit: number, fitsAt: (n: number) => boolean): number {
  let good = 0;
  let bad = limit + 1;
  for (let n = 1; good < limit; n *= 2) {
    const tried = Math.min(n, limit);
    if (!fitsAt(tried)) {
      bad = tried;
      break;
    }
    good = tried;
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (fitsAt(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function fits(text: string, { count, maxTokens }: PromptRequest): boolean {
  if (maxTokens === Infinity) return true;
  try {
    return count(text) <= maxTokens;
  } catch (thrown) {
    // A turn that is too long even to be counted.
    if (thrown instanceof AppError && thrown.code === "prompt.tooLong") return false;
    throw thrown;
  }
}

function question(text: string, family: PromptFamily): string {
  const words = collapse(text);
  if (words === "") {
    throw new AppError(
      "option.invalid",
      "The question is empty. Ask something about the picture.",
      {
        detail: { option: "question" },
      },
    );
  }
  return ASKED[family](words);
}

/** A turn in the past, or undefined when there is none to tell. */
function answered(turn: Turn): string | undefined {
  const asked = collapse(turn.question);
  const answer = collapse(turn.answer);
  if (asked === "" || answer === "") return undefined;
  return `Question: ${asked} Answer: ${answer}${answer.endsWith(".") ? "" : "."}`;
}

function collapse(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
