// Sizes of published checkpoints, from their config.json files.
const vision = {
  ...{ hidden_size: 1408, intermediate_size: 6144, num_hidden_layers: 39 },
  ...{ num_attention_heads: 16, image_size: 224, patch_size: 14 },
};
const qformer = {
  ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12 },
  ...{ num_attention_heads: 12, encoder_hidden_size: 1408, cross_attention_frequency: 2 },
  ...{ vocab_size: 30522, max_position_embeddings: 512 },
};
/** What the models share. */
export const publishedConfig = {
  ...{ vision_config: vision, qformer_config: qformer, num_query_tokens: 32 },
};
/** `kit` has the rest of the configuration and a tokenizer; `nTensors` is the number of a checkpoint. */
export const publishedModels = {
  "opt-2.7b": {
    kit: "opt",
    nTensors: 1247,
    text: {
      ...{ hidden_size: 2560, ffn_dim: 10240, num_hidden_layers: 32, num_attention_heads: 32 },
      ...{ vocab_size: 50304, max_position_embeddings: 2048, word_embed_proj_dim: 2560 },
    },
  },
  "flan-t5-xl": {
    kit: "t5",
    nTensors: 1289,
    text: {
      ...{ d_model: 2048, d_ff: 5120, d_kv: 64, num_heads: 32, vocab_size: 32128 },
      ...{ num_layers: 24, num_decoder_layers: 24 },
    },
  },
};

const retrieval = {
  kit: "itm",
  config: { image_text_hidden_size: 256, qformer_config: { vocab_size: 30523 } },
};
const opt67 = {
  kit: "opt",
  text: {
    ...{ hidden_size: 4096, ffn_dim: 16384, num_hidden_layers: 32, num_attention_heads: 32 },
    ...{ vocab_size: 50304, max_position_embeddings: 2048, word_embed_proj_dim: 4096 },
  },
};
const xxl = {
  kit: "t5",
  text: {
    ...{ d_model: 4096, d_ff: 10240, d_kv: 64, num_heads: 64, vocab_size: 32128 },
    ...{ num_layers: 24, num_decoder_layers: 24 },
  },
};

const instructed = { qformer_config: { vocab_size: 30523 } };
const vicuna = (sizes) => ({
  ...{ kit: "instructblip-llama", config: instructed },
  text: {
    ...sizes,
    vocab_size: 32064,
    max_position_embeddings: 2048,
    num_key_value_heads: sizes.num_attention_heads,
  },
});

const blipText = {
  ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
  ...{ vocab_size: 30524, max_position_embeddings: 512, encoder_hidden_size: 768 },
  ...{ bos_token_id: 30522, sep_token_id: 102, pad_token_id: 0 },
};
/** ViT-B/16 and ViT-L/16. */
const blipVision = {
  base: {
    ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12 },
    ...{ num_attention_heads: 12, patch_size: 16, layer_norm_eps: 1e-5 },
  },
  large: {
    ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24 },
    ...{ num_attention_heads: 16, patch_size: 16, layer_norm_eps: 1e-5 },
  },
};

const blip = (task, size) => ({
  ...{ kit: `blip-${task}`, text: blipText },
  config: { vision_config: blipVision[size] },
});

/** By the names of models/catalog.json; what is fine-tuned on COCO may see larger pictures. */
export const catalogModels = {
  "blip-vqa-base": blip("vqa", "base"),
  "blip-vqa-capfilt-large": blip("vqa", "base"),
  "blip-image-captioning-base": blip("caption", "base"),
  "blip-image-captioning-large": blip("caption", "large"),
  "blip-itm-base-coco": blip("itm", "base"),
  "blip-itm-base-flickr": blip("itm", "base"),
  "blip-itm-large-coco": blip("itm", "large"),
  "blip-itm-large-flickr": blip("itm", "large"),
  "blip2-opt-2.7b": publishedModels["opt-2.7b"],
  "blip2-opt-2.7b-coco": publishedModels["opt-2.7b"],
  "blip2-opt-6.7b": opt67,
  "blip2-opt-6.7b-coco": opt67,
  "blip2-flan-t5-xl": publishedModels["flan-t5-xl"],
  "blip2-flan-t5-xl-coco": publishedModels["flan-t5-xl"],
  "blip2-flan-t5-xxl": xxl,
  "instructblip-flan-t5-xl": {
    ...{ kit: "instructblip-t5", config: instructed },
    text: publishedModels["flan-t5-xl"].text,
  },
  "instructblip-flan-t5-xxl": { kit: "instructblip-t5", config: instructed, text: xxl.text },
  "instructblip-vicuna-7b": vicuna({
    ...{ hidden_size: 4096, intermediate_size: 11008 },
    ...{ num_hidden_layers: 32, num_attention_heads: 32 },
  }),
  "instructblip-vicuna-13b": vicuna({
    ...{ hidden_size: 5120, intermediate_size: 13824 },
    ...{ num_hidden_layers: 40, num_attention_heads: 40 },
  }),
  "blip2-itm-vit-g": retrieval,
  "blip2-itm-vit-g-coco": retrieval,
};
