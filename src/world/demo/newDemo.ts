/** A checkpoint of a demo model before its first step: configuration, tokenizer, random weights. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { RandomStream } from "../../engine/decode/sampling";
import { CLIP_MEAN, CLIP_STD } from "../../model/config/preprocessorConfig";
import { parseModelConfig } from "../../model/config/modelConfig";
import { stage1Graph } from "../../train/graphs/stage1Graph";
import { newWeights, shapesOf } from "../../train/newWeights";
import { writeSafetensors } from "../../train/output/safetensorsFile";
import { HEADS_FILE, isHead } from "../../train/parameters";
import { captionOf, pairedText } from "../texts/texts";
import { IMAGE_TOKEN } from "../vocabulary/byteTokenizer";
import { wordPieceTokenizer } from "../vocabulary/wordPieceTokenizer";
import { pupilGraph } from "../../train/graphs/teacherGraph";
import { RETRIEVAL_CONFIG, SIDE, TEXT_LENGTH, VOCAB_SIZE } from "./demoShapes";
import type { EmojiWorld } from "../emojiWorld";

/** Scenes whose captions the vocabulary is learnt from, besides every name and keyword. */
const N_CAPTIONS = 4000;

/** Writes a new retrieval model into a folder. */
export async function newRetrievalDemo(
  folder: string,
  world: Pick<EmojiWorld, "meanings" | "scene">,
  seed: number,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tokenizer = wordPieceTokenizer(textsOf(world, seed), {
    vocabSize: VOCAB_SIZE,
    imageToken: IMAGE_TOKEN,
  });
  const put = (name: string, value: object): Promise<void> =>
    writeFile(path.join(folder, name), `${JSON.stringify(value, undefined, 2)}\n`);
  const config = {
    ...RETRIEVAL_CONFIG,
    image_token_index: VOCAB_SIZE,
    sightline_world: "emoji",
    qformer_config: { ...RETRIEVAL_CONFIG.qformer_config, vocab_size: VOCAB_SIZE },
  };
  await put("config.json", config);
  await put("tokenizer.json", tokenizer);
  await put("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    processor_class: "Blip2Processor",
    model_max_length: 512,
    ...{ bos_token: "[DEC]", cls_token: "[CLS]", mask_token: "[MASK]" },
    ...{ pad_token: "[PAD]", sep_token: "[SEP]", unk_token: "[UNK]" },
  });
  await put("preprocessor_config.json", preprocessor());
  const weights = newWeights(shapes(config), RandomStream.seeded(seed, 1));
  const isModel = ([name]: readonly [string, unknown]): boolean => !isHead(name);
  await writeSafetensors(
    path.join(folder, "model.safetensors"),
    new Map([...weights].filter(isModel)),
  );
  const heads = [...weights].filter((entry) => !isModel(entry));
  await writeSafetensors(path.join(folder, HEADS_FILE), new Map(heads));
}

function shapes(config: object): ReadonlyMap<string, readonly number[]> {
  const parsed = parseModelConfig(JSON.stringify(config), "config.json");
  const found = shapesOf((weights) => {
    if (parsed.family !== "blip-2" || parsed.kind !== "retrieval") return;
    const spec = { config: parsed, weights, batch: 2, textLength: TEXT_LENGTH };
    stage1Graph({ ...spec, fromPixels: true });
    pupilGraph({ ...spec, givesDetails: true });
  });
  return new Map([...found, ["temp", []]]);
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

function* textsOf(world: Pick<EmojiWorld, "meanings" | "scene">, seed: number): Iterable<string> {
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
