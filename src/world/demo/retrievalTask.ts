/** What the retrieval demo learns from at each step, and what it is tried on. */

import { RandomStream } from "../../engine/decode/sampling";
import {
  cpuTensor,
  type SessionFactory,
  type Tensor,
  type TensorMap,
} from "../../engine/session/session";
import type { Tokenizer } from "../../engine/text/tokenizer";
import { loadTokenizer } from "../../engine/text/tokenizer";
import {
  OBJECTIVES,
  stage1Graph,
  STAGE1_INPUTS,
  type Objective,
} from "../../train/graphs/stage1Graph";
import { stage1Feeds } from "../../train/graphs/stage1Feeds";
import { recalls } from "../../train/run/recall";
import type { Parameters } from "../../train/parameters";
import type { TrainingTask } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Blip2RetrievalConfig } from "../../model/config/blip2Config";
import { CAPTION_TOKEN } from "../vocabulary/wordPieceTokenizer";
import { pairedText } from "../texts/texts";
import type { EmojiWorld } from "../emojiWorld";
import { TEXT_LENGTH } from "./demoShapes";
import { PIXELS } from "./newDemo";

export interface RetrievalTaskOptions {
  readonly world: Pick<EmojiWorld, "side" | "scene" | "paint" | "unseen">;
  readonly parameters: Parameters;
  readonly factory: SessionFactory;
  readonly batch: number;
  readonly objectives?: readonly Objective[];
  /** The image encoder learns too: it has nothing to begin with. */
  readonly trainsEncoder: boolean;
  readonly seed: number;
  /** Drawings of the unseen style that a validation looks at. @default all */
  readonly maxSpecimens?: number;
}

export async function retrievalTask(options: RetrievalTaskOptions): Promise<TrainingTask> {
  const { parameters, batch, world, seed, trainsEncoder, objectives = OBJECTIVES } = options;
  const config = configOf(parameters);
  const tokenizer = await loadTokenizer(parameters.checkpoint.folder);
  const graph = stage1Graph({
    ...{ config, weights: parameters.weights, batch, textLength: TEXT_LENGTH },
    ...{ objectives, fromPixels: true },
  });
  const encoder = /^vision_model\.(embeddings|encoder)\./;
  const trained = [...graph.g.parameters.keys()].filter(
    (name) => trainsEncoder || !encoder.test(name),
  );
  return {
    graph,
    trained,
    batches: (step) => {
      const random = RandomStream.seeded(seed, 16 + step);
      const pixels = new Float32Array(batch * 3 * world.side ** 2);
      const texts: string[] = [];
      for (let b = 0; b < batch; b++) {
        const scene = world.scene(random);
        pixels.set(normalised(world.paint(scene, random), world.side), b * 3 * world.side ** 2);
        texts.push(pairedText(scene, random));
      }
      return Promise.resolve([
        {
          ...pixelFeed(pixels, batch, world.side),
          ...textFeeds(tokenizer, texts, random),
        },
      ]);
    },
    validate: () => validate(options, config, tokenizer),
  };
}

/** Pictures with the same text belong to both. */
function textFeeds(
  tokenizer: Tokenizer,
  texts: readonly string[],
  random: RandomStream,
): Record<string, Tensor> {
  const captionId = defined(tokenizer.idOf(CAPTION_TOKEN), CAPTION_TOKEN);
  return stage1Feeds({
    texts: texts.map((text) => cut(tokenizer.encode(text))),
    ...{ textLength: TEXT_LENGTH, padId: 0, captionId },
    imageIds: texts.map((text) => texts.indexOf(text)),
    negatives: random,
  });
}

/** The end of a text stays its end. */
function cut(ids: readonly number[]): number[] {
  return ids.length <= TEXT_LENGTH
    ? [...ids]
    : [...ids.slice(0, TEXT_LENGTH - 1), ...ids.slice(-1)];
}

function normalised(planes: Float32Array, side: number): Float32Array {
  return planes.map((value, i) => {
    const channel = Math.floor(i / side ** 2);
    return (value - (PIXELS.mean[channel] ?? 0)) / (PIXELS.std[channel] ?? 1);
  });
}

function pixelFeed(pixels: Float32Array, batch: number, side: number): TensorMap {
  return { [STAGE1_INPUTS.pixelValues]: cpuTensor(pixels, [batch, 3, side, side]) };
}

/** Emoji as a style draws them that no step has seen: each must be found by its name among all. */
async function validate(
  { world, parameters, factory, maxSpecimens }: RetrievalTaskOptions,
  config: Blip2RetrievalConfig,
  tokenizer: Tokenizer,
): Promise<Record<string, number>> {
  const specimens = [...world.unseen()].slice(0, maxSpecimens);
  const at = 64;
  const { g } = stage1Graph({
    ...{ config, weights: parameters.weights, batch: at, textLength: TEXT_LENGTH },
    ...{ objectives: ["itc"], fromPixels: true, givesDetails: true },
  });
  const session = await factory.open(g.encode(), { device: "cpu", keepsArena: true });
  const pictures: Float32Array[] = [];
  const texts: Float32Array[] = [];
  try {
    const weights = [...g.parameters.keys()].map((name) => [
      name,
      cpuTensor(parameters.values(name), parameters.shape(name)),
    ]);
    for (let from = 0; from < specimens.length; from += at) {
      const some = specimens.slice(from, from + at);
      const pixels = new Float32Array(at * 3 * world.side ** 2);
      some.forEach(({ planes }, i) => {
        pixels.set(normalised(planes, world.side), i * 3 * world.side ** 2);
      });
      const names = Array.from({ length: at }, (_, i) => some[i]?.meaning.label ?? "");
      const feeds = {
        ...Object.fromEntries(weights),
        ...pixelFeed(pixels, at, world.side),
        ...textFeeds(tokenizer, names, RandomStream.seeded(0)),
      } as Record<string, Tensor>;
      const known = Object.fromEntries(
        session.inputNames.flatMap((name) => {
          const feed = feeds[name];
          return feed === undefined ? [] : [[name, feed]];
        }),
      );
      const results = await session.run(known);
      const rows = (name: string): Float32Array[] => {
        const all = results[name]?.data as Float32Array;
        const width = all.length / at;
        return some.map((_, i) => all.slice(i * width, (i + 1) * width));
      };
      pictures.push(...rows("image_embeds"));
      texts.push(...rows("text_embeds"));
    }
  } finally {
    await session.release();
  }
  return recalls({ pictures, texts });
}

function configOf({ checkpoint }: Parameters): Blip2RetrievalConfig {
  const { config } = checkpoint;
  if (config.family === "blip-2" && config.kind === "retrieval") return config;
  throw new AppError("internal", "The demo's checkpoint is no retrieval model.");
}
