/**
 * Fine-tuning for captions (paper section 4.2): the Q-Former and its projection learn what makes the frozen language
 * model say a text. It is differentiated as it lies in the model, and so as it will speak.
 */

import path from "node:path";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { ModelFolder } from "../../engine/session/modelFolder";
import type { TensorMap } from "../../engine/session/session";
import { loadTokenizer, type Tokenizer } from "../../engine/text/tokenizer";
import type { Blip2GenerationConfig } from "../../model/config/blip2Config";
import { optFeeds, t5Feeds } from "../graphs/stage2Feeds";
import { stage2Graph, STAGE2_INPUTS, type Stage2Graph } from "../graphs/stage2Graph";
import type { Figures } from "../run/trainingRun";
import { TrainingSession, type Objectives } from "../session";
import { batchOf, rowsOf, stepsPerEpoch } from "./batches";
import type { Example } from "./examples";
import { frozenLanguage, shareLanguage } from "./frozenLanguage";
import type { FitTask, FitTaskOptions } from "./task";

/** Tokens of a text, its end included: alternative texts are longer than the 32 of the authors' captions. */
const MOST_TOKENS = 48;
const LENGTH_STEP = 8;

/** @throws AppError `model.unsupported` for a model that does not write, or not by OPT or T5. */
export async function captionTask(options: FitTaskOptions): Promise<FitTask> {
  const { parameters, examples, features, batch, seed, model } = options;
  const config = expectWriting(model);
  const texts = await textsOf(options, config);
  const feeds = async (rows: readonly Example[]): Promise<TensorMap> => ({
    [STAGE2_INPUTS.imageFeatures]: await features.of(rows.map(({ image }) => image)),
    ...texts.feeds(rows.map(({ text }) => text)),
  });
  const frozen = frozenLanguage(model);
  const folder = path.join(options.work, "language");
  await shareLanguage(model, folder);
  const { sizes } = texts;
  const { weights } = parameters;
  const graphOf = (pictures: number): Stage2Graph & Objectives => ({
    ...stage2Graph({ config, weights, pictures, ...sizes, frozen, isNormed: true }),
    folder,
  });
  const graph = graphOf(batch);
  return {
    graph,
    trained: [...graph.g.parameters.keys()],
    batches: async (step) => [await feeds(batchOf(examples.train, { step, batch, seed }))],
    validate: () => validate(graphOf(batch), feeds, options),
    isBetter: (figures, than) => (figures["lm"] ?? Infinity) < (than["lm"] ?? Infinity),
  };
}

interface Texts {
  readonly sizes: { readonly textLength: number; readonly targetLength?: number };
  readonly feeds: (texts: readonly string[]) => TensorMap;
}

/** A text follows the prompt of descriptions, which is empty, and ends as the model's texts do. */
async function textsOf(
  { model, examples }: FitTaskOptions,
  config: Blip2GenerationConfig,
): Promise<Texts> {
  const tokenizer = await loadTokenizer(model.folder);
  const { numQueryTokens: nQueries, text } = config;
  const [end = text.eosTokenId] = model.generation?.eosTokenIds ?? [];
  const padId = text.padTokenId;
  const idsOf = (words: string): readonly number[] => saidIds(tokenizer, words, end);
  const all = [...examples.train, ...examples.heldOut].map(({ text: words }) => idsOf(words));
  const longest = (extra: number): number =>
    LENGTH_STEP * Math.ceil((extra + Math.max(...all.map(({ length }) => length))) / LENGTH_STEP);
  const prompt = tokenizer.encode("");
  if (text.kind === "t5") {
    const sizes = { textLength: prompt.length, targetLength: longest(0) };
    return {
      sizes,
      feeds: (some) =>
        t5Feeds({
          ...{ config: text, length: sizes.textLength, targetLength: sizes.targetLength },
          ...{ nQueries, padId, sources: some.map(() => prompt), targets: some.map(idsOf) },
        }),
    };
  }
  const sizes = { textLength: longest(prompt.length) };
  return {
    sizes,
    feeds: (some) =>
      optFeeds({
        texts: some.map((words) => ({
          ids: [...prompt, ...idsOf(words)],
          given: prompt.length,
        })),
        ...{ length: sizes.textLength, nQueries, padId },
      }),
  };
}

/** Without what `encode` puts around a text; a long text keeps its beginning and an end. */
function saidIds(tokenizer: Tokenizer, words: string, end: number): readonly number[] {
  const ids = tokenizer.encodeRaw(words.replaceAll(/\s+/g, " ").trim());
  return [...ids.slice(0, MOST_TOKENS - 1), end];
}

/** How unlikely a token of the held-out texts is, on average: −ln p. */
async function validate(
  graph: Stage2Graph & Objectives,
  feeds: (rows: readonly Example[]) => Promise<TensorMap>,
  { examples, batch, parameters, factory }: FitTaskOptions,
): Promise<Figures> {
  const { heldOut } = examples;
  const at = { parameters, factory, device: "cpu", trained: [] } as const;
  const session = await TrainingSession.open(graph, at);
  const nBatches = stepsPerEpoch(heldOut.length, batch);
  let lm = 0;
  try {
    for (let i = 0; i < nBatches; i++) {
      const result = await session.run(await feeds(rowsOf(heldOut, i, batch)));
      lm += defined(result.losses["lm"], "The loss") / nBatches;
      result.dispose();
    }
  } finally {
    await session.release();
  }
  return { lm };
}

/** @throws AppError `model.unsupported`. */
export function expectWriting({ config, name }: ModelFolder): Blip2GenerationConfig {
  const isWriting = config.family === "blip-2" && config.kind === "generation";
  if (isWriting && !config.qformer.readsInstruction && config.text.kind !== "llama") return config;
  throw new AppError(
    "model.unsupported",
    `"${name}" does not learn captions: only BLIP-2 with OPT or Flan-T5 does.`,
  );
}
