/**
 * Writes checkpoints in the Hugging Face layout: any class, size, storage type and number of shards.
 * The list of tensors is that of transformers' classes and shares nothing with the converter's.
 */

import { cp, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { float32ToFloat16 } from "../../src/convert/checkpoint/dtype";
import { addBlipText } from "./blipShapes";
import { fixturePath } from "./fixtures";
import { SeededRandom } from "./random";
import { stateDict } from "./torchFile";

/** Storage types that can be written; I64 only to be refused. */
export type TinyDtype = "F32" | "F16" | "BF16" | "I64";

/** One tensor of a checkpoint to be written. */
export interface TinyTensor {
  shape: number[];
  dtype: TinyDtype;
}

/** What `writeTinyCheckpoint` writes. */
export interface TinyCheckpointOptions {
  /** The reference kit whose configuration and tokenizer are the starting point. */
  readonly kit:
    | "opt"
    | "t5"
    | "itm"
    | "instructblip-t5"
    | "instructblip-llama"
    | "blip-caption"
    | "blip-vqa"
    | "blip-itm";
  /** Replaces keys of config.json, section by section. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** @default "F32" */
  readonly dtype?: TinyDtype;
  /** @default 1, in a single file */
  readonly nShards?: number;
  /** As torch.save writes a state dict, with half of the matrices as transposed views. @default "safetensors" */
  readonly format?: "safetensors" | "torch";
  /** Whether language_model.lm_head.weight has a copy of its own. @default false for OPT, true for T5 and LLaMA */
  readonly hasHead?: boolean;
  /** Changes the list of tensors before they are written. */
  readonly edit?: (tensors: Map<string, TinyTensor>) => void;
  /** Leave the values out: the file has holes that read as zeros and take no disk. @default false */
  readonly isSparse?: boolean;
}

/** Writes the checkpoint into a new folder and gives the tensors it wrote. */
export async function writeTinyCheckpoint(
  folder: string,
  options: TinyCheckpointOptions,
): Promise<ReadonlyMap<string, TinyTensor>> {
  await cp(fixturePath("kits", options.kit, "checkpoint"), folder, { recursive: true });
  await rm(path.join(folder, "model.safetensors"));
  const file = path.join(folder, "config.json");
  const config = merged(JSON.parse(await readFile(file, "utf8")) as Json, options.config ?? {});
  await writeFile(file, JSON.stringify(config));
  const tensors = new Map<string, TinyTensor>();
  const hasHead = options.hasHead ?? options.kit !== "opt";
  for (const [name, shape] of checkpointShapes(config, hasHead)) {
    tensors.set(name, { shape: [...shape], dtype: options.dtype ?? "F32" });
  }
  options.edit?.(tensors);
  await writeShards(folder, tensors, options);
  return tensors;
}

/** The names and shapes that transformers' class stores for a config.json. */
export function checkpointShapes(
  config: Readonly<Record<string, unknown>>,
  hasHead: boolean,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const isRetrieval = String(config["architectures"]) === "Blip2ForImageTextRetrieval";
  addVision(shapes, config["vision_config"] as Sizes);
  if (config["model_type"] === "blip") {
    addBlipText(shapes, config);
    return shapes;
  }
  const q = config["qformer_config"] as Sizes;
  shapes.set("query_tokens", [1, config["num_query_tokens"] as number, q["hidden_size"]!]);
  const isInstructed = config["model_type"] === "instructblip";
  const norm = isInstructed ? "qformer.embeddings.layernorm" : "qformer.layernorm";
  addNorm(shapes, norm, q["hidden_size"]!);
  addQformer(shapes, q, isInstructed || isRetrieval ? ["", "_query"] : ["_query"]);
  if (isInstructed || isRetrieval) addWords(shapes, isInstructed ? "qformer." : "", q);
  if (isRetrieval) {
    const size = config["image_text_hidden_size"] as number;
    addLinear(shapes, "vision_projection", [size, q["hidden_size"]!]);
    addLinear(shapes, "text_projection", [size, q["hidden_size"]!]);
    addLinear(shapes, "itm_head", [2, q["hidden_size"]!]);
    return shapes;
  }
  const text = config["text_config"] as Sizes;
  const kind = String(text["model_type"]);
  const width = kind === "t5" ? text["d_model"]! : text["hidden_size"]!;
  addLinear(shapes, "language_projection", [width, q["hidden_size"]!]);
  if (kind === "t5") addT5(shapes, text);
  else if (kind === "llama") addLlama(shapes, text);
  else addOpt(shapes, text);
  if (hasHead) shapes.set("language_model.lm_head.weight", [text["vocab_size"]!, width]);
  return shapes;
}

/**
 * The values of a tensor, the same wherever and however it is stored: multiples of 1/512 below a
 * quarter, which F16 and BF16 hold exactly.
 */
export function tinyValues(name: string, tensor: TinyTensor): Float32Array {
  let seed = 7;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed, 31) + name.charCodeAt(i);
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: count(tensor) }, () => (random.int(255) - 127) / 512);
}

