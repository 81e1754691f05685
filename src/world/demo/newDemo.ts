/** Checkpoints of the demo models before their first step: configuration, tokenizer, random weights. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { RandomStream } from "../../engine/decode/sampling";
import { CLIP_MEAN, CLIP_STD } from "../../model/config/preprocessorConfig";
import { type ModelConfig, parseModelConfig } from "../../model/config/modelConfig";
import { stage1Graph } from "../../train/graphs/stage1Graph";
import { stage2Graph } from "../../train/graphs/stage2Graph";
import { pupilGraph } from "../../train/graphs/pupilGraph";
import { newWeights, shapesOf } from "../../train/newWeights";
import { writeSafetensors, type StoredTensor } from "../../train/output/safetensorsFile";
import { HEADS_FILE, isHead, Parameters } from "../../train/parameters";
import { writeModel } from "../../train/run/trainingState";
import { captionOf, pairedText, questionAbout } from "../texts/texts";
import { byteTokenizer, IMAGE_TOKEN, LINE_END_ID } from "../vocabulary/byteTokenizer";
import { wordPieceTokenizer } from "../vocabulary/wordPieceTokenizer";
import {
  BYTE_VOCAB_SIZE,
  GENERATION_CONFIG,
  RETRIEVAL_CONFIG,
  SIDE,
  SPOKEN_LENGTH,
  TEXT_LENGTH,
  VOCAB_SIZE,
} from "./demoShapes";
import type { EmojiWorld } from "../emojiWorld";

/** Scenes whose captions the vocabulary is learnt from, besides every name and keyword. */
const N_CAPTIONS = 4000;

type Words = Pick<EmojiWorld, "meanings" | "scene" | "elsewhere">;

/** Writes a new retrieval model into a folder. */
export async function newRetrievalDemo(
  folder: string,
  world: Omit<Words, "elsewhere">,
  seed: number,
): Promise<void> {
  const tokenizer = wordPieceTokenizer(textsOf(world, seed), {
    vocabSize: VOCAB_SIZE,
    imageToken: IMAGE_TOKEN,
  });
  const config = {
    ...RETRIEVAL_CONFIG,
    image_token_index: VOCAB_SIZE,
    sightline_world: "emoji",
    qformer_config: { ...RETRIEVAL_CONFIG.qformer_config, vocab_size: VOCAB_SIZE },
  };
  await writeCheckpoint(folder, {
    config,
    tokenizer,
    tokenizerConfig: {
      ...{ bos_token: "[DEC]", cls_token: "[CLS]", mask_token: "[MASK]" },
      ...{ pad_token: "[PAD]", sep_token: "[SEP]", unk_token: "[UNK]" },
    },
    weights: newRetrievalWeights(parsedConfig(config), seed),
  });
}

/**
 * Writes a model that goes on from a checkpoint, such as the bundled one: what that lacks, the teacher and the heads
 * that no published model has, is new.
 */
export async function continuedRetrievalDemo(
  folder: string,
  from: string,
  seed: number,
): Promise<void> {
  const parameters = await Parameters.open(from);
  for (const [name, tensor] of newRetrievalWeights(parameters.checkpoint.config, seed)) {
    if (!parameters.has(name)) parameters.add(name, tensor);
  }
  await mkdir(folder, { recursive: true });
  await writeModel(folder, parameters);
}

function newRetrievalWeights(config: ModelConfig, seed: number): Map<string, StoredTensor> {
  const shapes = shapesOf((weights) => {
    if (config.family !== "blip-2" || config.kind !== "retrieval") return;
    const spec = { config, weights, batch: 2, textLength: TEXT_LENGTH };
    stage1Graph({ ...spec, fromPixels: true });
    pupilGraph(spec);
  });
  return newWeights(new Map([...shapes, ["temp", []]]), RandomStream.seeded(seed, 1));
}

/**
 * Writes a new model that answers into a folder.
 * @param from The retrieval model, whose image encoder and Q-Former it begins with.
 */
