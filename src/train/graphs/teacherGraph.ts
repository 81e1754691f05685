/**
 * A small convolutional network with a bag of words, which learns pictures and words from nothing ten times as fast
 * as an image encoder of attention does. The image encoder then learns from it. B pictures, T tokens of a text.
 */

import { linear } from "../../convert/graph/linear";
import {
  activation,
  add,
  embedding,
  layerNorm,
  mul,
  reshape,
  transpose,
  unitLength,
} from "../../convert/graph/ops";
import { visionStates } from "../../convert/families/visionGraph";
import { DataFilePlan } from "../../convert/weights/dataFile";
import { contrast, itcLoss, STAGE1_INPUTS } from "./stage1Graph";
import { TrainingGraph } from "../grad/trainingGraph";
import { sumAll } from "./losses";
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

/** Widths of the maps: a half, a quarter, an eighth and a sixteenth of a picture's side. */
const WIDTHS = { half: 32, quarter: 64, eighth: 160, sixteenth: 256 } as const;

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

/**
 * The image encoder beside the teacher, which stays as it is: the class token as the whole picture, and each patch
 * as that part of the teacher's map.
 */
export function pupilGraph(spec: TeacherSpec): Objectives {
  const { config, weights, batch } = spec;
  const { vision, projectionSize } = config;
  const g = new TrainingGraph("pupil", { batch, sizes: { text: spec.textLength } });
  const pixels = pixelsOf(g, spec);
  const { embeds, map } = new Teacher(g, spec).pictures(pixels);
  const data = new DataFilePlan("none");
  const states = visionStates(g, pixels, { config: vision, weights, precision: PRECISION, data });
  const normed = layerNorm(g, "/pupil/norm", states, {
    ...{ ...weights.norm("vision_model.post_layernorm", vision.hiddenSize), eps: EPS },
  });
  const patches = (g.shape(normed)[1] ?? 0) - 1;
  const [, parts = ""] = g.nodes("/pupil/parts", {
    opType: "Split",
    inputs: [normed, g.int64Constant("", [1, patches])],
    attributes: { axis: { int: 1 } },
    outputs: 2,
  });
  const token = g.node("/pupil/pooled", {
    opType: "ReduceMean",
    inputs: [parts, g.int64Constant("", [1])],
    attributes: { keepdims: { int: 1 } },
  });
  const seen = (name: string, x: ValueName, width: number): ValueName =>
    linear(g, `/pupil/${name}`, x, {
      ...weights.linear(`teacher.pupil.${name}`, width, vision.hiddenSize),
      precision: PRECISION,
    });
  const whole = seen("whole", token, projectionSize); // [B, 1, P]
  const each = seen("part", parts, WIDTHS.eighth); // [B, patches, d]
  const losses = {
    whole: distance(g, "/pupil/whole/loss", { x: whole, to: embeds, weight: 8 }),
    parts: distance(g, "/pupil/part/loss", { x: each, to: map, weight: 4 }),
  };
  if (spec.givesDetails === true) {
    g.result("image_embeds", "/pupil/whole/loss/x/unit");
    g.result("text_embeds", bagOfWords(g, spec));
  }
  return { g, losses, loss: add(g, "/loss", [losses.whole, losses.parts]) };
}

function pixelsOf(g: TrainingGraph, { config, batch }: TeacherSpec): ValueName {
  const { imageSize: side } = config.vision;
  return g.fixedInput(STAGE1_INPUTS.pixelValues, "float32", [batch, 3, side, side]);
}

/** weight · mean over rows of 1 − cos(x, to). */
function distance(
  g: TrainingGraph,
  path: string,
  { x, to, weight }: { x: ValueName; to: ValueName; weight: number },
): ValueName {
  const shape = g.shape(x);
  const rows = shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
  unitLength(g, `${path}/x`, x, `${path}/x/unit`);
  const target = reshape(g, `${path}/to`, to, shape);
  unitLength(g, `${path}/to`, target, `${path}/to/unit`);
  const cosines = mul(g, path, [`${path}/x/unit`, g.stopGradient(path, `${path}/to/unit`)]);
  const sum = sumAll(g, path, cosines);
  const scaled = mul(g, path, [sum, g.floatConstant("", -weight / rows)]);
  return add(g, path, [scaled, g.floatConstant("", weight)]);
}

