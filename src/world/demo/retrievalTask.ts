/** What the retrieval demo learns from at each step, and what it is tried on. */

import { RandomStream } from "../../engine/decode/sampling";
import { cpuTensor, type SessionFactory, type Tensor } from "../../engine/session/session";
import { cutIds } from "../../engine/text/cutIds";
import type { Tokenizer } from "../../engine/text/tokenizer";
import { loadTokenizer } from "../../engine/text/tokenizer";
import { stage1Graph, STAGE1_INPUTS } from "../../train/graphs/stage1Graph";
import { CAPTION_TOKEN, stage1Feeds } from "../../train/graphs/stage1Feeds";
import { recalls, type Embeddings } from "../../train/run/recall";
import { TrainingSession, type Objectives } from "../../train/session";
import type { Parameters } from "../../train/parameters";
import type { TrainingTask } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Blip2RetrievalConfig } from "../../model/config/blip2Config";
import { pairedText } from "../texts/texts";
import type { EmojiWorld, Specimen } from "../emojiWorld";
import { PATCH, SIDE, TEXT_LENGTH } from "./demoShapes";
import { PUPIL_INPUTS, pupilGraph } from "../../train/graphs/pupilGraph";
import { teacherGraph } from "../../train/graphs/teacherGraph";
import { CLIP_MEAN, CLIP_STD } from "../../model/config/preprocessorConfig";

/** Parts of the training, in their order. */
export type Lesson = "teacher" | "encoder" | "stage1";

export interface RetrievalTaskOptions {
  readonly world: Pick<EmojiWorld, "side" | "scene" | "paint" | "unseen">;
  readonly parameters: Parameters;
  readonly factory: SessionFactory;
  readonly lesson: Lesson;
  readonly batch: number;
  readonly seed: number;
}

interface GraphOptions {
  readonly config: Blip2RetrievalConfig;
  readonly weights: Parameters["weights"];
  readonly batch: number;
  readonly givesDetails?: boolean;
}

/** What a lesson learns with, and which tensors change in it. */
interface LessonPlan {
  graph(spec: PlannedOptions): Objectives;
  readonly trained: RegExp;
  /** Tokens of a text; longer ones are cut. @default TEXT_LENGTH */
  readonly textLength?: number;
  /** As in `PupilSpec`; a validation looks at all. */
  readonly nPatches?: number;
  /** Of the pictures of a batch, so many have a text. @default 1 */
  readonly textShare?: number;
}

interface PlannedOptions extends GraphOptions {
  readonly textLength: number;
  readonly nPatches?: number | undefined;
  readonly nTexts?: number;
}

/** The image encoder stays as it is, but for its last norm (paper section 3.2). */
const QFORMER = /^(?!vision_model\.(embeddings|encoder)\.)/;

const LESSONS: Readonly<Record<Lesson, LessonPlan>> = {
  teacher: {
    graph: teacherGraph,
    trained: /^(teacher\.(?!pupil)|embeddings\.word_embeddings|text_projection|temp)/,
  },
  encoder: {
    graph: pupilGraph,
    // What the teacher's words are made of stays, because it is learnt from.
    trained: /^(?!teacher\.(?!pupil)|embeddings\.word_embeddings|text_projection|temp)/,
    // What is seldom needed takes no time: long texts, patches of plain ground, and the same names again.
    ...{ textLength: 12, nPatches: 20, textShare: 1 / 4 },
  },
  stage1: {
    graph: (spec) => stage1Graph({ ...spec, hardness: HARDNESS, fromPixels: true }),
    trained: QFORMER,
    textLength: 16,
  },
};

/** Of negatives; hard ones from the beginning leave matching where it was for hundreds of steps. */
const HARDNESS = 0.1;

