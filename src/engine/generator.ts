/** From a request about a picture to generated text: prompt, prefill, decode loop, text stream. */

import { defined } from "../base/assert";
import { AppError } from "../base/errors";
import type { CausalModel, GeneratedIds } from "./decode/causalModel";
import { generate } from "./decode/generate";
import { rankAnswers } from "./decode/rankAnswers";
import type { ImageStage } from "./picture/imageStage";
import type { QueryStage } from "./picture/queryStage";
import type { LanguageModel } from "./language/languageModel";
import type { ModelFolder } from "./session/modelFolder";
import { buildPrompt, type BuiltPrompt, type PromptFamily } from "./text/prompt";
import { promptIds } from "./text/promptIds";
import type { RunOptions } from "./runOptions";
import { cutAtStopString, stripText, TextStream } from "./text/textStream";
import type { Tokenizer } from "./text/tokenizer";
import type { ModelConfig } from "../model/config/modelConfig";
import { type GenerationOptions, resolveGenerationOptions } from "../model/ask/generationOptions";
import type {
  GeneratedSequence,
  GenerateRequest,
  GenerateResult,
  Prompt,
  PictureFacts,
} from "../model/ask/request";

export interface GeneratorOptions {
  readonly model: ModelFolder;
  readonly images: ImageStage;
  readonly queries: QueryStage;
  readonly languageModel: LanguageModel;
  readonly tokenizer: Tokenizer;
}

export class Generator {
  readonly #options: GeneratorOptions;

  constructor(options: GeneratorOptions) {
    this.#options = options;
  }

  /** @throws AppError as `Blip2Engine.generate`. */
  async generate(request: GenerateRequest, run: RunOptions): Promise<GenerateResult> {
    const { images, queries, languageModel } = this.#options;
    const begin = performance.now();
    const options = resolveGenerationOptions(request.options);
    // The prompt is checked first: a question that is too long should not cost a run of the ViT.
    const prompt = this.#prompt(request, options);
    const answers = request.answers && this.#answerIds(request.answers);
    run.onStage?.({ stage: "look" });
    const picture = await images.features(request, run.signal);
    if (picture.facts.isOneColor && request.prompt.kind === "caption") throw blank(request);
    const { rows, qformerMs } = await queries.rows(picture, prompt.text, run.signal);
    run.onStage?.({ stage: "write" });
    const prefillBegin = performance.now();
    const decoding = await languageModel.start({
      ...rows,
      promptIds: this.#promptIds(prompt.text, request.prompt.kind),
      signal: run.signal,
    });
    const decodeBegin = performance.now();
    let sequences: readonly GeneratedSequence[];
    try {
      sequences =
        answers === undefined
          ? await this.#decode(decoding, options, run)
          : await rankedSequences(decoding, answers, run);
    } finally {
      decoding.finish();
    }
    const end = performance.now();
    return {
      sequences,
      tokens: Math.max(...sequences.map(({ tokenIds }) => tokenIds.length)),
      timings: {
        ...picture.timings,
        qformer: picture.timings.qformer + qformerMs,
        prefill: decodeBegin - prefillBegin,
        decode: end - decodeBegin,
        total: end - begin,
      },
      cached: { imageFeatures: picture.from, prefixTokens: decoding.reusedPositions },
      droppedTurns: prompt.droppedTurns,
      ...doubtsOf(picture.facts),
    };
  }

