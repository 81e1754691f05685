/** What the demo that answers learns from at each step, and what it is tried on. */

import { RandomStream } from "../../engine/decode/sampling";
import type { SessionFactory, Tensor } from "../../engine/session/session";
import { loadTokenizer } from "../../engine/text/tokenizer";
import { optFeeds, type LearntText } from "../../train/graphs/stage2Feeds";
import { stage2Graph, type Stage2Spec } from "../../train/graphs/stage2Graph";
import { TrainingSession } from "../../train/session";
import type { Parameters } from "../../train/parameters";
import type { TrainingTask } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Blip2GenerationConfig } from "../../model/config/blip2Config";
import { chance } from "../chance";
import { captionOf, questionAbout, type Question } from "../texts/texts";
import { SPOKEN_LENGTH } from "./demoShapes";
import { LearntWords } from "./learntWords";
import { pixelFeed } from "./retrievalTask";
import type { EmojiWorld, SceneShares } from "../emojiWorld";

/**
 * `language`: the language model, which has nothing to begin with, learns with the Q-Former; `stage2`: it stays as
 * it is (paper section 3.3).
 */
export type SpokenLesson = "language" | "stage2";

export interface GenerationTaskOptions {
  readonly world: Pick<EmojiWorld, "side" | "scene" | "paint" | "elsewhere" | "unseen">;
  readonly parameters: Parameters;
  readonly factory: SessionFactory;
  readonly lesson: SpokenLesson;
  /** Pictures, each with a text. */
  readonly batch: number;
  readonly seed: number;
  /** Drawings of the unseen style that a validation looks at, and half as many as there are scenes. @default 400 */
  readonly trials?: number;
}

const TRAINED: Readonly<Record<SpokenLesson, RegExp>> = {
  language: /^(?!vision_model\.(embeddings|encoder)\.)/,
  stage2: /^(query_tokens|qformer|language_projection|vision_model\.post_layernorm)/,
};

/** How often the text is a caption and answers no question. */
const CAPTION_SHARE = 0.2;

/** Questions that are asked of a picture one after the other, where they have room. */
const MAX_TURNS = 4;

/** Places, counts, sizes and colours are asked of several things only. */
const SHARES: SceneShares = { solo: 0.6, shapes: 0.25 };

/** A picture with a text about it. */
interface Sample {
  /** [3, side, side] colours, 0 to 1. */
  readonly planes: Float32Array;
  /** What figures are told apart by. */
  readonly kind: string;
  readonly text: LearntText;
}

export async function generationTask(options: GenerationTaskOptions): Promise<TrainingTask> {
  const { parameters, world, seed, lesson, batch } = options;
  const config = configOf(parameters);
  const tokenizer = await loadTokenizer(parameters.checkpoint.folder);
  const writer = new Writer(new LearntWords(tokenizer, config.text.eosTokenId));
  const graph = graphOf({ config, weights: parameters.weights, pictures: batch });
  let tried: readonly Sample[] | undefined;
  return {
    graph,
    trained: [...graph.g.parameters.keys()].filter((name) => TRAINED[lesson].test(name)),
    batches: (step) => {
      const random = RandomStream.seeded(seed, 16 + step);
      const samples = Array.from({ length: batch }, () => writer.about(world, random, MAX_TURNS));
      return Promise.resolve([feedsOf(samples, { config, side: world.side })]);
    },
    validate: async () => {
      tried ??= writer.trials(world, options.trials ?? 400);
      return await accuracies(tried, { ...options, config });
    },
  };
}

type GraphOptions = Pick<Stage2Spec, "weights" | "config" | "pictures" | "givesDetails">;

function graphOf(spec: GraphOptions) {
  return stage2Graph({ ...spec, textLength: SPOKEN_LENGTH, fromPixels: true });
}

/** Draws pictures of the world and says something of them. */
class Writer {
  readonly #words: LearntWords;

  constructor(words: LearntWords) {
    this.#words = words;
  }