export async function retrievalTask(options: RetrievalTaskOptions): Promise<TrainingTask> {
  const { parameters, batch, world, seed, lesson } = options;
  const config = configOf(parameters);
  const tokenizer = await loadTokenizer(parameters.checkpoint.folder);
  const { textLength = TEXT_LENGTH, nPatches, textShare = 1, ...plan } = LESSONS[lesson];
  const nTexts = Math.ceil(batch * textShare);
  const graph = plan.graph({
    ...{ config, weights: parameters.weights, batch, textLength, nPatches, nTexts },
  });
  let specimens: readonly Specimen[] | undefined;
  return {
    graph,
    trained: [...graph.g.parameters.keys()].filter((name) => plan.trained.test(name)),
    batches: (step) => {
      const random = RandomStream.seeded(seed, 16 + step);
      const scenes = Array.from({ length: batch }, () => {
        const scene = world.scene(random);
        const planes = world.paint(scene, random);
        return { planes, text: pairedText(scene, random) };
      });
      const pictures = scenes.map(({ planes }) => planes);
      const texts = scenes.map(({ text }) => text);
      const feeds = {
        ...pixelFeed(pictures, world.side),
        ...(nPatches === undefined ? {} : patchFeeds(pictures, nPatches)),
        ...textFeeds(texts, { tokenizer, textLength, nTexts, random }),
      };
      return Promise.resolve([feeds]);
    },
    validate: () => {
      specimens ??= [...world.unseen()];
      return validate(specimens, { ...options, config, tokenizer });
    },
  };
}

/** Pictures with the same text belong to both. The Q-Former reads the first `nTexts`, a teacher all. */
function textFeeds(
  texts: readonly string[],
  options: {
    readonly tokenizer: Tokenizer;
    readonly textLength: number;
    readonly nTexts?: number;
    readonly random: RandomStream;
  },
): Record<string, Tensor> {
  const { tokenizer, textLength, nTexts = texts.length, random } = options;
  const captionId = defined(tokenizer.idOf(CAPTION_TOKEN), CAPTION_TOKEN);
  const feedsOf = (some: readonly string[]): Record<string, Tensor> =>
    stage1Feeds({
      texts: some.map((text) => cutIds(tokenizer.encode(text), textLength)),
      ...{ textLength, padId: 0, captionId },
      imageIds: some.map((text) => some.indexOf(text)),
      negatives: random,
    });
  const all = feedsOf(texts);
  const of = (name: string): Tensor => defined(all[name], name);
  return {
    ...(nTexts === texts.length ? all : feedsOf(texts.slice(0, nTexts))),
    [STAGE1_INPUTS.itcTarget]: of(STAGE1_INPUTS.itcTarget),
    [PUPIL_INPUTS.textIds]: of(STAGE1_INPUTS.textIds),
    [PUPIL_INPUTS.textMask]: of(STAGE1_INPUTS.textMask),
  };
}

/** @param pictures [3, side, side] each; nothing leaves its row empty. */
export function pixelFeed(
  pictures: readonly (Float32Array | undefined)[],
  side: number,
): Record<string, Tensor> {
  const area = side ** 2;
  const pixels = new Float32Array(pictures.length * 3 * area);
  pictures.forEach((planes, b) => {
    if (planes === undefined) return;
    for (let channel = 0; channel < 3; channel++) {
      const [mean, deviation] = [CLIP_MEAN[channel] ?? 0, CLIP_STD[channel] ?? 1];
      const begin = (3 * b + channel) * area;
      for (let i = 0; i < area; i++) {
        pixels[begin + i] = ((planes[channel * area + i] ?? 0) - mean) / deviation;
      }
    }
  });
  return { [STAGE1_INPUTS.pixelValues]: cpuTensor(pixels, [pictures.length, 3, side, side]) };
}

