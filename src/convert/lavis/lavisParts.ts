/**
 * Which file of a LAVIS release is what, by the names and shapes in it, and what the model that they make
 * looks like. No file says its heads; they follow from the widths that the published encoders have.
 */

import path from "node:path";

import { AppError } from "../../base/errors";
import type { TensorInfo, WeightHeader } from "../checkpoint/tensorInfo";
import { VISION_PREFIX } from "./lavisNames";

/** The tensors of one part by LAVIS's own names, and the file that they are in. */
export interface Part {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

export interface LavisParts {
  readonly vision: Part & { readonly kind: "eva" | "clip"; readonly isOfBackbone: boolean };
  readonly blip2: Part & { readonly kind: "t5" | "opt" | "stage1" };
}

/**
 * Tells the files apart.
 * @returns undefined where no file is the BLIP-2 part of a release.
 * @throws AppError `checkpoint.missing` naming the part that lacks, `checkpoint.corrupt` for two of one
 * kind, `checkpoint.unsupported` for a release of another model.
 */
export function sortParts(
  headers: readonly WeightHeader[],
  folder: string,
): LavisParts | undefined {
  const blip2 = only(headers.filter(isBlip2), { folder, what: "BLIP-2 parts" });
  if (blip2 === undefined) return undefined;
  const own = withoutPrefix(blip2.tensors);
  const others = headers.filter((header) => header !== blip2);
  const stranger = others.find(({ tensors }) => visionKind(tensors) === undefined);
  if (stranger !== undefined) {
    throw new AppError(
      "checkpoint.unsupported",
      `${stranger.file} is no part of ${path.basename(blip2.file)}: it holds neither an image encoder of EVA-CLIP or CLIP nor a Q-Former. Move it to another folder.`,
      { detail: { file: stranger.file } },
    );
  }
  const backbone = only(others, { folder, what: "image encoders" });
  if (backbone !== undefined && own.size > 0) {
    throw tooMany([backbone, blip2], { folder, what: "image encoders" });
  }
  const vision = backbone ?? { file: blip2.file, tensors: own };
  const kind = visionKind(vision.tensors);
  if (kind === undefined) throw withoutEncoder(blip2, folder);
  const rest = new Map([...blip2.tensors].filter(([name]) => !name.startsWith(VISION_PREFIX)));
  return {
    vision: {
      file: vision.file,
      tensors: vision.tensors,
      kind,
      isOfBackbone: backbone !== undefined,
    },
    blip2: { file: blip2.file, tensors: rest, kind: languageKind(blip2) },
  };
}

const isBlip2 = ({ tensors }: WeightHeader): boolean =>
  tensors.has("query_tokens") && tensors.has("ln_vision.weight");

function visionKind(tensors: ReadonlyMap<string, TensorInfo>): "eva" | "clip" | undefined {
  if (tensors.has("patch_embed.proj.weight") && tensors.has("cls_token")) return "eva";
  return tensors.has("conv1.weight") && tensors.has("class_embedding") ? "clip" : undefined;
}

function withoutPrefix(tensors: ReadonlyMap<string, TensorInfo>): ReadonlyMap<string, TensorInfo> {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(VISION_PREFIX))
      .map(([name, info]) => [name.slice(VISION_PREFIX.length), info]),
  );
}

function languageKind({ file, tensors }: WeightHeader): LavisParts["blip2"]["kind"] {
  if (tensors.has("t5_proj.weight")) return "t5";
  if (tensors.has("opt_proj.weight")) return "opt";
  if (tensors.has("itm_head.weight")) return "stage1";
  throw new AppError(
    "checkpoint.unsupported",
    `${file} is of a LAVIS model that is not converted: it has neither a projection into T5 or OPT nor a head for matching.`,
    { detail: { file } },
  );
}

function only<T extends WeightHeader>(
  found: readonly T[],
  about: { readonly folder: string; readonly what: string },
): T | undefined {
  if (found.length > 1) throw tooMany(found, about);
  return found[0];
}

function tooMany(
  found: readonly WeightHeader[],
  { folder, what }: { readonly folder: string; readonly what: string },
): AppError {
  const names = found.map(({ file }) => path.basename(file)).join(" and ");
  return new AppError(
    "checkpoint.corrupt",
    `${folder} holds ${found.length} ${what}: ${names}. A model is made of one; move the others to another folder.`,
    { detail: { file: folder } },
  );
}

function withoutEncoder({ file, tensors }: WeightHeader, folder: string): AppError {
  const width = tensors.get("ln_vision.weight")?.shape[0];
  const name = width === CLIP_WIDTH ? "clip_vit_L.pth" : "eva_vit_g.pth";
  return new AppError(
    "checkpoint.missing",
    `${path.basename(file)} has no image encoder of its own, and none is beside it. Put ${name} of the same release into ${folder}.`,
    { detail: { file: path.join(folder, name) } },
  );
}

/** Of CLIP ViT-L/14; EVA-CLIP's g has 1408. */
const CLIP_WIDTH = 1024;
/** Width of one attention head. */
const HEAD_WIDTH = { clip: 64, eva: 88, qformer: 64 } as const;

/** What a file about a release can say, which else follows from the tensors. */
export interface Told {
  readonly visionHeads?: number | undefined;
  readonly visionLayers?: number | undefined;
  readonly qformerHeads?: number | undefined;
}

type Json = Record<string, unknown>;

/** Keys of a config.json: those of the sections that all models have. */
export interface Sizes {
  readonly vision: Json & { readonly hidden_size: number; readonly num_hidden_layers: number };
  readonly qformer: Json & { readonly vocab_size: number };
  readonly numQueryTokens: number;
}

