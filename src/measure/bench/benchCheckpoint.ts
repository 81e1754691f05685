/**
 * Checkpoints of the published sizes with generated weights: speed and memory do not depend on the
 * values, and the list of tensors is what the converter asks for.
 */

import {
  copyFile,
  mkdir,
  open,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import path from "node:path";
import type { ByteProgress } from "../../base/bytes";
import { throwIfAborted } from "../../base/errors";
import { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import { planModel } from "../../convert/plan/modelPlan";
import type { TensorInfo } from "../../convert/checkpoint/tensorInfo";
import { TensorReader } from "../../convert/checkpoint/tensorReader";
import { WeightMap } from "../../convert/checkpoint/weightMap";
import { CLIP_MEAN, CLIP_STD } from "../../model/config/preprocessorConfig";
import { parseModelConfig } from "../../model/config/modelConfig";
import type { BenchModel } from "./benchModels";

/** A tensor's name and its axes, outermost first. */
export interface BenchTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface BenchCheckpointOptions {
  readonly config: Readonly<Record<string, unknown>>;
  readonly folder: string;
  /** Folder of a checkpoint whose tokenizer is taken; the speed does not depend on its words. */
  readonly tokenizerFrom: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ByteProgress) => void;
}

/** config.json of a published checkpoint (Salesforce/blip2-opt-2.7b and others), as far as sizes go. */
export function benchConfig(model: BenchModel): Readonly<Record<string, unknown>> {
  switch (model) {
    case "opt-2.7b":
    case "flan-t5-xl":
      return blip2Config(model);
    case "blip-caption-base":
    case "blip-caption-large":
      return blipConfig("BlipForConditionalGeneration", model.endsWith("large"));
    case "blip-vqa-base":
      return blipConfig("BlipForQuestionAnswering", false);
  }
}

/** Of BLIP (arXiv 2201.12086): a ViT-B or, for captions, ViT-L at 384 pixels, and BERT of one size. */
function blipConfig(architecture: string, isLarge: boolean): Readonly<Record<string, unknown>> {
  const width = isLarge ? 1024 : 768;
  // prettier-ignore
  const vision = {
    hidden_size: width, intermediate_size: 4 * width, num_hidden_layers: isLarge ? 24 : 12,
    num_attention_heads: isLarge ? 16 : 12, image_size: 384, patch_size: 16,
    hidden_act: "gelu", layer_norm_eps: 1e-5, model_type: "blip_vision_model",
  };
  // prettier-ignore
  const text = {
    hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12,
    encoder_hidden_size: width, vocab_size: 30524, max_position_embeddings: 512,
    hidden_act: "gelu", layer_norm_eps: 1e-12, is_decoder: true, model_type: "blip_text_model",
    bos_token_id: 30522, eos_token_id: 2, sep_token_id: 102, pad_token_id: 0,
  };
  return {
    architectures: [architecture],
    model_type: "blip",
    image_text_hidden_size: 256,
    projection_dim: 512,
    vision_config: vision,
    text_config: text,
  };
}

/** config.json of Salesforce/blip2-itm-vit-g with the word [DEC], before which LAVIS begins captions. */
export function comparingConfig(): Readonly<Record<string, unknown>> {
  const { qformer_config, vision_config } = blip2Config("opt-2.7b");
  return {
    architectures: ["Blip2ForImageTextRetrieval"],
    model_type: "blip-2",
    num_query_tokens: 32,
    image_text_hidden_size: 256,
    vision_config,
    qformer_config: {
      ...(qformer_config as object),
      vocab_size: 30523,
      use_qformer_text_input: true,
    },
  };
}

function blip2Config(model: "opt-2.7b" | "flan-t5-xl"): Readonly<Record<string, unknown>> {
  // prettier-ignore
  const vision = {
    hidden_size: 1408, intermediate_size: 6144, num_hidden_layers: 39,
    num_attention_heads: 16, image_size: IMAGE_SIZE, patch_size: 14,
    hidden_act: "gelu", layer_norm_eps: 1e-6, qkv_bias: true,
    model_type: "blip_2_vision_model",
  };
  // prettier-ignore
  const qformer = {
    hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12,
    num_attention_heads: 12, encoder_hidden_size: 1408, cross_attention_frequency: 2,
    vocab_size: 30522, max_position_embeddings: 512, hidden_act: "gelu",
    layer_norm_eps: 1e-12, use_qformer_text_input: false,
    model_type: "blip_2_qformer",
  };
  return {
    architectures: ["Blip2ForConditionalGeneration"],
    model_type: "blip-2",
    num_query_tokens: 32,
    vision_config: vision,
    qformer_config: qformer,
    ...(model === "opt-2.7b"
      ? { image_token_index: 50265, use_decoder_only_language_model: true, text_config: OPT }
      : { image_token_index: 32100, use_decoder_only_language_model: false, text_config: FLAN_T5 }),
  };
}

/**
 * The tensors that a checkpoint of this configuration has, in the order of the graphs.
 * @throws AppError `checkpoint.unsupported` or `checkpoint.corrupt` for a configuration.
 */
export function benchTensors(config: Readonly<Record<string, unknown>>): readonly BenchTensor[] {
  const parsed = parseModelConfig(JSON.stringify(config), "config.json");
  const hasHead = parsed.kind === "generation" && parsed.text.kind === "t5";
  const wishes = new WishedWeights(hasHead);
  planModel(parsed, new CheckpointWeights(wishes, new TensorReader()), () => ({ kind: "f32" }));
  return [...wishes.shapes].map(([name, shape]) => ({ name, shape }));
}

/**
 * Writes a checkpoint in float32, as the published ones are stored. A file that is already there is
 * kept, so that a run that was cut goes on where it ended.
 * @returns bytes of all tensors.
 * @throws AppError `request.cancelled`; Error of the file system, such as a full disk.
 */
export async function writeBenchCheckpoint(options: BenchCheckpointOptions): Promise<number> {
  const { folder, tokenizerFrom, config, onProgress, signal } = options;
  await mkdir(folder, { recursive: true });
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    await copyFile(path.join(tokenizerFrom, name), path.join(folder, name));
  }
  await writeJson(path.join(folder, "config.json"), config);
  await writeJson(path.join(folder, "preprocessor_config.json"), preprocessor(imageSizeOf(config)));
  const tensors = benchTensors(config);
  const totalBytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const weightMap: Record<string, string> = {};
  const shards = shardsOf(tensors);
  const values = new Values();
  let doneBytes = 0;
  for (const [index, shard] of shards.entries()) {
    const name = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    for (const tensor of shard) weightMap[tensor.name] = name;
    const file = path.join(folder, name);
    if (!(await exists(file))) {
      await writeShard(file, shard, (tensor) => {
        throwIfAborted(signal);
        doneBytes += bytesOf(tensor);
        onProgress({ doneBytes, totalBytes });
        return values.of(tensor);
      });
    } else doneBytes += shard.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  }
  // The index comes last: without it the folder is no checkpoint.
  const index = { metadata: { total_size: totalBytes }, weight_map: weightMap };
  await writeJson(path.join(folder, "model.safetensors.index.json"), index);
  return totalBytes;
}