type Json = Record<string, unknown>;
type Sizes = Readonly<Record<string, number>>;
type Shapes = Map<string, readonly number[]>;

const ITEM_BYTES: Readonly<Record<TinyDtype, number>> = { F32: 4, F16: 2, BF16: 2, I64: 8 };
const count = ({ shape }: TinyTensor): number => shape.reduce((product, dim) => product * dim, 1);
const nBytes = (tensor: TinyTensor): number => count(tensor) * ITEM_BYTES[tensor.dtype];

function merged(base: Json, patch: Json): Json {
  const out: Json = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
    out[key] = isSection ? { ...(base[key] as Json), ...value } : value;
  }
  return out;
}

function addLinear(shapes: Shapes, name: string, weight: readonly number[]): void {
  shapes.set(`${name}.weight`, weight);
  shapes.set(`${name}.bias`, [weight[0]!]);
}

const addNorm = (shapes: Shapes, name: string, width: number): void => {
  addLinear(shapes, name, [width]);
};

function addVision(shapes: Shapes, config: Sizes): void {
  const { hidden_size: width = 0, intermediate_size: inner = 0, patch_size: patch = 1 } = config;
  const nTokens = Math.floor(config["image_size"]! / patch) ** 2 + 1;
  const embeddings = "vision_model.embeddings";
  shapes.set(`${embeddings}.class_embedding`, [1, 1, width]);
  shapes.set(`${embeddings}.position_embedding`, [1, nTokens, width]);
  addLinear(shapes, `${embeddings}.patch_embedding`, [width, 3, patch, patch]);
  for (let i = 0; i < config["num_hidden_layers"]!; i++) {
    const layer = `vision_model.encoder.layers.${i}`;
    addNorm(shapes, `${layer}.layer_norm1`, width);
    addNorm(shapes, `${layer}.layer_norm2`, width);
    addLinear(shapes, `${layer}.self_attn.qkv`, [3 * width, width]);
    addLinear(shapes, `${layer}.self_attn.projection`, [width, width]);
    addLinear(shapes, `${layer}.mlp.fc1`, [inner, width]);
    addLinear(shapes, `${layer}.mlp.fc2`, [width, inner]);
  }
  addNorm(shapes, "vision_model.post_layernorm", width);
}

/** The Q-Former's tables of words and positions. */
function addWords(shapes: Shapes, prefix: string, config: Sizes): void {
  const { hidden_size: width = 0, vocab_size: nWords = 0 } = config;
  const nPositions = config["max_position_embeddings"]!;
  shapes.set(`${prefix}embeddings.word_embeddings.weight`, [nWords, width]);
  shapes.set(`${prefix}embeddings.position_embeddings.weight`, [nPositions, width]);
}

