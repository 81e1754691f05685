/**
 * BLIP-2's first stage (paper section 3.2; LAVIS `blip2_qformer.py`) with its gradients as one graph: contrast
 * (ITC), matching (ITM) and captions (ITG) through one set of weights.
 * B pictures with a text each, N image tokens, Q queries, T text tokens, d width, P width of the ITC space.
 */

import { linear } from "../../convert/graph/linear";
import { add, concat, mul, unitLength } from "../../convert/graph/ops";
import * as bert from "../../convert/families/bertLayer";
import * as qformer from "../../convert/families/qformerGraph";
import type { Blip2RetrievalConfig, Blip2StageOneConfig } from "../../model/config/blip2Config";
import type { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import type { ValueName } from "../../convert/graph/graphBuilder";
import { TrainingGraph, type TrainingDevice } from "../grad/trainingGraph";
import { crossEntropy, oneHot } from "./losses";
import { HIDDEN, PICTURE_INPUTS, QformerPasses, type ReadPicture } from "./qformerPasses";

export const OBJECTIVES = ["itc", "itm", "itg"] as const;
export type Objective = (typeof OBJECTIVES)[number];

export interface Stage1Spec {
  readonly config: Blip2RetrievalConfig | Blip2StageOneConfig;
  readonly weights: CheckpointWeights;
  readonly batch: number;
  /** T, including both special tokens. */
  readonly textLength: number;
  readonly device?: TrainingDevice;
  /** @default all three */
  readonly objectives?: readonly Objective[];
  /**
   * Whether the gradient of ITC reaches both sides of each similarity, or, as in LAVIS' distributed training,
   * the pictures from picture-to-text and the texts from text-to-picture. @default true
   */
  readonly bothSides?: boolean;
  /** Pictures come as pixels, and the image encoder is part of the graph. @default false */
  readonly fromPixels?: boolean;
  /** As in `PassesSpec`. */
  readonly kept?: ValueName | undefined;
  /** As in `PassesSpec`. @default false */
  readonly isNormed?: boolean;
  /**
   * What similarities are multiplied with before negatives are drawn by them: 0 draws any. A matching that has learnt
   * nothing yet learns from easy ones first. @default 1, as LAVIS
   */
  readonly hardness?: number;
  /** What verification looks at besides. @default false */
  readonly givesDetails?: boolean;
}

/** Inputs of the graph. Masks are added to scores: 0, or −10,000 where nothing is seen. */
export const STAGE1_INPUTS = {
  ...PICTURE_INPUTS,
  /** int64 [B, T]: `[CLS] … [SEP]`. */
  textIds: "text/input_ids",
  /** int64 [B, T]: the same with [DEC] for [CLS]. */
  captionIds: "caption/input_ids",
  /** int64 [B, T]: from 0. */
  textPositions: "text/position_ids",
  captionPositions: "caption/position_ids",
  /** f32 [B, 1, 1, T]: hides padding. */
  textMask: "text_mask",
  /** f32 [B, B]: how much of row b's probability belongs to column j. */
  itcTarget: "itc_target",
  /** f32 [B, B]: added to the scores of row b before the largest is taken as a hard negative. */
  imageNoise: "image_noise",
  textNoise: "text_noise",
  /** f32 [3B, 1] and [B·T, 1]: what each row counts. */
  itmWeight: "itm_weight",
  itgWeight: "itg_weight",
  /** f32 [B·T, 1]: the next token of each position. */
  itgLabels: "itg_labels",
} as const;

/** Label smoothing of ITG. */
const ITG_SMOOTHING = 0.1;

export interface Stage1Graph {
  readonly g: TrainingGraph;
  readonly losses: Readonly<Partial<Record<Objective, ValueName>>>;
  /** The sum. */
  readonly loss: ValueName;
}

export function stage1Graph(spec: Stage1Spec): Stage1Graph {
  const { batch, textLength, device = "cpu", objectives = OBJECTIVES } = spec;
  const g = new TrainingGraph("stage1", { batch, device, sizes: { text: textLength } });
  const passes = new Stage1Passes(g, spec);
  const losses: Partial<Record<Objective, ValueName>> = {};
  const pictures = passes.pictures();
  const texts = passes.texts();
  const similarity = contrast(g, spec, { pictures: pictures.embeds, texts: texts.embeds });
  if (objectives.includes("itc")) losses.itc = itcLoss(g, similarity);
  if (objectives.includes("itm")) losses.itm = passes.matching({ pictures, texts, similarity });
  if (objectives.includes("itg")) losses.itg = passes.captions(pictures);
  const [first = "", ...others] = Object.values(losses);
  const loss = others.reduce((sum, other) => add(g, "/loss", [sum, other]), first);
  if (spec.givesDetails === true) {
    g.result("image_embeds", pictures.embeds);
    g.result("text_embeds", texts.embeds);
    g.result("sim_i2t", similarity.imageToText);
    g.result("sim_t2i", similarity.textToImage);
  }
  return { g, losses, loss };
}

interface Similarity {
  /** [B, B]: row b is picture b, or text b. */
  readonly imageToText: ValueName;
  readonly textToImage: ValueName;
}

/** s[b, j] = max over q of I[b, q] · t[j], over the temperature; and the same seen from the texts. */
export function contrast(
  g: TrainingGraph,
  { bothSides = true }: Pick<Stage1Spec, "bothSides">,
  { pictures, texts }: { pictures: ValueName; texts: ValueName },
): Similarity {
  const temperature = g.scalarParameter("temp");
  const columns = (value: ValueName): ValueName =>
    g.node("/itc/turned", {
      opType: "Transpose",
      inputs: [value],
      attributes: { perm: { ints: [1, 0] } },
    });
  const best = (images: ValueName, words: ValueName): ValueName => {
    const all = g.node("/itc", { opType: "MatMul", inputs: [images, columns(words)] }); // [B, Q, B]
    const most = g.node("/itc/best", {
      opType: "ReduceMax",
      inputs: [all, g.int64Constant("", [1])],
      attributes: { keepdims: { int: 0 } },
    });
    return g.node("/itc/scaled", { opType: "Div", inputs: [most, temperature] });
  };
  if (bothSides) {
    const imageToText = best(pictures, texts);
    return { imageToText, textToImage: columns(imageToText) };
  }
  const fixed = (value: ValueName): ValueName => g.stopGradient("/itc", value);
  return {
    imageToText: best(pictures, fixed(texts)),
    textToImage: columns(best(fixed(pictures), texts)),
  };
}

/** ½ (CE(image → text) + CE(text → image)), each the mean over the batch. */
export function itcLoss(g: TrainingGraph, { imageToText, textToImage }: Similarity): ValueName {
  const [batch = 1] = g.shape(imageToText);
  const target = g.fixedInput(STAGE1_INPUTS.itcTarget, "float32", [batch, batch]);
  const weights = new Float32Array(batch).fill(0.5 / batch);
  const weight = g.tensorConstant("/itc/weight", weights, [batch, 1]);
  const half = (logits: ValueName): ValueName =>
    crossEntropy(g, "/itc/loss", { logits, target, weight });
  return add(g, "/itc/loss", [half(imageToText), half(textToImage)]);
}

interface Pictures extends Omit<ReadPicture, "x"> {
  /** [B, Q, P] of unit length. */
  readonly embeds: ValueName;
}

interface Texts {
  /** [B, P] of unit length. */
  readonly embeds: ValueName;
  /** What goes into the first layer, [B, T, d]. */
  readonly first: ValueName;
}

/** The four passes through the Q-Former (figure 2 of the paper: which position sees which). */
export class Stage1Passes {
  readonly #g: TrainingGraph;
  readonly #spec: Stage1Spec;
  readonly #q: QformerPasses;

  constructor(g: TrainingGraph, spec: Stage1Spec) {
    this.#g = g;
    this.#spec = spec;
    this.#q = new QformerPasses(g, spec);
  }

  imageFeatures(): ValueName {
    return this.#q.imageFeatures();
  }

  /** Queries that read the picture. */
  pictures(image = this.imageFeatures()): Pictures {
    const g = this.#g;
    const { config, weights } = this.#spec;
    const { x, own, cross } = this.#q.readPicture(image);
    const projected = linear(g, "/vision_projection", x, {
      ...weights.linear("vision_projection", config.projectionSize, config.qformer.hiddenSize),
      precision: this.#q.part.precision,
    });
    unitLength(g, "/vision_projection/normalize", projected, "/image_embeds");
    return { embeds: "/image_embeds", own, cross };
  }

  /** Texts alone: the first position stands for the text. */
  texts(): Texts {
    const g = this.#g;
    const { config, weights, batch } = this.#spec;
    const first = qformer.embeddingNorm(g, this.#words("text"), this.#q.part);
    const bias = this.#textMask();
    let x = first;
    this.#q.layers((i) => {
      x = this.#q.selfAttention(i, { x, bias });
      x = qformer.feedForward(g, i, { ...this.#q.part, x, stream: "text" });
    });
    const { hiddenSize: width } = config.qformer;
    const [token = ""] = this.#split(x, 1);
    const flat = this.#reshape(token, [batch, width]);
    const projected = linear(g, "/text_projection", flat, {
      ...weights.linear("text_projection", config.projectionSize, width),
      precision: this.#q.part.precision,
    });
    unitLength(g, "/text_projection/normalize", projected, "/text_embeds");
    return { embeds: "/text_embeds", first };
  }

  /**
   * 3B rows: (picture, text), (hard picture, text), (picture, hard text); the two classes are told apart by the
   * mean over the queries.
   */
  matching(from: { pictures: Pictures; texts: Texts; similarity: Similarity }): ValueName {
    const g = this.#g;
    const { config, weights, batch } = this.#spec;
    const nQueries = config.numQueryTokens;
    const picture = this.#hardest(from.similarity.textToImage, STAGE1_INPUTS.imageNoise);
    const text = this.#hardest(from.similarity.imageToText, STAGE1_INPUTS.textNoise);
    const byPicture = (x: ValueName): ValueName => this.#stack([x, this.#rows(x, picture), x]);
    const byText = (x: ValueName): ValueName => this.#stack([x, x, this.#rows(x, text)]);
    const queries = this.#q.queries();
    const zeros = g.tensorConstant("/itm/seen", new Float32Array(batch * nQueries), [
      batch,
      1,
      1,
      nQueries,
    ]);
    const bias = byText(this.#concat([zeros, this.#textMask()], 3));
    let x = concat(g, "/itm", [this.#stack([queries, queries, queries]), byText(from.texts.first)]);
    this.#q.layers((i) => {
      const mixed = this.#q.selfAttention(i, { x, bias });
      const [seen = "", words = ""] = this.#split(mixed, nQueries);
      const cross = from.pictures.cross.get(i);
      const read =
        cross === undefined
          ? seen
          : this.#q.crossAttention(i, seen, {
              key: byPicture(cross.key),
              value: byPicture(cross.value),
            });
      x = concat(g, "/itm", [
        qformer.feedForward(g, i, { ...this.#q.part, x: read, stream: "query" }),
        qformer.feedForward(g, i, { ...this.#q.part, x: words, stream: "text" }),
      ]);
    });
    const [seen = ""] = this.#split(x, nQueries);
    const each = linear(g, "/itm_head", seen, {
      ...weights.linear("itm_head", 2, config.qformer.hiddenSize),
      precision: this.#q.part.precision,
    });
    const logits = g.node("/itm_head/mean", {
      opType: "ReduceMean",
      inputs: [each, g.int64Constant("", [1])],
      attributes: { keepdims: { int: 0 } },
    });
    if (this.#spec.givesDetails === true) g.result("itm_logits", logits);
    const target = Float32Array.from({ length: 6 * batch }, (_, i) =>
      (i % 2 === 1) === i < 2 * batch ? 1 : 0,
    );
    return crossEntropy(g, "/itm/loss", {
      logits,
      target: g.tensorConstant("/itm/target", target, [3 * batch, 2]),
      weight: g.fixedInput(STAGE1_INPUTS.itmWeight, "float32", [3 * batch, 1]),
    });
  }

  /** Text that is told by the queries alone: each token sees all queries and the tokens before it. */
  captions({ own }: Pictures): ValueName {
    const g = this.#g;
    const { config, weights, batch, textLength: length } = this.#spec;
    const bias = this.#captionMask();
    let x = qformer.embeddingNorm(g, this.#words("caption"), this.#q.part);
    this.#q.layers((i) => {
      x = this.#q.selfAttention(i, { x, bias, before: own[i] });
      x = qformer.feedForward(g, i, { ...this.#q.part, x, stream: "text" });
    });
    const { vocabSize, hiddenSize } = config.qformer;
    const spoken = bert.headLogits(g, "cls.predictions", {
      ...qformer.bertSpec({ ...this.#q.part, x }),
      vocabSize,
      // Tied to the words.
      table: weights.tensor("embeddings.word_embeddings.weight", [vocabSize, hiddenSize]),
    });
    if (this.#spec.givesDetails === true) g.result("itg_logits", spoken);
    const logits = this.#reshape(spoken, [batch * length, vocabSize]);
    const labels = g.fixedInput(STAGE1_INPUTS.itgLabels, "float32", [batch * length, 1]);
    return crossEntropy(g, "/itg/loss", {
      logits,
      target: oneHot(g, "/itg", { labels, classes: vocabSize, smoothing: ITG_SMOOTHING }),
      weight: g.fixedInput(STAGE1_INPUTS.itgWeight, "float32", [batch * length, 1]),
    });
  }

  /** [B, T, d]. */
  #words(pass: "text" | "caption"): ValueName {
    return this.#g.within(pass, {}, () => qformer.textEmbeddings(this.#g, this.#q.part));
  }

  /**
   * For each row the column with the largest score, noise added: with Gumbel noise a draw from the softmax of
   * the scores. Gives int64 [B, 1].
   */
  #hardest(scores: ValueName, noise: string): ValueName {
    const g = this.#g;
    const { batch } = this.#spec;
    const added = g.fixedInput(noise, "float32", [batch, batch]);
    const { hardness = 1 } = this.#spec;
    const fixed = g.stopGradient("/itm", scores);
    const scaled =
      hardness === 1 ? fixed : mul(g, "/itm/scaled", [fixed, g.floatConstant("", hardness)]);
    const noisy = add(g, "/itm/noisy", [scaled, added]);
    return g.node("/itm/hardest", {
      opType: "ArgMax",
      inputs: [noisy],
      attributes: { axis: { int: 1 }, keepdims: { int: 1 } },
    });
  }

  /** f32 [B, 1, 1, T]. */
  #textMask(): ValueName {
    const { batch, textLength } = this.#spec;
    return this.#g.fixedInput(STAGE1_INPUTS.textMask, "float32", [batch, 1, 1, textLength]);
  }

  /** f32 [B, 1, T, Q + T]: padding and later tokens are hidden. */
  #captionMask(): ValueName {
    const g = this.#g;
    const { config, batch, textLength: length } = this.#spec;
    const nQueries = config.numQueryTokens;
    const later = Float32Array.from({ length: length * (nQueries + length) }, (_, i) => {
      const column = i % (nQueries + length);
      return column - nQueries > Math.floor(i / (nQueries + length)) ? HIDDEN : 0;
    });
    const causal = g.tensorConstant("/itg/later", later, [1, 1, length, nQueries + length]);
    const zeros = g.tensorConstant("/itg/seen", new Float32Array(batch * nQueries), [
      batch,
      1,
      1,
      nQueries,
    ]);
    return add(g, "/itg/mask", [this.#concat([zeros, this.#textMask()], 3), causal]);
  }

  /** Rows of a batch by their numbers, int64 [B, 1]. */
  #rows(x: ValueName, rows: ValueName): ValueName {
    const picked = this.#g.node("/itm/rows", { opType: "Gather", inputs: [x, rows] });
    return this.#reshape(picked, this.#g.shape(x));
  }

  /** Batches behind each other. */
  #stack(parts: readonly ValueName[]): ValueName {
    return this.#concat(parts, 0);
  }

  #concat(inputs: readonly ValueName[], axis: number): ValueName {
    return this.#g.node("/concat", {
      opType: "Concat",
      inputs,
      attributes: { axis: { int: axis } },
    });
  }

  /** The first positions and the others. */
  #split(x: ValueName, first: number): readonly ValueName[] {
    const length = this.#g.shape(x)[1] ?? 0;
    if (length === first) return [x];
    return this.#g.nodes("/split", {
      opType: "Split",
      inputs: [x, this.#g.int64Constant("", [first, length - first])],
      attributes: { axis: { int: 1 } },
      outputs: 2,
    });
  }

  #reshape(x: ValueName, dims: readonly number[]): ValueName {
    return this.#g.node("/reshape", {
      opType: "Reshape",
      inputs: [x, this.#g.int64Constant("", dims)],
    });
  }
}