/**
 * The sizes of a model, from the shapes of its tensors.
 * @throws AppError `checkpoint.incomplete` for a tensor that lacks, and for parts of different models.
 */
export function sizesOf(parts: LavisParts, told: Told): Sizes {
  const vision = visionSizes(parts.vision, told);
  const qformer = qformerSizes(parts.blip2, told);
  const norm = dims(parts.blip2, "ln_vision.weight", 1)[0] ?? 0;
  if (norm !== vision.hidden_size || qformer.encoder_hidden_size !== vision.hidden_size) {
    const { blip2, vision: encoder } = parts;
    throw new AppError(
      "checkpoint.incomplete",
      `${blip2.file}: it reads an image encoder of width ${norm}, and that of ${path.basename(encoder.file)} has the width ${vision.hidden_size}. The two are of different models.`,
      { detail: { file: blip2.file } },
    );
  }
  return { vision, qformer, numQueryTokens: dims(parts.blip2, "query_tokens", 3)[1] ?? 0 };
}

/** torch.nn.LayerNorm's default, which `ln_vision` has whatever the encoder. */
const POST_NORM_EPS = 1e-5;

function visionSizes(vision: LavisParts["vision"], told: Told): Sizes["vision"] {
  const isClip = vision.kind === "clip";
  const kernel = dims(vision, isClip ? "conv1.weight" : "patch_embed.proj.weight", 4);
  const [width = 0, , patch = 0] = kernel;
  const table = isClip
    ? dims(vision, "positional_embedding", 2)
    : dims(vision, "pos_embed", 3).slice(1);
  const side = Math.round(Math.sqrt((table[0] ?? 1) - 1));
  if (side * side + 1 !== table[0]) {
    throw unlike(vision.file, "its table of positions is of no square picture");
  }
  const block = isClip ? "transformer.resblocks" : "blocks";
  const stored = countOf(vision.tensors, new RegExp(`^${block.replace(".", "\\.")}\\.(\\d+)\\.`));
  const inner = dims(vision, `${block}.0.mlp.${isClip ? "c_fc" : "fc1"}.weight`, 2)[0] ?? 0;
  return {
    model_type: isClip ? "clip_vision_model" : "blip_2_vision_model",
    hidden_size: width,
    intermediate_size: inner,
    // BLIP-2 reads what the last block but one says; a file of its own has only these.
    num_hidden_layers: told.visionLayers ?? (vision.isOfBackbone ? stored - 1 : stored),
    num_attention_heads: told.visionHeads ?? heads(vision, width, HEAD_WIDTH[vision.kind]),
    image_size: side * patch,
    patch_size: patch,
    layer_norm_eps: isClip ? 1e-5 : 1e-6,
    sightline_post_layernorm_eps: POST_NORM_EPS,
    hidden_act: isClip ? "quick_gelu" : "gelu",
    qkv_bias: true,
  };
}

const QFORMER_LAYER = "Qformer.bert.encoder.layer";

function qformerSizes(
  blip2: LavisParts["blip2"],
  told: Told,
): Sizes["qformer"] & { readonly encoder_hidden_size: number } {
  const { tensors } = blip2;
  const width = dims(blip2, "query_tokens", 3)[2] ?? 0;
  const cross = layersWith(tensors, /^Qformer\.bert\.encoder\.layer\.(\d+)\.crossattention\./);
  const key = dims(blip2, `${QFORMER_LAYER}.0.crossattention.self.key.weight`, 2);
  const words = tensors.get("Qformer.bert.embeddings.word_embeddings.weight")?.shape[0];
  const positions = tensors.get("Qformer.bert.embeddings.position_embeddings.weight")?.shape[0];
  return {
    hidden_size: width,
    intermediate_size: dims(blip2, `${QFORMER_LAYER}.0.intermediate_query.dense.weight`, 2)[0] ?? 0,
    num_hidden_layers: countOf(tensors, /^Qformer\.bert\.encoder\.layer\.(\d+)\./),
    num_attention_heads: told.qformerHeads ?? heads(blip2, width, HEAD_WIDTH.qformer),
    encoder_hidden_size: key[1] ?? 0,
    cross_attention_frequency:
      cross[1] ?? countOf(tensors, /^Qformer\.bert\.encoder\.layer\.(\d+)\./),
    layer_norm_eps: 1e-12,
    ...{ vocab_size: words ?? 30522, max_position_embeddings: positions ?? 512 },
  };
}

function heads({ file }: Part, width: number, headWidth: number): number {
  if (width > 0 && width % headWidth === 0) return width / headWidth;
  throw unlike(file, `its width ${width} is not that of a published model`);
}

/** @throws AppError `checkpoint.incomplete`. */
export function dims({ file, tensors }: Part, name: string, rank: number): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (shape?.length === rank) return shape;
  throw unlike(
    file,
    shape === undefined
      ? `the tensor "${name}" is missing`
      : `the tensor "${name}" has the shape [${shape.join(", ")}]`,
  );
}

function unlike(file: string, what: string): AppError {
  return new AppError(
    "checkpoint.incomplete",
    `${file}: ${what}. Is this the file of a LAVIS release of BLIP-2?`,
    { detail: { file } },
  );
}

/** Numbers that a pattern's group finds, in order. */
function layersWith(tensors: ReadonlyMap<string, TensorInfo>, pattern: RegExp): readonly number[] {
  const found = new Set<number>();
  for (const name of tensors.keys()) {
    const layer = pattern.exec(name)?.[1];
    if (layer !== undefined) found.add(Number(layer));
  }
  return [...found].sort((a, b) => a - b);
}

const countOf = (tensors: ReadonlyMap<string, TensorInfo>, pattern: RegExp): number =>
  (layersWith(tensors, pattern).at(-1) ?? -1) + 1;