function addQformer(shapes: Shapes, config: Sizes, streams: readonly string[]): void {
  const { hidden_size: width = 0, intermediate_size: inner = 0 } = config;
  for (let i = 0; i < config["num_hidden_layers"]!; i++) {
    const layer = `qformer.encoder.layer.${i}`;
    const hasCross = i % config["cross_attention_frequency"]! === 0;
    for (const kind of hasCross ? ["attention", "crossattention"] : ["attention"]) {
      const source = kind === "attention" ? width : config["encoder_hidden_size"]!;
      addLinear(shapes, `${layer}.${kind}.attention.query`, [width, width]);
      addLinear(shapes, `${layer}.${kind}.attention.key`, [width, source]);
      addLinear(shapes, `${layer}.${kind}.attention.value`, [width, source]);
      addLinear(shapes, `${layer}.${kind}.output.dense`, [width, width]);
      addNorm(shapes, `${layer}.${kind}.output.LayerNorm`, width);
    }
    for (const stream of streams) {
      addLinear(shapes, `${layer}.intermediate${stream}.dense`, [inner, width]);
      addLinear(shapes, `${layer}.output${stream}.dense`, [width, inner]);
      addNorm(shapes, `${layer}.output${stream}.LayerNorm`, width);
    }
  }
}

function addOpt(shapes: Shapes, config: Sizes): void {
  const { hidden_size: width = 0, ffn_dim: inner = 0 } = config;
  const decoder = "language_model.model.decoder";
  shapes.set(`${decoder}.embed_tokens.weight`, [config["vocab_size"]!, width]);
  shapes.set(`${decoder}.embed_positions.weight`, [config["max_position_embeddings"]! + 2, width]);
  addNorm(shapes, `${decoder}.final_layer_norm`, width);
  for (let i = 0; i < config["num_hidden_layers"]!; i++) {
    const layer = `${decoder}.layers.${i}`;
    for (const part of ["k_proj", "v_proj", "q_proj", "out_proj"]) {
      addLinear(shapes, `${layer}.self_attn.${part}`, [width, width]);
    }
    addNorm(shapes, `${layer}.self_attn_layer_norm`, width);
    addLinear(shapes, `${layer}.fc1`, [inner, width]);
    addLinear(shapes, `${layer}.fc2`, [width, inner]);
    addNorm(shapes, `${layer}.final_layer_norm`, width);
  }
}

function addLlama(shapes: Shapes, config: Sizes): void {
  const { hidden_size: width = 0, intermediate_size: inner = 0 } = config;
  const model = "language_model.model";
  shapes.set(`${model}.embed_tokens.weight`, [config["vocab_size"]!, width]);
  shapes.set(`${model}.norm.weight`, [width]);
  for (let i = 0; i < config["num_hidden_layers"]!; i++) {
    const layer = `${model}.layers.${i}`;
    for (const part of ["q_proj", "k_proj", "v_proj", "o_proj"]) {
      shapes.set(`${layer}.self_attn.${part}.weight`, [width, width]);
    }
    for (const part of ["gate_proj", "up_proj"]) {
      shapes.set(`${layer}.mlp.${part}.weight`, [inner, width]);
    }
    shapes.set(`${layer}.mlp.down_proj.weight`, [width, inner]);
    for (const norm of ["input_layernorm", "post_attention_layernorm"]) {
      shapes.set(`${layer}.${norm}.weight`, [width]);
    }
  }
}

function addT5(shapes: Shapes, config: Sizes): void {
  const { d_model: width = 0, num_heads: nHeads = 0, d_ff: inner = 0 } = config;
  const heads = nHeads * config["d_kv"]!;
  const isGated = String(config["feed_forward_proj"]).startsWith("gated-");
  shapes.set("language_model.shared.weight", [config["vocab_size"]!, width]);
  for (const stack of ["encoder", "decoder"]) {
    const nLayers = config[stack === "encoder" ? "num_layers" : "num_decoder_layers"]!;
    const attentions = stack === "encoder" ? ["Self"] : ["Self", "EncDec"];
    const table = `language_model.${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`;
    shapes.set(`${table}.weight`, [config["relative_attention_num_buckets"]!, nHeads]);
    for (let i = 0; i < nLayers; i++) {
      const block = `language_model.${stack}.block.${i}.layer`;
      attentions.forEach((kind, at) => {
        for (const part of ["q", "k", "v"]) {
          shapes.set(`${block}.${at}.${kind}Attention.${part}.weight`, [heads, width]);
        }
        shapes.set(`${block}.${at}.${kind}Attention.o.weight`, [width, heads]);
        shapes.set(`${block}.${at}.layer_norm.weight`, [width]);
      });
      const last = `${block}.${attentions.length}`;
      for (const part of isGated ? ["wi_0", "wi_1"] : ["wi"]) {
        shapes.set(`${last}.DenseReluDense.${part}.weight`, [inner, width]);
      }
      shapes.set(`${last}.DenseReluDense.wo.weight`, [width, inner]);
      shapes.set(`${last}.layer_norm.weight`, [width]);
    }
    shapes.set(`language_model.${stack}.final_layer_norm.weight`, [width]);
  }
}

