/**
 * BLIP-2's second stage (paper section 3.3; LAVIS `blip2_opt.py`, `blip2_t5.py`) with its gradients as one graph:
 * what queries read of a picture stands before a text, and the language model says how likely the text is.
 * P pictures, B samples (some of the same picture), Q queries, T text tokens, V vocabulary.
 */

import { attention } from "../../convert/graph/attention";
import { linear } from "../../convert/graph/linear";
import { concat, embedding } from "../../convert/graph/ops";
import { embeddingTable } from "../../convert/families/embedGraph";
import { optLogits } from "../../convert/families/optGraph";
import { crossKeysAndValues, t5EncoderStates, t5Logits } from "../../convert/families/t5Graphs";
import { DataFilePlan } from "../../convert/weights/dataFile";
import { AppError } from "../../base/errors";
import type { Blip2GenerationConfig } from "../../model/config/blip2Config";
import type { OptConfig, T5Config } from "../../model/config/textConfig";
import type { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import type { ValueName } from "../../convert/graph/graphBuilder";
import { PART, type PartName } from "../../model/graph/graphContract";
import type { Precision } from "../../model/precision/precision";
import { TrainingGraph, type TrainingDevice } from "../grad/trainingGraph";
import { crossEntropy, oneHot } from "./losses";
import { type KeysAndValues, PICTURE_INPUTS, QformerPasses } from "./qformerPasses";

export interface Stage2Spec {
  readonly config: Blip2GenerationConfig;
  readonly weights: CheckpointWeights;
  /** P. */
  readonly pictures: number;
  /** B; samples name their pictures unless there is one for each. @default P */
  readonly samples?: number;
  /** T: of the text (OPT), or of what the encoder reads (T5). */
  readonly textLength: number;
  /** Of what the decoder says (T5). */
  readonly targetLength?: number;
  readonly device?: TrainingDevice;
  /** Pictures come as pixels, and the image encoder is part of the graph. @default false */
  readonly fromPixels?: boolean;
  /** As in `PassesSpec`. @default false */
  readonly isNormed?: boolean;
  /** The language model as it lies in a converted model. @default tensors of the checkpoint */
  readonly frozen?: FrozenLanguage;
  /** What verification looks at besides. @default false */
  readonly givesDetails?: boolean;
}

/** Parts of a converted model that only compute. */
export interface FrozenLanguage {
  /** As its graphs were planned with. */
  readonly weights: CheckpointWeights;
  readonly part: (name: PartName) => { readonly data: DataFilePlan; readonly precision: Precision };
}

/** Inputs of the graph. S is Q + T; masks are added to scores. */
export const STAGE2_INPUTS = {
  ...PICTURE_INPUTS,
  /** int64 [B]: the row of the picture of each sample; only where there are fewer pictures. */
  pictureOf: "picture_of",
  /** int64 [B, T]. */
  textIds: "text/input_ids",
  /** OPT: int64 [B, S]. */
  positions: "text/position_ids",
  /** OPT: f32 [B, 1, S, S]: later positions and padding are hidden; T5: f32 [B, 1, 1, S]. */
  mask: "text/attention_bias",
  /** T5: int64 [S, S] and [U, U], distances in buckets. */
  encoderBuckets: "encoder/relative_position_bucket",
  decoderBuckets: "decoder/relative_position_bucket",
  /** T5: int64 [B, U]: the target, one place to the right. */
  decoderIds: "decoder/input_ids",
  /** T5: f32 [B, 1, U, U]. */
  decoderMask: "decoder/attention_bias",
  /** f32 [rows, 1], rows B·S (OPT) or B·U (T5): the next token of each position, and what it counts. */
  labels: "lm_labels",
  weight: "lm_weight",
} as const;

export interface Stage2Graph {
  readonly g: TrainingGraph;
  readonly losses: { readonly lm: ValueName };
  readonly loss: ValueName;
}

/** @throws AppError `model.unsupported` for a language model that is not trained through. */
export function stage2Graph(spec: Stage2Spec): Stage2Graph {
  const { config, weights, pictures, samples = pictures, device = "cpu" } = spec;
  const g = new TrainingGraph("stage2", { batch: pictures, device });
  const passes = new QformerPasses(g, { ...spec, batch: pictures });
  const { x } = passes.readPicture();
  const { text } = config;
  const projected = linear(g, "/language_projection", x, {
    ...weights.linear("language_projection", text.hiddenSize, config.qformer.hiddenSize),
    precision: passes.part.precision,
  });
  const read = samples === pictures ? projected : ofSamples(g, projected, samples);
  g.batch = samples;
  const logits = logitsOf(g, { ...spec, text, read });
  if (spec.givesDetails === true) {
    g.result("language_model_inputs", read);
    g.result("logits", logits);
  }
  const { vocabSize } = text;
  const rows = g
    .shape(logits)
    .slice(0, -1)
    .reduce((product, dim) => product * dim, 1);
  const flat = g.node("/lm/rows", {
    opType: "Reshape",
    inputs: [logits, g.int64Constant("", [rows, vocabSize])],
  });
  const labels = g.fixedInput(STAGE2_INPUTS.labels, "float32", [rows, 1]);
  const loss = crossEntropy(g, "/lm/loss", {
    logits: flat,
    target: oneHot(g, "/lm", { labels, classes: vocabSize }),
    weight: g.fixedInput(STAGE2_INPUTS.weight, "float32", [rows, 1]),
  });
  return { g, losses: { lm: loss }, loss };
}

function ofSamples(g: TrainingGraph, x: ValueName, samples: number): ValueName {
  const rows = g.fixedInput(STAGE2_INPUTS.pictureOf, "int64", [samples]);
  return g.node("/samples", { opType: "Gather", inputs: [x, rows] });
}

type ReadSpec = Stage2Spec & { readonly read: ValueName };

/** [B, S or U, V]. */
function logitsOf(
  g: TrainingGraph,
  spec: ReadSpec & { readonly text: Blip2GenerationConfig["text"] },
): ValueName {
  const { text } = spec;
  switch (text.kind) {
    case "opt":
      return optText(g, { ...spec, text });
    case "t5":
      return t5Text(g, { ...spec, text });
    default:
      throw new AppError(
        "model.unsupported",
        `Training goes through OPT and T5 only, and this checkpoint has ${text.kind}.`,
      );
  }
}

/** Queries, then the text; the last query says the text's first token. */
function optText(g: TrainingGraph, spec: ReadSpec & { readonly text: OptConfig }): ValueName {
  const { textLength, read, config } = spec;
  const length = config.numQueryTokens + textLength;
  const sizes = { text: textLength, sequence: length, total: length };
  return g.within("text", sizes, () => {
    const embeds = concat(g, "/text", [read, words(g, spec)]);
    return inPart(g, { ...spec, part: PART.decoder }, (language) => {
      const { logits } = optLogits(g, { ...language, embeds });
      return logits;
    });
  });
}

/** The encoder reads queries and text, the decoder says the target. */
function t5Text(g: TrainingGraph, spec: ReadSpec & { readonly text: T5Config }): ValueName {
  const { text, textLength, targetLength = 1, read, config } = spec;
  const length = config.numQueryTokens + textLength;
  const embeds = g.within("text", { text: textLength }, () =>
    concat(g, "/text", [read, words(g, spec)]),
  );
  const hidden = g.fixedInput(STAGE2_INPUTS.mask, "float32", [g.batch, 1, 1, length]);
  const states = g.within("encoder", { encoder: length }, () =>
    inPart(g, { ...spec, part: PART.textEncoder }, (language) =>
      t5EncoderStates(g, { ...language, embeds, hidden }),
    ),
  );
  const sizes = { text: targetLength, sequence: targetLength, total: targetLength };
  return g.within("decoder", sizes, () => {
    const { nHeads, dKv: headDim } = text;
    const target = words(g, spec);
    // The encoder's part has the keys and values of what it gives.
    const keysAndValues = (layer: number): KeysAndValues =>
      inPart(g, { ...spec, part: PART.textEncoder }, (language) =>
        crossKeysAndValues(g, layer, { ...language, x: states }),
      );
    return inPart(g, { ...spec, part: PART.decoder }, (language) => {
      const { logits } = t5Logits(g, {
        ...{ ...language, embeds: target },
        attendToEncoder: (path, layer, query) =>
          attention(g, path, {
            ...{ query, ...keysAndValues(layer), nHeads, headDim, scale: 1 },
            bias: hidden,
          }),
      });
      return logits;
    });
  });
}

interface LanguageSpec<T> {
  readonly config: T;
  readonly weights: CheckpointWeights;
  readonly precision: Precision;
  readonly data: DataFilePlan;
}

type TextSpec<T> = Pick<Stage2Spec, "weights" | "frozen"> & { readonly text: T };

/** Writes a part of the language model, from tensors of the checkpoint or from its file. */
function inPart<T, R>(
  g: TrainingGraph,
  { text: config, weights, frozen, part: name }: TextSpec<T> & { readonly part: PartName },
  make: (language: LanguageSpec<T>) => R,
): R {
  if (frozen === undefined) {
    const data = new DataFilePlan("none");
    return make({ config, weights, precision: { kind: "f32" }, data });
  }
  const part = frozen.part(name);
  return g.frozen(part.data, () => make({ config, weights: frozen.weights, ...part }));
}

/** Rows of the table, [B, T, width]. */
function words(g: TrainingGraph, spec: TextSpec<OptConfig | T5Config>): ValueName {
  return inPart(g, { ...spec, part: PART.embedTokens }, ({ config, weights, precision }) =>
    embedding(g, "/embed_tokens", {
      ids: g.input("input_ids", "int64", ["batch", "text"]),
      table: embeddingTable(config, weights),
      precision,
    }),
  );
}