/** Of each picture the patches in which most changes. @param pictures [3, SIDE, SIDE] each. */
function patchFeeds(pictures: readonly Float32Array[], count: number): Record<string, Tensor> {
  const nPatches = (SIDE / PATCH) ** 2;
  const kept = pictures.map((planes) => {
    const changes = changesIn(planes);
    const order = [...changes.keys()].sort((a, b) => (changes[b] ?? 0) - (changes[a] ?? 0));
    return order.slice(0, count).sort((a, b) => a - b);
  });
  const tokens = kept.flatMap((patches, b) =>
    [-1, ...patches].map((patch) => b * (1 + nPatches) + 1 + patch),
  );
  const patches = kept.flatMap((some, b) => some.map((patch) => b * nPatches + patch));
  const rows = (values: readonly number[], width: number): Tensor =>
    cpuTensor(BigInt64Array.from(values, BigInt), [pictures.length, width]);
  return {
    [PUPIL_INPUTS.tokens]: rows(tokens, 1 + count),
    [PUPIL_INPUTS.patches]: rows(patches, count),
  };
}

/** Of each patch how far its colours are from their means: Σ (x − mean)², over the channels. */
function changesIn(planes: Float32Array): Float32Array {
  const across = SIDE / PATCH;
  return Float32Array.from({ length: across ** 2 }, (_, patch) => {
    const begin = Math.floor(patch / across) * PATCH * SIDE + (patch % across) * PATCH;
    let change = 0;
    for (let channel = 0; channel < 3; channel++) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < PATCH ** 2; i++) {
        const at = channel * SIDE ** 2 + begin + Math.floor(i / PATCH) * SIDE + (i % PATCH);
        const x = planes[at] ?? 0;
        sum += x;
        squares += x * x;
      }
      change += squares - sum ** 2 / PATCH ** 2;
    }
    return change;
  });
}

/** Drawings that a validation looks at together. */
const AT_ONCE = 64;

/** Emoji as a style draws them that no step has seen: each must be found by its name among all. */
async function validate(
  specimens: readonly Specimen[],
  options: ValidationOptions,
): Promise<Record<string, number>> {
  return recalls(await embeddingsOf(specimens, options));
}

/** Of each drawing and of its name. */
async function embeddingsOf(
  specimens: readonly Specimen[],
  { config, tokenizer, ...from }: ValidationOptions,
): Promise<Embeddings> {
  const { world, parameters } = from;
  const { textLength = TEXT_LENGTH, ...plan } = LESSONS[from.lesson];
  const graph = plan.graph({
    ...{ config, weights: parameters.weights, batch: AT_ONCE, textLength, givesDetails: true },
  });
  const session = await TrainingSession.open(graph, { ...from, device: "cpu", trained: [] });
  const pictures: Float32Array[] = [];
  const texts: Float32Array[] = [];
  try {
    for (let begin = 0; begin < specimens.length; begin += AT_ONCE) {
      const some = specimens.slice(begin, begin + AT_ONCE);
      const names = Array.from({ length: AT_ONCE }, (_, i) => some[i]?.meaning.label ?? "");
      const { details } = await session.run({
        ...pixelFeed(
          Array.from({ length: AT_ONCE }, (_, i) => some[i]?.planes),
          world.side,
        ),
        ...textFeeds(names, { tokenizer, textLength, random: RandomStream.seeded(0) }),
      });
      const rows = (name: string): Float32Array[] => {
        const all = defined(details[name], `The output ${name}`);
        const width = all.length / AT_ONCE;
        return some.map((_, i) => all.slice(i * width, (i + 1) * width));
      };
      pictures.push(...rows("image_embeds"));
      texts.push(...rows("text_embeds"));
    }
  } finally {
    await session.release();
  }
  return { pictures, texts };
}

type ValidationOptions = Pick<
  RetrievalTaskOptions,
  "world" | "parameters" | "factory" | "lesson"
> & {
  readonly config: Blip2RetrievalConfig;
  readonly tokenizer: Tokenizer;
};

function configOf({ checkpoint }: Parameters): Blip2RetrievalConfig {
  const { config } = checkpoint;
  if (config.family === "blip-2" && config.kind === "retrieval") return config;
  throw new AppError("internal", "The demo's checkpoint is no retrieval model.");
}