  #promptIds(text: string, kind: Prompt["kind"]): readonly number[] {
    const { model, tokenizer } = this.#options;
    return promptIds(model.config, tokenizer.encode(text), kind);
  }

  /** @throws AppError `option.invalid`, `prompt.tooLong`. */
  #answerIds(answers: readonly string[]): readonly Answer[] {
    const { model, tokenizer } = this.#options;
    if (answers.length === 0 || answers.length > MAX_ANSWERS) {
      throw new AppError(
        "option.invalid",
        `Give 1 to ${MAX_ANSWERS} answers to choose among; these are ${answers.length}.`,
        { detail: { option: "answers" } },
      );
    }
    const { config } = model;
    const limit = config.kind === "answering" ? config.text.maxPositions : Infinity;
    return answers.map((text) => {
      // [DEC] stands in front in place of what the tokenizer puts there, and the end is never fed.
      const ids = tokenizer.encode(text).slice(tokenizer.nPrefix);
      if (ids.length <= limit) return { text, ids };
      throw new AppError(
        "prompt.tooLong",
        `An answer takes ${ids.length} tokens and there is room for ${limit}. Shorten it.`,
        { detail: { tokens: ids.length, limit } },
      );
    });
  }

  #prompt(request: GenerateRequest, options: GenerationOptions): BuiltPrompt {
    const { model, languageModel } = this.#options;
    return buildPrompt({
      prompt: request.prompt,
      family: promptFamily(model.config),
      count: (text) => this.#promptIds(text, request.prompt.kind).length,
      maxTokens: languageModel.maxPromptTokens(options.maxNewTokens),
    });
  }

  async #decode(
    decoding: Awaited<ReturnType<LanguageModel["start"]>>,
    options: GenerationOptions,
    run: RunOptions,
  ): Promise<readonly GeneratedSequence[]> {
    const { model, tokenizer } = this.#options;
    const { eosTokenIds, padTokenId } = defined(model.generation, "The generation configuration");
    const decode = (ids: readonly number[]): string => tokenizer.decode(ids);
    const { onText, signal } = run;
    const stream = new TextStream(decode, {
      trimStart: true,
      stopStrings: options.stopStrings,
      holdBack: (ids) => tokenizer.openUnits(ids),
    });
    const emit = (text: string): void => {
      if (text !== "") onText?.(text);
    };
    const sequences = await generate(
      decoding,
      {
        inputIds: decoding.inputIds,
        eosTokenIds,
        padTokenId,
        decode,
        signal,
        onToken:
          onText &&
          ((id) => {
            emit(stream.push(id));
          }),
      },
      options,
    );
    emit(stream.end());
    return sequences.map((sequence) => this.#textOf(sequence, options));
  }

  #textOf(sequence: GeneratedIds, options: GenerationOptions): GeneratedSequence {
    const text = this.#options.tokenizer.decode(sequence.ids);
    return {
      text: stripText(cutAtStopString(text, options.stopStrings)),
      tokenIds: sequence.ids,
      ...(sequence.score === undefined ? {} : { score: sequence.score }),
      finishReason: sequence.finishReason,
    };
  }
}

/** The authors' list of VQA v2 has 3,128. */
const MAX_ANSWERS = 10_000;

interface Answer {
  readonly text: string;
  readonly ids: readonly number[];
}

async function rankedSequences(
  decoding: CausalModel,
  answers: readonly Answer[],
  { signal }: RunOptions,
): Promise<readonly GeneratedSequence[]> {
  const ids = answers.map((answer) => answer.ids);
  const ranked = await rankAnswers(decoding, ids, { signal });
  return ranked.map(({ index, score }) => {
    const { text, ids: tokenIds } = defined(answers[index], "A ranked answer");
    return { text, tokenIds, score, finishReason: "eos" };
  });
}

function promptFamily(config: ModelConfig): PromptFamily {
  if (config.family === "blip") {
    return config.kind === "captioning" ? "blip-captioning" : "blip-answering";
  }
  if (config.kind === "stage1") return "stage1";
  if (config.qformer.readsInstruction) return "instructed";
  return config.kind === "generation" && config.text.kind === "t5" ? "t5" : "opt";
}

/** A picture of one color belongs to no world; that there is nothing to see says more. */
function doubtsOf(facts: PictureFacts): Pick<GenerateResult, "doubts"> {
  if (facts.isOneColor) return { doubts: ["oneColor"] };
  return facts.isOutsideWorld ? { doubts: ["outsideWorld"] } : {};
}

/** Of a description, which would be made up; a question may be about nothing. */
function blank({ imageName = "The picture" }: GenerateRequest): AppError {
  return new AppError(
    "image.blank",
    `${imageName} shows one colour only, so there is nothing to describe. If it is decoration, its text is best left empty (alt="").`,
    { detail: { file: imageName } },
  );
}
