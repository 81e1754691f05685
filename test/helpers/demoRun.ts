/** What a conversion of the demo model computes on the held-out scenes. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { FeatureCache } from "../../src/engine/picture/featureCache";
import { encodeImage, readImage } from "../../src/engine/picture/imageEncoder";
import { preprocessImage } from "../../src/engine/picture/imagePreprocess";
import { loadModelParts, releaseParts, type ModelParts } from "../../src/engine/session/modelParts";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { buildPrompt } from "../../src/engine/text/prompt";
import { floats } from "../../src/engine/session/session";
import { loadTokenizer } from "../../src/engine/text/tokenizer";
import { IO } from "../../src/model/graph/graphContract";
import { fixturePath } from "./fixtures";

/** A question about a held-out scene. */
export interface DemoQuestion {
  readonly image: string;
  readonly question: string;
  readonly answer: string;
}

/** Values of all pictures and questions in order, one after the other. */
export interface DemoRun {
  readonly answers: readonly string[];
  /** Of each different picture. */
  readonly imageFeatures: Float32Array;
  /** Behind each prompt. */
  readonly logits: Float32Array;
}

/** Every question of test/fixtures/demo. */
export async function demoQuestions(): Promise<readonly DemoQuestion[]> {
  const text = await readFile(fixturePath("demo", "questions.json"), "utf8");
  return JSON.parse(text) as readonly DemoQuestion[];
}

/** Answers questions with a model folder on the CPU, the demo's or that of another generation model. */
export async function runDemo(
  folder: string,
  questions: readonly DemoQuestion[],
): Promise<DemoRun> {
  const parts = await loadModelParts({
    folder,
    device: "cpu",
    factory: createOrtSessionFactory(),
    logger: silentLogger,
    featureCacheOf: () => new FeatureCache(),
  });
  try {
    const answers: string[] = [];
    const imageFeatures: Float32Array[] = [];
    const logits: Float32Array[] = [];
    const tokenizer = await loadTokenizer(folder);
    for (const name of new Set(questions.map(({ image }) => image))) {
      const image = await readFile(path.resolve(fixturePath("demo"), name));
      const { features, projected } = await encode(parts, { image, name });
      imageFeatures.push(features);
      for (const { question } of questions.filter((asked) => asked.image === name)) {
        const prompt = { kind: "question", question } as const;
        const { text } = buildPrompt({
          prompt,
          family: "opt",
          count: () => 0,
          maxTokens: Infinity,
        });
        const promptIds = tokenizer.encode(text);
        logits.push(await firstLogits(parts, { name, projected, promptIds }));
        answers.push(await answer(parts, { image, question }));
      }
    }
    return { answers, imageFeatures: joined(imageFeatures), logits: joined(logits) };
  } finally {
    await releaseParts(parts);
  }
}

/** How often the answers are right, by the order in which `runDemo` asks. */
export function accuracy(answers: readonly string[], questions: readonly DemoQuestion[]): number {
  const asked = [...new Set(questions.map(({ image }) => image))].flatMap((name) =>
    questions.filter(({ image }) => image === name),
  );
  return share(answers.map((text, i) => text === asked[i]!.answer));
}

/** How often two runs say the same. */
export function agreement(ours: readonly string[], theirs: readonly string[]): number {
  return share(ours.map((text, i) => text === theirs[i]));
}

/** ‖ours − theirs‖ / ‖theirs‖. */
export function relativeError(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Infinity;
  let difference = 0;
  let total = 0;
  theirs.forEach((value, i) => {
    difference += (ours[i]! - value) ** 2;
    total += value * value;
  });
  return Math.sqrt(difference / total);
}

const share = (hits: readonly boolean[]): number => hits.filter(Boolean).length / hits.length;

async function encode(
  { model, sessions }: ModelParts,
  picture: { readonly image: Uint8Array; readonly name: string },
): Promise<{ features: Float32Array; projected: Float32Array }> {
  const { name } = picture;
  const options = { config: model.preprocessor, name, alpha: "white" } as const;
  const pixels = await preprocessImage(picture.image, options);
  const { imageFeatures } = await encodeImage(sessions, pixels);
  const { queries } = await readImage(sessions, imageFeatures);
  return {
    features: floats(imageFeatures),
    projected: floats(queries[IO.languageModelInputs]),
  };
}

async function firstLogits(
  { languageModel }: ModelParts,
  at: { readonly name: string; projected: Float32Array; promptIds: readonly number[] },
): Promise<Float32Array> {
  const decoding = await languageModel!.start({
    imageKey: `logits of ${at.name}`,
    languageModelInputs: at.projected,
    promptIds: at.promptIds,
  });
  try {
    return decoding.firstLogits.slice();
  } finally {
    decoding.finish();
  }
}

async function answer(
  { generator }: ModelParts,
  at: { readonly image: Uint8Array; readonly question: string },
): Promise<string> {
  const prompt = { kind: "question", question: at.question } as const;
  const options = { maxNewTokens: 12 };
  const { sequences } = await generator!.generate({ image: at.image, prompt, options }, {});
  return sequences[0]?.text ?? "";
}

function joined(lists: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) {
    out.set(list, end);
    end += list.length;
  }
  return out;
}