/** One model.safetensors, or numbered parts of about the same number of tensors and their index. */
async function writeShards(
  folder: string,
  tensors: ReadonlyMap<string, TinyTensor>,
  options: TinyCheckpointOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { nShards = 1, isSparse = false, format = "safetensors" } = options;
  const all = [...tensors];
  const [single, stem, ending] =
    format === "torch"
      ? ["pytorch_model.bin", "pytorch_model", "bin"]
      : ["model.safetensors", "model", "safetensors"];
  const write = async (name: string, part: typeof all): Promise<void> => {
    const file = path.join(folder, name);
    if (format === "torch") await writeFile(file, torchWeights(part));
    else await writeWeights(file, part, isSparse ? "holes" : "values");
  };
  if (nShards === 1) {
    await write(single, all);
    return;
  }
  const weightMap: Record<string, string> = {};
  for (let i = 0; i < nShards; i++) {
    const number = (n: number): string => String(n).padStart(5, "0");
    const name = `${stem}-${number(i + 1)}-of-${number(nShards)}.${ending}`;
    const from = Math.floor((i * all.length) / nShards);
    const part = all.slice(from, Math.floor(((i + 1) * all.length) / nShards));
    for (const [tensor] of part) weightMap[tensor] = name;
    await write(name, part);
  }
  const index = { metadata: {}, weight_map: weightMap };
  await writeFile(path.join(folder, `${single}.index.json`), JSON.stringify(index));
}

/** Every other matrix is a view of its transpose, as a script leaves it that turned it. */
function torchWeights(tensors: readonly (readonly [string, TinyTensor])[]): Buffer {
  return stateDict(
    tensors.map(([name, tensor], i) => {
      const { shape, dtype } = tensor;
      const [rows = 1, cols = 1] = shape;
      const content = Buffer.from(encode(name, tensor));
      if (shape.length !== 2 || i % 2 === 1) return { name, shape, dtype, content };
      const turned = transposed(content, { rows, cols, bytes: ITEM_BYTES[dtype] });
      return { name, shape, dtype, content: turned, strides: [1, rows] };
    }),
  );
}

function transposed(
  content: Buffer,
  { rows, cols, bytes }: { rows: number; cols: number; bytes: number },
): Buffer {
  const out = Buffer.alloc(content.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      content.copy(
        out,
        (col * rows + row) * bytes,
        (row * cols + col) * bytes,
        (row * cols + col + 1) * bytes,
      );
    }
  }
  return out;
}

async function writeWeights(
  file: string,
  tensors: readonly (readonly [string, TinyTensor])[],
  content: "values" | "holes",
): Promise<void> {
  const header: Json = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, tensor] of tensors) {
    const begin = end;
    end += nBytes(tensor);
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const unpadded = JSON.stringify(header);
  // The format's writers pad the header with spaces, so that the data is aligned.
  const text = Buffer.from(unpadded.padEnd(Math.ceil(unpadded.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(Buffer.concat([length, text]));
    if (content === "holes") await handle.truncate(length.length + text.length + end);
    else for (const [name, tensor] of tensors) await handle.writeFile(encode(name, tensor));
  } finally {
    await handle.close();
  }
}

function encode(name: string, tensor: TinyTensor): Uint8Array {
  const values = tinyValues(name, tensor);
  switch (tensor.dtype) {
    case "F32":
      return new Uint8Array(values.buffer);
    case "F16":
      return new Uint8Array(float32ToFloat16(values).buffer);
    case "BF16":
      return new Uint8Array(
        Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer,
      );
    case "I64":
      return new Uint8Array(new BigInt64Array(values.length).buffer);
  }
}
