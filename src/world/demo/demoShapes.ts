/** Sizes of the demo models. */

/** Pixels on a side of a picture. */
export const SIDE = 48;

/** Of a patch of the image encoder: one position of the teacher's map. */
export const PATCH = 8;

/** As transformers writes them. */
export const RETRIEVAL_CONFIG = {
  architectures: ["Blip2ForImageTextRetrieval"],
  model_type: "blip-2",
  dtype: "float32",
  image_text_hidden_size: 128,
  initializer_factor: 1,
  initializer_range: 0.02,
  num_query_tokens: 8,
  use_decoder_only_language_model: true,
  qformer_config: {
    model_type: "blip_2_qformer",
    hidden_size: 192,
    intermediate_size: 512,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    encoder_hidden_size: 192,
    cross_attention_frequency: 2,
    hidden_act: "gelu",
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    layer_norm_eps: 1e-12,
    max_position_embeddings: 64,
    pad_token_id: 0,
    use_qformer_text_input: true,
  },
  vision_config: {
    model_type: "blip_2_vision_model",
    hidden_size: 192,
    intermediate_size: 576,
    num_hidden_layers: 6,
    num_attention_heads: 4,
    image_size: SIDE,
    patch_size: PATCH,
    hidden_act: "gelu",
    layer_norm_eps: 1e-6,
    attention_dropout: 0,
    qkv_bias: true,
  },
} as const;

/** Word pieces, without the token of pictures. */
export const VOCAB_SIZE = 2400;

/** Tokens of a text, both ends included. */
export const TEXT_LENGTH = 24;