const IMAGE_SIZE = 224;

// prettier-ignore
const OPT = {
  hidden_size: 2560, ffn_dim: 10240, num_hidden_layers: 32, num_attention_heads: 32,
  vocab_size: 50304, max_position_embeddings: 2048, word_embed_proj_dim: 2560,
  model_type: "opt", activation_function: "relu", do_layer_norm_before: true,
  bos_token_id: 2, eos_token_id: 50118, pad_token_id: 1, tie_word_embeddings: true,
};

// prettier-ignore
const FLAN_T5 = {
  d_model: 2048, d_ff: 5120, d_kv: 64, num_heads: 32, num_layers: 24,
  num_decoder_layers: 24, vocab_size: 32128, feed_forward_proj: "gated-gelu",
  model_type: "t5", dense_act_fn: "gelu", is_gated_act: true, tie_word_embeddings: false,
  relative_attention_num_buckets: 32, relative_attention_max_distance: 128,
  bos_token_id: 1, eos_token_id: 1, pad_token_id: 0, decoder_start_token_id: 0,
};

/** Takes down what the graphs ask for and has nothing. */
class WishedWeights extends WeightMap {
  readonly shapes = new Map<string, readonly number[]>();
  readonly #hasHead: boolean;

  constructor(hasHead: boolean) {
    super({ folder: "", tensors: new Map() });
    this.#hasHead = hasHead;
  }

  override has(name: string): boolean {
    // Of BLIP's head transformers stores one of two names.
    if (name === "text_decoder.cls.predictions.bias") return true;
    return this.#hasHead && name === "language_model.lm_head.weight";
  }

