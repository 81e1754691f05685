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

/** Byte pieces of the language model, without the token of pictures. */
export const BYTE_VOCAB_SIZE = 1600;

/** Tokens of a question with its answer, or of a caption. */
export const SPOKEN_LENGTH = 36;

/** The one that answers: the same image encoder and Q-Former, and a small OPT. As transformers writes them. */
export const GENERATION_CONFIG = {
  ...RETRIEVAL_CONFIG,
  architectures: ["Blip2ForConditionalGeneration"],
  qformer_config: { ...RETRIEVAL_CONFIG.qformer_config, use_qformer_text_input: false },
  text_config: {
    model_type: "opt",
    vocab_size: BYTE_VOCAB_SIZE + 1,
    hidden_size: 192,
    word_embed_proj_dim: 192,
    ffn_dim: 640,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    max_position_embeddings: 512,
    activation_function: "relu",
    do_layer_norm_before: true,
    _remove_final_layer_norm: false,
    enable_bias: true,
    layer_norm_elementwise_affine: true,
    tie_word_embeddings: true,
    dropout: 0,
    attention_dropout: 0,
    bos_token_id: 2,
    pad_token_id: 1,
  },
} as const;

/** Word pieces, without the token of pictures. */
export const VOCAB_SIZE = 2400;

/** Tokens of a text, both ends included. */
export const TEXT_LENGTH = 24;
