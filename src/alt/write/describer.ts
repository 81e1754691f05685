/**
 * Descriptions of a picture: the settings that BLIP-2 describes well with, and texts cleaned for use.
 * Knows neither pictures nor engines, only the port that asks a model about one picture.
 */

import { cleanCaption } from "../wording/altText";
import type { CancelSignal } from "../../base/abortable";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type { Stage } from "../../model/ask/progress";
import type {
  Doubt,
  GeneratedSequence,
  GenerateRequest,
  GenerateResult,
} from "../../model/ask/request";

export type DescriptionLength = "short" | "long";

export interface DescriptionOptions {
  /** @default "short" */
  readonly length?: DescriptionLength;
  /** What the text is to begin with, such as "the red car"; a question is answered instead. */
  readonly focus?: string;
  /** Different texts to ask for, 1 to 8. @default 1 */
  readonly count?: number;
  /** Of a short text, where somebody set options by hand. @default those of `shortDescription` */
  readonly settings?: Partial<GenerationOptions> | undefined;
}

export interface AltTextOptions extends DescriptionOptions {
  /** Only texts with fewer words than this one, or for `long` with more. */
  readonly than?: string | undefined;
  readonly signal?: CancelSignal | undefined;
  /** Told why the texts may mean nothing. */
  readonly onDoubts?: ((doubts: readonly Doubt[]) => void) | undefined;
  readonly onStage?: ((stage: Stage) => void) | undefined;
}

/** Asks a model about one picture, which somebody has read. @throws AppError as the engine's. */
export type AskModel = (
  request: DescriptionRequest,
  options: Pick<AltTextOptions, "signal" | "onStage">,
) => Promise<GenerateResult>;

/** What asks a model for a description. */
export interface DescriptionRequest {
  readonly prompt: GenerateRequest["prompt"];
  readonly options: Partial<GenerationOptions>;
}

/** As BLIP-2 was evaluated on captions (paper, section 4.2); beams do not stream. */
export const DESCRIPTION_BEAMS = 5;
const SHORT_TOKENS = 30;

/** What asking for more texts at once is cut to; each is a row with a cache of its own. */
const MAX_COUNT = 8;
/**
 * A text that is likelier than its rivals by more than this, in mean log-probability of a token, has
 * no rivals: what lies below breaks off or repeats itself (measured; good texts differ by 0.2).
 */
const WORSE_BY = 0.5;

/**
 * Options of a short description: those that were given, and else the usual ones. Chance and beams
 * exclude each other unless both are asked for.
 */
export function shortDescription<
  T extends Pick<Partial<GenerationOptions>, "doSample" | "numBeams">,
>(given: T): T & Partial<Pick<GenerationOptions, "numBeams" | "maxNewTokens">> {
  const beams = given.doSample === true ? {} : { numBeams: DESCRIPTION_BEAMS };
  return { ...beams, maxNewTokens: SHORT_TOKENS, ...given };
}

/** The request for one or several descriptions. */
export function descriptionRequest(given: DescriptionOptions = {}): DescriptionRequest {
  const count = countOf(given);
  const beams = {
    numBeams: Math.max(DESCRIPTION_BEAMS, count),
    ...(count > 1 ? { numReturnSequences: count } : {}),
  };
  const options: Partial<GenerationOptions> =
    given.length === "long"
      ? {
          ...beams,
          // The end is out of reach only for a few tokens: a model that has said everything babbles.
          minNewTokens: 8,
          maxNewTokens: 60,
          lengthPenalty: 2,
          repetitionPenalty: 1.1,
          noRepeatNgramSize: 3,
        }
      : shortDescription(given.settings ?? beams);
  return { prompt: promptOf(given.focus), options };
}

/**
 * Alternative texts for a picture: cleaned, each once, the best first, none cut. Fewer than `count`
 * when the model has no more to say, and none when it has nothing.
 * @throws AppError as `AskModel`.
 */
export async function altTexts(ask: AskModel, options: AltTextOptions = {}): Promise<string[]> {
  const run: Run = { ask, options, texts: [], broken: [], bestMean: undefined };
  const { prompt, options: settings } = descriptionRequest(options);
  if (options.length === "long") await addLongTexts(run, { prompt, options: settings });
  else if (options.than !== undefined) {
    // More beams, and shorter ones favoured, because most will be as long as the text there is.
    const wide = { ...settings, numBeams: MAX_COUNT, numReturnSequences: MAX_COUNT };
    await addTexts(run, { prompt, options: { ...wide, lengthPenalty: -1 } });
  } else await addTexts(run, { prompt, options: settings });
  if (run.texts.length < countOf(options) && countOf(options) > 1) await addSamples(run, prompt);
  // Half a sentence is better than none for the person who reads it before it is used.
  const texts = run.texts.length > 0 ? run.texts : run.broken;
  return texts.slice(0, countOf(options));
}

