/** Token ids to rows of the language model's embedding table; runs on the CPU, where the table can stay on disk. */

import type { WriterConfig } from "../../model/config/modelConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import type { CheckpointWeights } from "../checkpoint/checkpointWeights";
import type { DataFilePlan } from "../weights/dataFile";
import { GraphBuilder } from "../graph/graphBuilder";
import { embedding } from "../graph/ops";
import type { WeightSource } from "../checkpoint/weightSource";

const LM_HEAD = "language_model.lm_head.weight";
/** BLIP's, and BLIP-2's of stage 1. */
const BERT_HEADS = [
  "text_decoder.cls.predictions.decoder.weight",
  "cls.predictions.decoder.weight",
] as const;

/**
 * Names under which checkpoints store the table. OPT's and BLIP's head is tied to it and may be the only
 * copy; Flan-T5's head is another matrix, which must not take its place.
 */
const TABLE_NAMES = {
  opt: ["language_model.model.decoder.embed_tokens.weight", LM_HEAD],
  t5: [
    "language_model.shared.weight",
    "language_model.encoder.embed_tokens.weight",
    "language_model.decoder.embed_tokens.weight",
  ],
  llama: ["language_model.model.embed_tokens.weight"],
  bert: [
    "text_decoder.bert.embeddings.word_embeddings.weight",
    "embeddings.word_embeddings.weight",
    ...BERT_HEADS,
  ],
} as const;

const HEAD_NAMES = {
  ...{ opt: [LM_HEAD], t5: [LM_HEAD], llama: [LM_HEAD] },
  bert: BERT_HEADS,
} as const;

/** [vocabulary, width]. */
export function embeddingTable(config: WriterConfig, weights: CheckpointWeights): WeightSource {
  return weights.tensorOf(TABLE_NAMES[config.kind], [config.vocabSize, config.hiddenSize]);
}

/** A stored head wins over the tied table, as in transformers. [vocabulary, width]. */
export function headTable(config: WriterConfig, weights: CheckpointWeights): WeightSource {
  const shape = [config.vocabSize, config.hiddenSize];
  const name = HEAD_NAMES[config.kind].find((known) => weights.has(known));
  return name === undefined ? embeddingTable(config, weights) : weights.tensor(name, shape);
}

export function embedGraph(spec: {
  readonly config: WriterConfig;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
}): GraphBuilder {
  const g = new GraphBuilder(PART.embedTokens, spec.data);
  embedding(g, "/embed_tokens", {
    ids: g.input(IO.inputIds, "int64", ["batch", "sequence"]),
    table: embeddingTable(spec.config, spec.weights),
    precision: spec.precision,
    output: IO.inputsEmbeds,
  });
  g.output(IO.inputsEmbeds, "float32", ["batch", "sequence", spec.config.hiddenSize]);
  return g;
}