/** [B, P] of unit length: the words of a text, each with a weight that it has learnt. */
function bagOfWords(g: TrainingGraph, { config, weights, batch, textLength }: TeacherSpec): string {
  const { vocabSize, hiddenSize: width } = config.qformer;
  const ids = g.fixedInput(STAGE1_INPUTS.textIds, "int64", [batch, textLength]);
  const table = (name: string, size: number): ValueName =>
    embedding(g, `/${name}`, {
      ...{ ids, precision: PRECISION },
      table: weights.tensor(name, [vocabSize, size]),
    });
  const words = table("embeddings.word_embeddings.weight", width); // [B, T, d]
  const scores = table("teacher.word_scores", 1); // [B, T, 1]
  const mask = g.fixedInput(STAGE1_INPUTS.textMask, "float32", [batch, 1, 1, textLength]);
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
  const projected = linear(g, "/text_projection", normed, {
    ...weights.linear("text_projection", config.projectionSize, width),
    precision: PRECISION,
  });
  unitLength(g, "/text_projection/normalize", projected, "/text_embeds");
  return "/text_embeds";
}

/** A map [B, side, side, width]; channels come last, so that a convolution is a product of matrices. */
interface Place {
  readonly x: ValueName;
  readonly side: number;
  readonly width: number;
}

class Teacher {
  readonly #g: TrainingGraph;
  readonly #spec: TeacherSpec;

  constructor(g: TrainingGraph, spec: TeacherSpec) {
    this.#g = g;
    this.#spec = spec;
  }

  /** @param pixels f32 [B, 3, side, side]. `embeds` is [B, 1, P] of unit length, `map` [B, side/8, side/8, d]. */
  pictures(pixels: ValueName): { embeds: ValueName; map: ValueName } {
    const g = this.#g;
    const { config, batch } = this.#spec;
    const side = config.vision.imageSize;
    const last = transpose(g, "/teacher/pixels", pixels, { perm: [0, 2, 3, 1] });
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

  /** Halves the map, then blocks: x + conv(gelu(conv(norm(x)))). */
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

  /** Three by three, zeros around the map: nine shifted maps beside each other, times one matrix. */
  #conv(name: string, { x, side, width }: Place, out: number): ValueName {
    const g = this.#g;
    const { batch } = this.#spec;
    const reads = Array.from({ length: 9 * side ** 2 }, (_, i) => {
      const [place, shift] = [Math.floor(i / 9), i % 9];
      const row = Math.floor(place / side) + Math.floor(shift / 3) - 1;
      const column = (place % side) + (shift % 3) - 1;
      const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < side;
      const around = (at: number): number => (at + side) % side;
      return { place: around(row) * side + around(column), isInside };
    });
    // Opposite borders meet first, so that each place is read nine times; then what came around is taken away.
    const shifted = g.node("/teacher/shifted", {
      opType: "Gather",
      inputs: [
        reshape(g, "/teacher/places", x, [batch, side ** 2, width]),
        g.int64Constant(
          "",
          reads.map(({ place }) => place),
        ),
      ],
      attributes: { axis: { int: 1 } },
    });
    const inside = Float32Array.from(reads, ({ isInside }) => (isInside ? 1 : 0));
    const mask = g.tensorConstant(`/teacher/inside/${side}`, inside, [reads.length, 1]);
    const masked = mul(g, "/teacher/shifted", [shifted, mask]);
    const beside = reshape(g, "/teacher/beside", masked, [batch, side, side, 9 * width]);
    return this.#linear(name, beside, { width: 9 * width, out });
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
    return activation(this.#g, `/teacher/${name}/gelu`, x, "gelu");
  }
}
