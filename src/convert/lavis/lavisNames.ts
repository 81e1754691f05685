/**
 * What LAVIS calls the tensors of BLIP-2, under the names of Hugging Face's classes. A tensor that has no
 * place in its part is an error, so that a wrong file is noticed; what BLIP-2 leaves out is left out by name.
 */

import { AppError } from "../../base/errors";
import type { TensorInfo } from "../checkpoint/tensorInfo";

/** The files that a model is put together from. */
export type LavisPart = "eva" | "clip" | "blip2" | "t5" | "opt";

/** Backreferences as of String.replace; without a name the tensor is left out. */
type Rule = readonly [pattern: RegExp, name: string | undefined];

const VISION = "vision_model";
const LAYER = `${VISION}.encoder.layers.$1`;

/** In a BLIP-2 file that has its own image encoder, each of them has this in front. */
export const VISION_PREFIX = "visual_encoder.";

const RULES: Readonly<Record<LavisPart, readonly Rule[]>> = {
  eva: [
    [/^cls_token$/, `${VISION}.embeddings.class_embedding`],
    [/^pos_embed$/, `${VISION}.embeddings.position_embedding`],
    [/^patch_embed\.proj\.(weight|bias)$/, `${VISION}.embeddings.patch_embedding.$1`],
    [/^blocks\.(\d+)\.norm([12])\.(weight|bias)$/, `${LAYER}.layer_norm$2.$3`],
    [/^blocks\.(\d+)\.attn\.(q_bias|v_bias)$/, `${LAYER}.self_attn.$2`],
    [/^blocks\.(\d+)\.attn\.qkv\.weight$/, `${LAYER}.self_attn.qkv.weight`],
    [/^blocks\.(\d+)\.attn\.proj\.(weight|bias)$/, `${LAYER}.self_attn.projection.$2`],
    [/^blocks\.(\d+)\.mlp\.(fc[12])\.(weight|bias)$/, `${LAYER}.mlp.$2.$3`],
    [/^(?:norm|fc_norm|head)\.(?:weight|bias)$/, undefined],
  ],
  clip: [
    [/^class_embedding$/, `${VISION}.embeddings.class_embedding`],
    [/^positional_embedding$/, `${VISION}.embeddings.position_embedding`],
    [/^conv1\.weight$/, `${VISION}.embeddings.patch_embedding.weight`],
    [/^ln_pre\.(weight|bias)$/, `${VISION}.pre_layernorm.$1`],
    [/^transformer\.resblocks\.(\d+)\.ln_([12])\.(weight|bias)$/, `${LAYER}.layer_norm$2.$3`],
    [/^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/, `${LAYER}.self_attn.qkv.$2`],
    [
      /^transformer\.resblocks\.(\d+)\.attn\.out_proj\.(weight|bias)$/,
      `${LAYER}.self_attn.projection.$2`,
    ],
    [/^transformer\.resblocks\.(\d+)\.mlp\.c_fc\.(weight|bias)$/, `${LAYER}.mlp.fc1.$2`],
    [/^transformer\.resblocks\.(\d+)\.mlp\.c_proj\.(weight|bias)$/, `${LAYER}.mlp.fc2.$2`],
    [/^(?:ln_post\.(?:weight|bias)|proj)$/, undefined],
  ],
  blip2: [
    [/^query_tokens$/, "query_tokens"],
    [/^ln_vision\.(weight|bias)$/, `${VISION}.post_layernorm.$1`],
    [/^Qformer\.bert\.embeddings\.position_ids$/, undefined],
    [/^Qformer\.bert\.embeddings\.LayerNorm\.(weight|bias)$/, "qformer.layernorm.$1"],
    [
      /^Qformer\.bert\.embeddings\.(word|position)_embeddings\.weight$/,
      "embeddings.$1_embeddings.weight",
    ],
    [
      /^Qformer\.bert\.encoder\.layer\.(\d+)\.(attention|crossattention)\.self\.(\w+\.\w+)$/,
      "qformer.encoder.layer.$1.$2.attention.$3",
    ],
    [/^Qformer\.bert\.encoder\.layer\.([\w.]+)$/, "qformer.encoder.layer.$1"],
    [/^Qformer\.(cls\.predictions\.[\w.]+)$/, "$1"],
    [/^(?:t5|opt)_proj\.(weight|bias)$/, "language_projection.$1"],
    [/^vision_proj\.(weight|bias)$/, "vision_projection.$1"],
    [/^text_proj\.(weight|bias)$/, "text_projection.$1"],
    [/^itm_head\.(weight|bias)$/, "itm_head.$1"],
    [/^temp$/, "temp"],
  ],
  t5: [
    // A table that T5 of 2020 stored and nothing ever read.
    [/^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/, undefined],
    [/^((?:encoder|decoder|shared|lm_head)\.[\w.]+)$/, "language_model.$1"],
  ],
  opt: [
    [/^((?:model\.decoder|lm_head)\.[\w.]+)$/, "language_model.$1"],
    [/^(decoder\.[\w.]+)$/, "language_model.model.$1"],
  ],
};

/** What people know the parts by. */
const TITLES: Readonly<Record<LavisPart, string>> = {
  eva: "EVA-CLIP's image encoder",
  clip: "CLIP's image encoder",
  blip2: "the BLIP-2 part of LAVIS",
  t5: "a T5 language model",
  opt: "an OPT language model",
};

/**
 * The tensors of a part by Hugging Face's names; each still knows its own name in its file.
 * @param source `nLayers` is how many blocks of an image encoder are used; the others are left out.
 * @throws AppError `checkpoint.incomplete` naming the file and the tensor that does not belong to it.
 */
export function renamed(
  tensors: Iterable<readonly [name: string, info: TensorInfo]>,
  source: { readonly part: LavisPart; readonly nLayers?: number },
): ReadonlyMap<string, TensorInfo> {
  const { part, nLayers = Infinity } = source;
  const found = new Map<string, TensorInfo>();
  for (const [name, info] of tensors) {
    const rule = RULES[part].find(([pattern]) => pattern.test(name));
    if (rule === undefined) {
      throw new AppError(
        "checkpoint.incomplete",
        `${info.file}: the tensor "${name.slice(0, 200)}" has no place in ${TITLES[part]}. Is this the file of another model?`,
        { detail: { file: info.file, tensor: name.slice(0, 200) } },
      );
    }
    const [pattern, replacement] = rule;
    if (replacement === undefined) continue;
    const own = name.replace(pattern, replacement);
    const layer = /^vision_model\.encoder\.layers\.(\d+)\./.exec(own)?.[1];
    if (layer !== undefined && Number(layer) >= nLayers) continue;
    found.set(own, part === "clip" ? inBatches(own, info) : info);
  }
  return found;
}

/** CLIP's tables have no axis for the batch, which those of Hugging Face's classes have. */
function inBatches(name: string, info: TensorInfo): TensorInfo {
  const { shape, strides } = info;
  const leading = name.endsWith(".class_embedding")
    ? 2
    : name.endsWith(".position_embedding")
      ? 1
      : 0;
  if (leading === 0 || shape.length + leading !== 3) return info;
  const ones = Array.from({ length: leading }, () => 1);
  const wide = { ...info, shape: [...ones, ...shape] };
  return strides === undefined ? wide : { ...wide, strides: [...ones, ...strides] };
}
