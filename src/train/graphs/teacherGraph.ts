/**
 * A small convolutional network with a bag of words, which learns pictures and words from nothing ten times as fast
 * as an image encoder of attention does. The image encoder then learns from it. B pictures, T tokens of a text.
 */

import { linear } from "../../convert/graph/linear";
import { channelsLastConv } from "../grad/channelsLast";
import {
  activation,
  add,
  embedding,
  layerNorm,
  reshape,
  tensor,
  transpose,
  unitLength,
  vector,
} from "../../convert/graph/ops";
import { contrast, itcLoss, STAGE1_INPUTS } from "./stage1Graph";
import { TrainingGraph } from "../grad/trainingGraph";
import type { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import type { ValueName } from "../../convert/graph/graphBuilder";
import type { Blip2RetrievalConfig } from "../../model/config/blip2Config";
import type { Objectives } from "../session";

export interface TeacherSpec {
  readonly config: Blip2RetrievalConfig;
  readonly weights: CheckpointWeights;
  readonly batch: number;
  readonly textLength: number;
  /** What a validation looks at besides. @default false */
  readonly givesDetails?: boolean;
}

/** It sees pictures smaller than the image encoder does: it learns more in the same time. */
export const TEACHER_SIDE = 32;

/** Widths of the maps: a half, a quarter, an eighth and a sixteenth of a picture's side. */
export const WIDTHS = { half: 32, quarter: 64, eighth: 160, sixteenth: 256 } as const;

/** Residual blocks at each size. */
const BLOCKS = { quarter: 2, eighth: 2, sixteenth: 1 } as const;

const EPS = 1e-6;
const PRECISION = { kind: "f32" } as const;

/** Pictures and texts by contrast (ITC). Its inputs are those of stage 1 from pixels. */
export function teacherGraph(spec: TeacherSpec): Objectives {
  const g = new TrainingGraph("teacher", { batch: spec.batch, sizes: { text: spec.textLength } });
  const pictures = new Teacher(g, spec).pictures(pixelsOf(g, spec)).embeds;
  const texts = bagOfWords(g, spec);
  const loss = itcLoss(g, contrast(g, {}, { pictures, texts }));
  if (spec.givesDetails === true) {
    g.result("image_embeds", pictures);
    g.result("text_embeds", texts);
  }
  return { g, losses: { itc: loss }, loss };
}

export function pixelsOf(g: TrainingGraph, { config, batch }: TeacherSpec): ValueName {
  const { imageSize: side } = config.vision;
  return g.fixedInput(STAGE1_INPUTS.pixelValues, "float32", [batch, 3, side, side]);
}

/**
 * [B, P] of unit length: the words of a text, each with a weight that it has learnt.
 * @param inputs Names of their ids and mask.
 */
export function bagOfWords(
  g: TrainingGraph,
  { config, weights, batch, textLength }: TeacherSpec,
  inputs: { readonly textIds: string; readonly textMask: string } = STAGE1_INPUTS,
): string {
  const { vocabSize, hiddenSize: width } = config.qformer;
  const ids = g.fixedInput(inputs.textIds, "int64", [batch, textLength]);
  const table = (name: string, size: number): ValueName =>
    embedding(g, `/${name}`, {
      ...{ ids, precision: PRECISION },
      table: weights.tensor(name, [vocabSize, size]),
    });
  const words = table("embeddings.word_embeddings.weight", width); // [B, T, d]
  const scores = table("teacher.word_scores", 1); // [B, T, 1]
  const mask = g.fixedInput(inputs.textMask, "float32", [batch, 1, 1, textLength]);
  const flat = reshape(g, "/words/scores", scores, [batch, 1, textLength]);
  const masked = add(g, "/words/masked", [
    flat,
    reshape(g, "/words/mask", mask, [batch, 1, textLength]),
  ]);
  const shares = g.node("/words/shares", {
    opType: "Softmax",
    inputs: [masked],
    attributes: { axis: { int: -1 } },
  });
  const mixed = g.node("/words/mixed", { opType: "MatMul", inputs: [shares, words] });
  const normed = layerNorm(g, "/words/norm", reshape(g, "/words/flat", mixed, [batch, width]), {
    ...weights.norm("teacher.words.norm", width),
    eps: EPS,
  });
  const projected = linear(g, "/words/projection", normed, {
    ...weights.linear("text_projection", config.projectionSize, width),
    precision: PRECISION,
  });
  unitLength(g, "/words", projected, "/words/embeds");
  return "/words/embeds";
}

/** [B, 3, side, side] → [B, 3, TEACHER_SIDE, TEACHER_SIDE], each pixel the mean of what it covers. */
function shrunk(g: TrainingGraph, pixels: ValueName, side: number): ValueName {
  const path = "/teacher/shrunk";
  const rows = meansOver(TEACHER_SIDE, side);
  const down = g.tensorConstant(`${path}/down`, rows, [TEACHER_SIDE, side]);
  const across = g.tensorConstant(`${path}/across`, turned(rows, side), [side, TEACHER_SIDE]);
  const narrow = g.node(path, { opType: "MatMul", inputs: [pixels, across] });
  return g.node(path, { opType: "MatMul", inputs: [down, narrow] });
}

/** [to, from]: each of `to` lengths is the mean of what it covers of `from`. */
export function meansOver(to: number, from: number): Float32Array {
  const step = from / to;
  return Float32Array.from({ length: to * from }, (_, i) => {
    const [row, column] = [Math.floor(i / from), i % from];
    const covered = Math.min((row + 1) * step, column + 1) - Math.max(row * step, column);
    return Math.max(0, covered) / step;
  });
}

function turned(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

/** A map [B, side, side, width]; channels come last, so that a convolution is a product of matrices. */
interface Place {
  readonly x: ValueName;
  readonly side: number;
  readonly width: number;
}

export class Teacher {
  readonly #g: TrainingGraph;
  readonly #spec: TeacherSpec;

  constructor(g: TrainingGraph, spec: TeacherSpec) {
    this.#g = g;
    this.#spec = spec;
  }

  /** @param pixels f32 [B, 3, side, side]. `embeds` is [B, 1, P] of unit length, `map` [B, 4, 4, d]. */
  pictures(pixels: ValueName): { embeds: ValueName; map: ValueName } {
    const g = this.#g;
    const { config, batch } = this.#spec;
    const side = TEACHER_SIDE;
    const small = shrunk(g, pixels, config.vision.imageSize);
    const last = transpose(g, "/teacher/pixels", small, { perm: [0, 2, 3, 1] });
    const fine = this.#together({ x: last, side, width: 3 });
    const stem = {
      ...fine,
      x: this.#active("stem", this.#conv("stem", fine, WIDTHS.half)),
      width: WIDTHS.half,
    };
    const quarter = this.#stage("quarter", stem);
    const eighth = this.#stage("eighth", quarter);
    const { x, side: few, width } = this.#stage("sixteenth", eighth);
    const normed = this.#norm("out", x, width);
    const pooled = g.node("/teacher/pooled", {
      opType: "ReduceMean",
      inputs: [
        reshape(g, "/teacher/rows", normed, [batch, few * few, width]),
        g.int64Constant("", [1]),
      ],
      attributes: { keepdims: { int: 1 } },
    });
    const projected = this.#linear("projection", pooled, { width, out: config.projectionSize });
    unitLength(g, "/teacher/normalize", projected, "/teacher/embeds");
    return { embeds: "/teacher/embeds", map: this.#norm("map", eighth.x, eighth.width) };
  }

  /** Halves the map, then blocks: x + conv(relu(conv(norm(x)))). */
  #stage(name: keyof typeof BLOCKS, from: Place): Place {
    const merged = this.#together(from);
    const width = WIDTHS[name];
    const down = this.#linear(`${name}.down`, merged.x, { width: merged.width, out: width });
    let place: Place = { x: down, side: merged.side, width };
    for (let i = 0; i < BLOCKS[name]; i++) {
      const at = `${name}.${i}`;
      const normed = { ...place, x: this.#norm(at, place.x, width) };
      const first = { ...place, x: this.#active(at, this.#conv(`${at}.a`, normed, width)) };
      const sum = [place.x, this.#conv(`${at}.b`, first, width)] as const;
      place = { ...place, x: add(this.#g, `/teacher/${at}`, sum) };
    }
    return place;
  }

  /** Each four neighbours become one place: [B, s, s, d] → [B, s/2, s/2, 4d]. */
  #together({ x, side, width }: Place): Place {
    const g = this.#g;
    const { batch } = this.#spec;
    const half = side / 2;
    const apart = reshape(g, "/teacher/fours", x, [batch, half, 2, half, 2 * width]);
    const turned = transpose(g, "/teacher/fours", apart, { perm: [0, 1, 3, 2, 4] });
    const out = reshape(g, "/teacher/merged", turned, [batch, half, half, 4 * width]);
    return { x: out, side: half, width: 4 * width };
  }

  /** Three by three, zeros around the map. */
  #conv(name: string, { x, side, width }: Place, out: number): ValueName {
    const g = this.#g;
    const { batch, weights } = this.#spec;
    const at = `teacher.${name}`;
    const source = weights.linear(at, out, 9 * width);
    const folded = channelsLastConv(g, `/${at}`, {
      x: reshape(g, `/${at}`, x, [batch, side ** 2, width]),
      weight: tensor(g, `/${at}/weight`, { source: source.weight, dims: [out, 9 * width] }),
      bias: vector(g, `/${at}/bias`, source.bias),
    });
    return reshape(g, `/${at}`, folded, [batch, side, side, out]);
  }

  #linear(name: string, x: ValueName, { width, out }: { width: number; out: number }): ValueName {
    return linear(this.#g, `/teacher/${name}`, x, {
      ...this.#spec.weights.linear(`teacher.${name}`, out, width),
      precision: PRECISION,
    });
  }

  #norm(name: string, x: ValueName, width: number): ValueName {
    return layerNorm(this.#g, `/teacher/${name}/norm`, x, {
      ...this.#spec.weights.norm(`teacher.${name}.norm`, width),
      eps: EPS,
    });
  }

  #active(name: string, x: ValueName): ValueName {
    return activation(this.#g, `/teacher/${name}`, x, "relu");
  }
}