  override take(name: string, shape: readonly number[]): TensorInfo {
    this.shapes.set(name, shape);
    return { name, shape, dtype: "F32", begin: 0, end: 0, file: "" };
  }
}

const FLOAT_BYTES = 4;
/** Small enough that little is written again after a cut. */
const SHARD_BYTES = 2 ** 31;

const bytesOf = ({ shape }: BenchTensor): number =>
  shape.reduce((product, dim) => product * dim, FLOAT_BYTES);
const number = (n: number): string => String(n).padStart(5, "0");

function shardsOf(tensors: readonly BenchTensor[]): readonly (readonly BenchTensor[])[] {
  const shards: BenchTensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    if (room < bytesOf(tensor)) {
      shards.push([]);
      room = SHARD_BYTES;
    }
    shards.at(-1)?.push(tensor);
    room -= bytesOf(tensor);
  }
  return shards;
}

/** Values of one distribution that repeat; prime, so that no two rows are the same. */
const N_VALUES = 1_048_573;
/** Values between the beginnings of two tensors: the runtime finds equal tensors and loads them once. */
const STRIDE = 7919;

/** Pseudo-random values of sensible scale for each tensor. */
class Values {
  readonly #unit = new Float32Array(N_VALUES);
  readonly #scaled = new Map<number, Float32Array>();
  #start = 0;

  constructor() {
    let state = 0x9e3779b9;
    for (let i = 0; i < N_VALUES; i++) {
      // xorshift32 (Marsaglia 2003): fast, and the same everywhere.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      this.#unit[i] = (state | 0) / 2 ** 31;
    }
  }

  /** Values to repeat until the tensor is full. */
  of({ name, shape }: BenchTensor): Float32Array {
    this.#start = (this.#start + STRIDE) % N_VALUES;
    if (/norm\d?\.weight$/i.test(name)) return Float32Array.of(1);
    // Keeps the size of what goes through a layer about the same.
    const fanIn = shape.slice(1).reduce((product, dim) => product * dim, 1);
    const scale = fanIn === 1 ? SMALL : Math.sqrt(1 / fanIn);
    const scaled = this.#scaled.get(scale) ?? this.#unit.map((value) => value * scale);
    this.#scaled.set(scale, scaled);
    const rotated = new Float32Array(N_VALUES);
    rotated.set(scaled.subarray(this.#start));
    rotated.set(scaled.subarray(0, this.#start), N_VALUES - this.#start);
    return rotated;
  }
}

/** Of biases. */
const SMALL = 0.01;

async function writeShard(
  file: string,
  tensors: readonly BenchTensor[],
  patternOf: (tensor: BenchTensor) => Float32Array,
): Promise<void> {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const tensor of tensors) {
    const begin = end;
    end += bytesOf(tensor);
    header[tensor.name] = { dtype: "F32", shape: tensor.shape, data_offsets: [begin, end] };
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const partial = `${file}.partial`;
  const handle = await open(partial, "w");
  try {
    await handle.writeFile(Buffer.concat([length, json]));
    for (const tensor of tensors) await repeat(handle, patternOf(tensor), bytesOf(tensor));
  } catch (thrown) {
    await rm(partial, { force: true });
    throw thrown;
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

/** Fewer calls for patterns of one value. */
const MIN_WRITE_BYTES = 1 << 16;

async function repeat(handle: FileHandle, values: Float32Array, bytes: number): Promise<void> {
  const pattern = new Uint8Array(values.buffer);
  const times = Math.ceil(Math.min(bytes, MIN_WRITE_BYTES) / pattern.length);
  const block = times > 1 ? Buffer.concat(Array.from({ length: times }, () => pattern)) : pattern;
  for (let left = bytes; left > 0; left -= block.length) {
    await handle.writeFile(block.subarray(0, Math.min(left, block.length)));
  }
}

function imageSizeOf(config: Readonly<Record<string, unknown>>): number {
  return parseModelConfig(JSON.stringify(config), "config.json").vision.imageSize;
}

/** preprocessor_config.json of the published checkpoints. */
function preprocessor(side: number): Readonly<Record<string, unknown>> {
  // prettier-ignore
  return {
    do_convert_rgb: true, do_normalize: true, do_rescale: true, do_resize: true,
    resample: 3, rescale_factor: 1 / 255, image_processor_type: "BlipImageProcessor",
    image_mean: CLIP_MEAN, image_std: CLIP_STD,
    size: { height: side, width: side },
  };
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