/** The texts of an answer, as one of them may come into a document. */
export function writtenTexts(
  prompt: GenerateRequest["prompt"],
  { sequences }: Pick<GenerateResult, "sequences">,
): readonly string[] {
  const focus = prompt.kind === "caption" ? prompt.prefix : undefined;
  return sequences.map(({ text }) => cleanCaption(joined(focus, text)));
}

interface Run {
  readonly ask: AskModel;
  readonly options: AltTextOptions;
  readonly texts: string[];
  /** Texts that ended because they were long enough. */
  readonly broken: string[];
  /** Of the likeliest text so far: log-probability of a token, on average. */
  bestMean: number | undefined;
}

/** First as long as the model likes, then half as long again, if it can without babbling. */
async function addLongTexts(run: Run, request: DescriptionRequest): Promise<void> {
  const reply = await addTexts(run, request);
  const nTokens = reply.sequences[0]?.tokenIds.length ?? 0;
  const minNewTokens = Math.ceil(nTokens * 1.5);
  const longer: Run = { ...run, texts: [], broken: [] };
  const maxNewTokens = minNewTokens + 40;
  const options = { ...request.options, minNewTokens, maxNewTokens };
  await addTexts(longer, { ...request, options });
  run.texts.unshift(...longer.texts.filter((text) => !run.texts.includes(text)));
}

/** Chance finds what beams do not, because they keep to the likeliest beginnings. */
async function addSamples(run: Run, prompt: GenerateRequest["prompt"]): Promise<void> {
  const count = countOf(run.options);
  for (const { seed, temperature } of SAMPLERS) {
    if (run.texts.length >= count) return;
    const options = { doSample: true, topP: 0.9, temperature, seed, numReturnSequences: count };
    const maxNewTokens = run.options.length === "long" ? 60 : 30;
    await addTexts(run, { prompt, options: { ...options, maxNewTokens } });
  }
}

/** Fixed, so that the same question gives the same texts. */
const SAMPLERS = [
  { seed: 1, temperature: 1 },
  { seed: 2, temperature: 1.3 },
] as const;

async function addTexts(run: Run, request: DescriptionRequest): Promise<GenerateResult> {
  const { options, texts } = run;
  const reply = await run.ask(request, { signal: options.signal, onStage: options.onStage });
  if (reply.doubts !== undefined) options.onDoubts?.(reply.doubts);
  for (const sequence of reply.sequences) {
    // What is not wanted still tells how likely a good text is.
    const mean = meanOf(sequence, request.options.lengthPenalty ?? 1);
    run.bestMean = Math.max(run.bestMean ?? -Infinity, mean ?? -Infinity);
    if (mean !== undefined && mean < run.bestMean - WORSE_BY) continue;
    const text = cleanCaption(joined(options.focus, sequence.text));
    if (text === "" || !isWanted(text, options) || texts.includes(text)) continue;
    if (sequence.finishReason === "length") run.broken.push(text);
    else texts.push(text);
  }
  return reply;
}

function isWanted(text: string, { length, than }: AltTextOptions): boolean {
  if (than === undefined) return true;
  const nMore = wordsIn(text) - wordsIn(than);
  return length === "long" ? nMore > 0 : nMore < 0;
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

/** A beam's score is the sum of the log-probabilities by length^penalty. */
function meanOf({ score, tokenIds }: GeneratedSequence, lengthPenalty: number): number | undefined {
  if (score === undefined || tokenIds.length === 0) return undefined;
  return score * tokenIds.length ** (lengthPenalty - 1);
}

function countOf({ count = 1 }: DescriptionOptions): number {
  return Math.min(MAX_COUNT, Math.max(1, Math.trunc(count)));
}

function promptOf(focus: string | undefined): GenerateRequest["prompt"] {
  const words = focus?.trim() ?? "";
  if (words === "") return { kind: "caption" };
  return words.endsWith("?")
    ? { kind: "question", question: words }
    : { kind: "caption", prefix: words };
}

/** OPT goes on where the focus ends; T5 writes the whole text again. An answer stands by itself. */
function joined(focus: string | undefined, text: string): string {
  const words = focus?.trim() ?? "";
  const rest = text.trim();
  const isWhole =
    words === "" || words.endsWith("?") || rest.toLowerCase().includes(words.toLowerCase());
  if (isWhole || rest === "") return rest;
  return /^[,;:.]/.test(rest) ? words + rest : `${words} ${rest}`;
}
