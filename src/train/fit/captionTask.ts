/**
 * The second stage on pairs (paper sections 3.3 and 4.2): the Q-Former and its projection learn what makes the frozen
 * language model say a text.
 */

import path from "node:path";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { ModelFolder } from "../../engine/session/modelFolder";
import type { TensorMap } from "../../engine/session/session";
import { loadTokenizer } from "../../engine/text/tokenizer";
import type { Blip2GenerationConfig } from "../../model/config/blip2Config";
import { learntFrom, optFeeds, t5Feeds } from "../graphs/stage2Feeds";
import { stage2Graph, STAGE2_INPUTS, type FrozenLanguage } from "../graphs/stage2Graph";
import type { TrainingDevice } from "../grad/trainingGraph";
import type { Figures } from "../run/trainingRun";
import { TrainingSession, type Objectives } from "../session";
import { batchOf, rowsOf, stepsPerEpoch } from "./batches";
import type { Example } from "./examples";
import { frozenLanguage, shareLanguage } from "./frozenLanguage";
import { graphDevice, type FitTask, type FitTaskOptions, type TaskOptions } from "./task";

/** Tokens of a text, its end included: alternative texts are longer than the 32 of the authors' captions. */
const MOST_TOKENS = 48;
const LENGTH_STEP = 8;

/**
 * Fine-tunes a converted model, whose language model is differentiated as it lies there, and so as it will speak.
 * @throws AppError `model.unsupported` for a model that does not write, or not by OPT or T5.
 */
export async function captionTask(options: FitTaskOptions): Promise<FitTask> {
  const { model, work } = options;
  const config = expectWriting(model);
  const folder = path.join(work, "language");
  await shareLanguage(model, folder);
  const { eosTokenIds = [] } = model.generation ?? {};
  return await languageTask({
    ...{ ...options, config, isNormed: true, mostTokens: MOST_TOKENS, folder },
    ...{ frozen: frozenLanguage(model), endId: eosTokenIds[0] ?? config.text.eosTokenId },
  });
}

export interface LanguageOptions extends TaskOptions {
  readonly config: Blip2GenerationConfig;
  /** As in `PassesSpec`. */
  readonly isNormed: boolean;
  /** Of a text, its end included. */
  readonly mostTokens: number;
  /** Ends a text. */
  readonly endId: number;
  /** What stands before a text is learnt too, as in LAVIS: the last query says it. @default false */
  readonly learnsStart?: boolean;
  /** As in `Stage2Spec`, and the folder of its files. */
  readonly frozen?: FrozenLanguage;
  readonly folder?: string;
}

export async function languageTask(options: LanguageOptions): Promise<FitTask> {
  const { parameters, examples, features, batch, seed, config, folder, isNormed, frozen } = options;
  const texts = await textsOf(options);
  const feeds = async (rows: readonly Example[]): Promise<TensorMap> => ({
    [STAGE2_INPUTS.imageFeatures]: await features.of(rows.map(({ image }) => image)),
    ...texts.feeds(rows.map(({ text }) => text)),
  });
  const { weights } = parameters;
  const spec = { config, weights, pictures: batch, ...texts.sizes, isNormed };
  const graphOf = (device: TrainingDevice): Objectives => ({
    ...stage2Graph({ ...spec, device, ...(frozen && { frozen }) }),
    ...(folder === undefined ? {} : { folder }),
  });
  const graph = graphOf(graphDevice(options));
  return {
    graph,
    trained: [...graph.g.parameters.keys()].filter((name) => !name.startsWith("language_model.")),
    batches: async (step) => [await feeds(batchOf(examples.train, { step, batch, seed }))],
    validate: () => validate(graphOf("cpu"), feeds, options),
    isBetter: (figures, than) => (figures["lm"] ?? Infinity) < (than["lm"] ?? Infinity),
  };
}

interface Texts {
  readonly sizes: { readonly textLength: number; readonly targetLength?: number };
  readonly feeds: (texts: readonly string[]) => TensorMap;
}

/** A text follows the prompt of descriptions, which is empty, and ends as the model's texts do. */
async function textsOf({
  parameters,
  examples,
  config,
  mostTokens,
  endId,
  learnsStart,
}: LanguageOptions): Promise<Texts> {
  const tokenizer = await loadTokenizer(parameters.checkpoint.folder);
  const { numQueryTokens: nQueries, text } = config;
  const padId = text.padTokenId;
  const idsOf = (words: string): readonly number[] => {
    const ids = tokenizer.encodeRaw(words.replaceAll(/\s+/g, " ").trim());
    return [...ids.slice(0, mostTokens - 1), endId];
  };
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
        texts: some.map((words) =>
          learntFrom(learnsStart === true ? 0 : prompt.length, [...prompt, ...idsOf(words)]),
        ),
        ...{ length: sizes.textLength, nQueries, padId },
      }),
  };
}

/** How unlikely a token of the held-out texts is, on average: −ln p. */
async function validate(
  graph: Objectives,
  feeds: (rows: readonly Example[]) => Promise<TensorMap>,
  { examples, batch, parameters, factory }: TaskOptions,
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
