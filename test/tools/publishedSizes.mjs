// Sizes of published checkpoints: config.json of Salesforce/blip2-opt-2.7b and Salesforce/blip2-flan-t5-xl.
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
