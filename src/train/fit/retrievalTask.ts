/**
 * The objectives of the first stage on pairs (paper sections 3.2 and 4.4). Pictures come as what the frozen encoder
 * makes of them.
 */

import { captionText } from "../../engine/text/captionText";
import { cutIds } from "../../engine/text/cutIds";
import { loadTokenizer } from "../../engine/text/tokenizer";
import type { TensorMap } from "../../engine/session/session";
import { RandomStream } from "../../engine/decode/sampling";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Blip2ComparingConfig } from "../../model/config/blip2Config";
import { CAPTION_TOKEN, stage1Feeds } from "../graphs/stage1Feeds";
import {
  OBJECTIVES,
  stage1Graph,
  STAGE1_INPUTS,
  type Objective,
  type Stage1Graph,
} from "../graphs/stage1Graph";
import { TrainingSession } from "../session";
import { recalls, type Embeddings } from "../run/recall";
import type { Figures } from "../run/trainingRun";
import type { ModelFolder } from "../../engine/session/modelFolder";
import { batchOf, rowsOf, stepsPerEpoch } from "./batches";
import type { Example } from "./examples";
import { graphDevice, type FitTask, type FitTaskOptions, type TaskOptions } from "./task";

/** Tokens of a text, both ends included (LAVIS `max_txt_len`). */
const MOST_TOKENS = 32;
/** Lengths are a multiple of it. */
const LENGTH_STEP = 8;

/** Streams of random numbers below it are those of epochs. */
const STEP_STREAMS = 2 ** 20;

/**
 * Fine-tunes a converted model: contrast and matching, and captions where it has the head for them.
 * @throws AppError `model.unsupported` for a model that does not compare.
 */
export async function retrievalTask(options: FitTaskOptions): Promise<FitTask> {
  const config = expectComparing(options.model);
  const task = await objectivesTask({
    ...{ ...options, config, isNormed: true, mostTokens: MOST_TOKENS },
    objectives: OBJECTIVES.filter((name) => name !== "itg" || config.kind === "stage1"),
  });
  // What Hugging Face's layout has no place for stays what its models were trained with.
  const learns = (name: string): boolean => name !== "temp" || config.kind === "stage1";
  return { ...task, trained: task.trained.filter(learns) };
}

export interface ObjectivesOptions extends TaskOptions {
  readonly config: Blip2ComparingConfig;
  readonly objectives: readonly Objective[];
  /** As in `PassesSpec`. */
  readonly isNormed: boolean;
  /** Of a text, both ends included. */
  readonly mostTokens: number;
}

export async function objectivesTask(options: ObjectivesOptions): Promise<FitTask> {
  const { parameters, examples, features, batch, seed, config, objectives, isNormed } = options;
  const { maxPositions, vocabSize } = config.qformer;
  const most = Math.min(options.mostTokens, maxPositions);
  const tokenizer = await loadTokenizer(parameters.checkpoint.folder);
  const idsOf = new Map<string, readonly number[]>();
  for (const { text } of [...examples.train, ...examples.heldOut]) {
    idsOf.set(text, cutIds(tokenizer.encode(captionText(text)), most));
  }
  const longest = Math.max(...[...idsOf.values()].map(({ length }) => length));
  const textLength = Math.min(Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP, maxPositions);
  const sizes = { batch, textLength };
  const captionId =
    config.kind === "stage1"
      ? config.text.bosTokenId
      : (tokenizer.idOf(CAPTION_TOKEN) ?? vocabSize - 1);
  const feeds = async (rows: readonly Example[], random: RandomStream): Promise<TensorMap> => ({
    [STAGE1_INPUTS.imageFeatures]: await features.of(rows.map(({ image }) => image)),
    ...stage1Feeds({
      texts: rows.map(({ text }) => idsOf.get(text) ?? []),
      ...{ textLength, padId: 0, captionId },
      imageIds: rows.map(({ group }) => group),
      negatives: random,
    }),
  });
  const { weights } = parameters;
  const spec = { config, weights, ...sizes, objectives, isNormed };
  const graph = stage1Graph({ ...spec, device: graphDevice(options) });
  return {
    graph,
    trained: [...graph.g.parameters.keys()],
    batches: async (step) => [
      await feeds(
        batchOf(examples.train, { step, batch, seed }),
        RandomStream.seeded(seed, STEP_STREAMS + step),
      ),
    ],
    validate: () => validate(stage1Graph({ ...spec, givesDetails: true }), feeds, options),
    isBetter,
  };
}

/** R@1, 5 and 10 both ways; where they are the same, the losses. */
function isBetter(figures: Figures, than: Figures): boolean {
  const gained = meanRecall(figures) - meanRecall(than);
  return gained === 0 ? (figures["loss"] ?? 0) < (than["loss"] ?? 0) : gained > 0;
}

function meanRecall(figures: Figures): number {
  const all = Object.entries(figures).filter(([name]) => name.includes("R@"));
  return all.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, all.length);
}

/** Losses over the held-out texts in their order, and how often the right one is found among all of them. */
async function validate(
  graph: Stage1Graph,
  feeds: (rows: readonly Example[], random: RandomStream) => Promise<TensorMap>,
  { examples, objectives, batch, ...at }: ObjectivesOptions,
): Promise<Figures> {
  const { heldOut } = examples;
  const session = await TrainingSession.open(graph, { ...at, device: "cpu", trained: [] });
  const pictures: Float32Array[] = [];
  const texts: Float32Array[] = [];
  const losses: Record<string, number> = {};
  const nBatches = stepsPerEpoch(heldOut.length, batch);
  try {
    for (let i = 0; i < nBatches; i++) {
      const rows = rowsOf(heldOut, i, batch);
      const result = await session.run(await feeds(rows, RandomStream.seeded(0, i)));
      for (const [name, loss] of Object.entries(result.losses)) {
        losses[name] = (losses[name] ?? 0) + loss / nBatches;
      }
      pictures.push(...parts(result.details["image_embeds"], rows.length));
      texts.push(...parts(result.details["text_embeds"], rows.length));
      result.dispose();
    }
  } finally {
    await session.release();
  }
  const loss = objectives.reduce((sum, name) => sum + (losses[name] ?? 0), 0);
  return { ...found(heldOut, { pictures, texts }), ...losses, loss };
}

/** Each picture and each text counts once. */
function found(heldOut: readonly Example[], { pictures, texts }: Embeddings): Figures {
  const firsts = (key: (example: Example) => string): number[] => {
    const keys = heldOut.map(key);
    return [...keys.keys()].filter((i) => keys.indexOf(keys[i] ?? "") === i);
  };
  const ofPictures = firsts(({ image }) => image);
  const ofTexts = firsts(({ text }) => text);
  const pick = <T>(list: readonly T[], at: readonly number[]): T[] =>
    at.flatMap((i) => list[i] ?? []);
  const groups = heldOut.map(({ group }) => group);
  return recalls(
    { pictures: pick(pictures, ofPictures), texts: pick(texts, ofTexts) },
    { pictures: pick(groups, ofPictures), texts: pick(groups, ofTexts) },
  );
}

/** Copies, because what a graph gave is given back. */
function parts(all: Float32Array | undefined, count: number): Float32Array[] {
  const values = defined(all, "The embeddings");
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

/** @throws AppError `model.unsupported`. */
export function expectComparing({ config, name }: ModelFolder): Blip2ComparingConfig {
  if (config.family === "blip-2" && config.kind !== "generation") return config;
  throw new AppError(
    "model.unsupported",
    `"${name}" does not learn to find: only BLIP-2's models that compare do.`,
  );
}