  /**
   * A picture of the world, and what can be said of it: its caption, or a chat of up to `maxTurns` questions. The kind
   * is that of the first one.
   */
  about(world: GenerationTaskOptions["world"], random: RandomStream, maxTurns: number): Sample {
    const scene = world.scene(random, SHARES);
    const planes = world.paint(scene, random);
    if (chance(random, CAPTION_SHARE)) {
      return { planes, kind: "caption", text: this.#words.caption(captionOf(scene)) };
    }
    const ask = (): Question => questionAbout(scene, random, world.elsewhere);
    const turns = [ask()];
    let text = this.#words.chat(turns);
    for (let i = 1; i < maxTurns; i++) {
      const next = ask();
      if (turns.some((turn) => turn.text === next.text)) continue;
      const longer = this.#words.chat([...turns, next]);
      if (longer.ids.length > SPOKEN_LENGTH) break;
      turns.push(next);
      text = longer;
    }
    return { planes, kind: turns[0]?.kind ?? "", text };
  }

  /** Scenes that training draws otherwise, and the names of drawings in the style that it never sees. */
  trials(world: GenerationTaskOptions["world"], count: number): readonly Sample[] {
    const random = RandomStream.seeded(0, 4);
    const known = Array.from({ length: 2 * count }, () => this.about(world, random, 1));
    const unseen = [...world.unseen()].slice(0, count).map(({ planes, meaning: { label } }) => ({
      ...{ planes, kind: "what is it, unseen style" },
      text: this.#words.chat([{ text: "what is it?", answer: label }]),
    }));
    return [...known, ...unseen];
  }
}

function feedsOf(
  samples: readonly Sample[],
  { config, side }: { readonly config: Blip2GenerationConfig; readonly side: number },
): Record<string, Tensor> {
  return {
    ...pixelFeed(
      samples.map(({ planes }) => planes),
      side,
    ),
    ...optFeeds({
      ...{ texts: samples.map(({ text }) => text), length: SPOKEN_LENGTH },
      ...{ nQueries: config.numQueryTokens, padId: config.text.padTokenId },
    }),
  };
}

/** Pictures that a validation looks at together. */
const AT_ONCE = 32;

/**
 * How often the words that the model would write are the right ones, by the kind of question: it writes them if
 * after the right beginning each next token is the likeliest.
 */
async function accuracies(
  samples: readonly Sample[],
  options: GenerationTaskOptions & { readonly config: Blip2GenerationConfig },
): Promise<Record<string, number>> {
  const { config, parameters, world } = options;
  const graph = graphOf({
    ...{ config, weights: parameters.weights, pictures: AT_ONCE, givesDetails: true },
  });
  const session = await TrainingSession.open(graph, { ...options, device: "cpu", trained: [] });
  const tallies = new Map<string, { right: number; all: number }>();
  try {
    for (let begin = 0; begin < samples.length; begin += AT_ONCE) {
      const some = samples.slice(begin, begin + AT_ONCE);
      const filled = Array.from({ length: AT_ONCE }, (_, i) => defined(some[i] ?? some[0], ""));
      const { details } = await session.run(feedsOf(filled, { config, side: world.side }));
      const logits = defined(details["logits"], "The output logits");
      const size = logits.length / AT_ONCE;
      some.forEach(({ kind, text }, i) => {
        const tally = tallies.get(kind) ?? { right: 0, all: 0 };
        tally.all++;
        if (isSaid(text, logits.subarray(i * size, (i + 1) * size), config)) tally.right++;
        tallies.set(kind, tally);
      });
    }
  } finally {
    await session.release();
  }
  return Object.fromEntries([...tallies].map(([kind, { right, all }]) => [kind, right / all]));
}

/** @param logits [Q + T, V]: the position before a token says it. */
function isSaid(
  { says }: LearntText,
  logits: Float32Array,
  { numQueryTokens, text: { vocabSize } }: Blip2GenerationConfig,
): boolean {
  return says.slice(0, SPOKEN_LENGTH).every((id, t) => {
    if (id === undefined) return true;
    const from = (numQueryTokens - 1 + t) * vocabSize;
    const likely = logits.subarray(from, from + vocabSize);
    return likely.every((logit, other) => other === id || logit < (likely[id] ?? 0));
  });
}

function configOf({ checkpoint }: Parameters): Blip2GenerationConfig {
  const { config } = checkpoint;
  if (config.family === "blip-2" && config.kind === "generation") return config;
  throw new AppError("internal", "The demo's checkpoint is no model that answers.");
}
