/**
 * BLIP-2's two sides learn what a teacher has learnt: all queries see a picture as it does, the image encoder sees
 * each part as its map does, and a text means what its bag of words does. A text has no hard negatives here, so that
 * a step takes a few pictures. B pictures with a text each.
 */

import { linear } from "../../convert/graph/linear";
import { add, mul, reshape, unitLength } from "../../convert/graph/ops";
import { TrainingGraph } from "../grad/trainingGraph";
import { sumAll } from "./losses";
import { Stage1Passes } from "./stage1Graph";
import {
  bagOfWords,
  meansOver,
  pixelsOf,
  Teacher,
  TEACHER_SIDE,
  type TeacherSpec,
  WIDTHS,
} from "./teacherGraph";
import type { ValueName } from "../../convert/graph/graphBuilder";
import type { Objectives } from "../session";

/** On a side of the teacher's map. */
const MAP_SIDE = TEACHER_SIDE / 8;

export function pupilGraph(spec: TeacherSpec): Objectives {
  const { config, weights, batch } = spec;
  const g = new TrainingGraph("pupil", { batch, sizes: { text: spec.textLength } });
  const { embeds, map } = new Teacher(g, spec).pictures(pixelsOf(g, spec));
  const passes = new Stage1Passes(g, { ...spec, fromPixels: true });
  const image = passes.imageFeatures();
  const pictures = passes.pictures(image).embeds; // [B, Q, P]
  const texts = passes.texts().embeds; // [B, P]
  const each = linear(g, "/pupil/part", partsOf(g, image), {
    ...weights.linear("teacher.pupil.part", WIDTHS.eighth, config.vision.hiddenSize),
    precision: { kind: "f32" },
  }); // [B, MAP_SIDE², d]
  const mapped = reshape(g, "/pupil/map", map, [batch, MAP_SIDE ** 2, WIDTHS.eighth]);
  const losses = {
    whole: distance(g, "/pupil/whole", { x: pictures, to: embeds, weight: 8 }),
    parts: distance(g, "/pupil/part", { x: each, to: mapped, weight: 2 }),
    words: distance(g, "/pupil/words", { x: texts, to: bagOfWords(g, spec), weight: 8 }),
  };
  if (spec.givesDetails === true) {
    g.result("image_embeds", pictures);
    g.result("text_embeds", texts);
  }
  const pictured = add(g, "/loss", [losses.whole, losses.parts]);
  return { g, losses, loss: add(g, "/loss", [pictured, losses.words]) };
}

/** What the image encoder sees of each part of the teacher's map: [B, 1 + side², d] → [B, MAP_SIDE², d]. */
function partsOf(g: TrainingGraph, image: ValueName): ValueName {
  const patches = (g.shape(image)[1] ?? 0) - 1;
  const [, parts = ""] = g.nodes("/pupil/parts", {
    opType: "Split",
    inputs: [image, g.int64Constant("", [1, patches])],
    attributes: { axis: { int: 1 } },
    outputs: 2,
  });
  const side = Math.sqrt(patches);
  const means = meansOver(MAP_SIDE, side);
  const weights = Float32Array.from({ length: MAP_SIDE ** 2 * patches }, (_, i) => {
    const [part, patch] = [Math.floor(i / patches), i % patches];
    const along = (to: number, from: number): number => means[to * side + from] ?? 0;
    return (
      along(Math.floor(part / MAP_SIDE), Math.floor(patch / side)) *
      along(part % MAP_SIDE, patch % side)
    );
  });
  const matrix = g.tensorConstant("/pupil/means", weights, [MAP_SIDE ** 2, patches]);
  return g.node("/pupil/parts", { opType: "MatMul", inputs: [matrix, parts] });
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
