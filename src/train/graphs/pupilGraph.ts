/**
 * BLIP-2's two sides learn what a teacher has learnt: all queries see a picture as it does, the image encoder sees
 * each patch as its map does, and a text means what its bag of words does. What makes a picture its own is learnt by
 * contrast with the teacher's words for the others of a batch. B pictures.
 */

import { linear } from "../../convert/graph/linear";
import { add, mul, reshape, unitLength } from "../../convert/graph/ops";
import { TrainingGraph } from "../grad/trainingGraph";
import { sumAll } from "./losses";
import { contrast, itcLoss, Stage1Passes } from "./stage1Graph";
import { bagOfWords, meansOver, pixelsOf, Teacher, type TeacherSpec, WIDTHS } from "./teacherGraph";
import type { ValueName } from "../../convert/graph/graphBuilder";
import type { Objectives } from "../session";

/** Inputs of the graph besides those of stage 1 from pixels. */
export const PUPIL_INPUTS = {
  /** int64 [B, 1 + K]: the class token and K patches of each picture, by their rows in [B · (1 + patches), d]. */
  tokens: "pupil/tokens",
  /** int64 [B, K]: the same patches, by their rows in [B · patches, d]. */
  patches: "pupil/patches",
  /** int64 [B, T] and f32 [B, 1, 1, T]: the texts of all pictures, which the teacher reads. */
  textIds: "pupil/input_ids",
  textMask: "pupil/text_mask",
} as const;

export interface PupilSpec extends TeacherSpec {
  /** K: so many patches of each picture are looked at (Li et al., arXiv 2212.00794). @default all */
  readonly nPatches?: number | undefined;
  /** The Q-Former reads the texts of the first pictures alone. @default batch */
  readonly nTexts?: number | undefined;
}

export function pupilGraph(spec: PupilSpec): Objectives {
  const { config, weights, batch, nPatches, nTexts = batch } = spec;
  const g = new TrainingGraph("pupil", { batch, sizes: { text: spec.textLength } });
  const { embeds, map } = new Teacher(g, spec).pictures(pixelsOf(g, spec));
  const rows = (name: string, count: number): ValueName | undefined =>
    nPatches === undefined ? undefined : g.fixedInput(name, "int64", [batch, count + nPatches]);
  const kept = rows(PUPIL_INPUTS.tokens, 1);
  const passes = new Stage1Passes(g, { ...spec, fromPixels: true, kept });
  const image = passes.imageFeatures();
  const pictures = passes.pictures(image).embeds; // [B, Q, P]
  const each = linear(g, "/pupil/part", withoutToken(g, image), {
    ...weights.linear("teacher.pupil.part", WIDTHS.eighth, config.vision.hiddenSize),
    precision: { kind: "f32" },
  }); // [B, K, d]
  const mapped = patchesOf(g, map, { ...config.vision, kept: rows(PUPIL_INPUTS.patches, 0) });
  g.batch = nTexts;
  const texts = new Stage1Passes(g, { ...spec, batch: nTexts }).texts().embeds; // [nTexts, P]
  const words = bagOfWords(g, spec, PUPIL_INPUTS); // [B, P]
  const losses = {
    whole: distance(g, "/pupil/whole", { x: pictures, to: embeds, weight: 8 }),
    parts: distance(g, "/pupil/part", { x: each, to: mapped, weight: 2 }),
    words: distance(g, "/pupil/words", { x: texts, to: firstRows(g, words, nTexts), weight: 4 }),
    itc: itcLoss(g, contrast(g, {}, { pictures, texts: words })),
  };
  if (spec.givesDetails === true) {
    g.result("image_embeds", pictures);
    g.result("text_embeds", texts);
  }
  const [first = "", ...others] = Object.values(losses);
  const loss = others.reduce((sum, other) => add(g, "/loss", [sum, other]), first);
  return { g, losses, loss };
}

/** [B, P] → [count, P]. */
function firstRows(g: TrainingGraph, rows: ValueName, count: number): ValueName {
  const rest = (g.shape(rows)[0] ?? 0) - count;
  if (rest === 0) return rows;
  const [first = ""] = g.nodes("/pupil/first", {
    opType: "Split",
    inputs: [rows, g.int64Constant("", [count, rest])],
    attributes: { axis: { int: 0 } },
    outputs: 2,
  });
  return first;
}

/** [B, 1 + K, d] → [B, K, d]. */
function withoutToken(g: TrainingGraph, image: ValueName): ValueName {
  const [, parts = ""] = g.nodes("/pupil/parts", {
    opType: "Split",
    inputs: [image, g.int64Constant("", [1, (g.shape(image)[1] ?? 0) - 1])],
    attributes: { axis: { int: 1 } },
    outputs: 2,
  });
  return parts;
}

/** What the teacher's map has of each patch that is looked at: [B, s, s, d] → [B, K, d]. */
function patchesOf(
  g: TrainingGraph,
  map: ValueName,
  {
    imageSize,
    patchSize,
    kept,
  }: { imageSize: number; patchSize: number; kept: ValueName | undefined },
): ValueName {
  const [batch = 1, mapSide = 1, , width = 1] = g.shape(map);
  const [side, places] = [imageSize / patchSize, mapSide ** 2];
  const means = meansOver(side, mapSide);
  const along = (to: number, from: number): number => means[to * mapSide + from] ?? 0;
  const weights = Float32Array.from({ length: side ** 2 * places }, (_, i) => {
    const [patch, place] = [Math.floor(i / places), i % places];
    const rows = along(Math.floor(patch / side), Math.floor(place / mapSide));
    return rows * along(patch % side, place % mapSide);
  });
  const matrix = g.tensorConstant("/pupil/means", weights, [side ** 2, places]);
  const flat = reshape(g, "/pupil/map", map, [batch, places, width]);
  const patches = g.node("/pupil/patches", { opType: "MatMul", inputs: [matrix, flat] });
  if (kept === undefined) return patches;
  const rows = reshape(g, "/pupil/rows", patches, [batch * side ** 2, width]);
  return g.node("/pupil/kept", { opType: "Gather", inputs: [rows, kept] });
}

/** weight · mean over rows of 1 − cos(x, to). A row of `to` may stand for several. */
function distance(
  g: TrainingGraph,
  path: string,
  { x, to, weight }: { x: ValueName; to: ValueName; weight: number },
): ValueName {
  const rows = g
    .shape(x)
    .slice(0, -1)
    .reduce((product, dim) => product * dim, 1);
  unitLength(g, `${path}/x`, x, `${path}/x/unit`);
  unitLength(g, `${path}/to`, to, `${path}/to/unit`);
  const cosines = mul(g, path, [`${path}/x/unit`, g.stopGradient(path, `${path}/to/unit`)]);
  const scaled = mul(g, path, [sumAll(g, path, cosines), g.floatConstant("", -weight / rows)]);
  return add(g, path, [scaled, g.floatConstant("", weight)]);
}