export async function newGenerationDemo(
  folder: string,
  {
    world,
    from,
    seed,
  }: { readonly world: Words; readonly from: Parameters; readonly seed: number },
): Promise<void> {
  const tokenizer = byteTokenizer(spokenTexts(world, seed), BYTE_VOCAB_SIZE);
  const config = {
    ...GENERATION_CONFIG,
    image_token_index: BYTE_VOCAB_SIZE,
    sightline_world: "emoji",
    text_config: { ...GENERATION_CONFIG.text_config, eos_token_id: LINE_END_ID },
  };
  const shapes = shapesOf((weights) => {
    const parsed = parsedConfig(config);
    if (parsed.family !== "blip-2" || parsed.kind !== "generation") return;
    stage2Graph({
      ...{ config: parsed, weights, pictures: 2, textLength: SPOKEN_LENGTH, fromPixels: true },
    });
  });
  const weights = newWeights(shapes, RandomStream.seeded(seed, 1));
  await from.load(from.names());
  for (const name of from.names()) weights.get(name)?.values.set(from.values(name));
  await writeCheckpoint(folder, {
    ...{ config, tokenizer, weights },
    tokenizerConfig: {
      ...{ bos_token: "</s>", eos_token: "</s>", pad_token: "<pad>", unk_token: "</s>" },
    },
  });
}

interface NewCheckpoint {
  readonly config: object;
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
  readonly weights: ReadonlyMap<string, StoredTensor>;
}

async function writeCheckpoint(
  folder: string,
  { config, tokenizer, tokenizerConfig, weights }: NewCheckpoint,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const put = (name: string, value: object): Promise<void> =>
    writeFile(path.join(folder, name), `${JSON.stringify(value, undefined, 2)}\n`);
  await put("config.json", config);
  await put("tokenizer.json", tokenizer);
  await put("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    processor_class: "Blip2Processor",
    model_max_length: 512,
    ...tokenizerConfig,
  });
  await put("preprocessor_config.json", preprocessor());
  const isModel = ([name]: readonly [string, unknown]): boolean => !isHead(name);
  await writeSafetensors(
    path.join(folder, "model.safetensors"),
    new Map([...weights].filter(isModel)),
  );
  const heads = [...weights].filter((entry) => !isModel(entry));
  if (heads.length > 0) await writeSafetensors(path.join(folder, HEADS_FILE), new Map(heads));
}

function parsedConfig(config: object): ModelConfig {
  return parseModelConfig(JSON.stringify(config), "config.json");
}

function preprocessor(): object {
  return {
    do_convert_rgb: true,
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    resample: 3,
    rescale_factor: 1 / 255,
    image_mean: CLIP_MEAN,
    image_std: CLIP_STD,
    image_processor_type: "BlipImageProcessor",
    processor_class: "Blip2Processor",
    size: { height: SIDE, width: SIDE },
  };
}

function* textsOf(world: Omit<Words, "elsewhere">, seed: number): Iterable<string> {
  for (const { label, keywords } of world.meanings.values()) {
    for (let i = 0; i < 3; i++) yield label;
    yield* keywords;
  }
  const random = RandomStream.seeded(seed, 2);
  for (let i = 0; i < N_CAPTIONS; i++) {
    const scene = world.scene(random);
    yield captionOf(scene);
    yield pairedText(scene, random);
  }
}

/** What is asked and said, with the words around it. */
function* spokenTexts(world: Words, seed: number): Iterable<string> {
  for (const { label } of world.meanings.values()) yield ` ${label} ${label}`;
  const random = RandomStream.seeded(seed, 3);
  for (let i = 0; i < N_CAPTIONS; i++) {
    const scene = world.scene(random);
    yield ` ${captionOf(scene)}\n`;
    const { text, answer } = questionAbout(scene, random, world.elsewhere);
    yield `Question: ${text} Answer: ${answer}\n`;
  }
}
