/** What can be said of a scene, and asked about it. Lower case, without punctuation but question marks. */

import { defined } from "../../base/assert";
import { ALL_KINDS, bareKind } from "../drawings/kinds";
import { chance, pick } from "../chance";
import { COLOR_NAMES, PLACES, type Scene, type ShapeThing, type Thing } from "../scene";
import { SHAPES } from "../picture/shapes";
import { enumerate, numberWord, plural, withArticle } from "./words";
import type { Meaning } from "../drawings/meanings";
import type { RandomStream } from "../../engine/decode/sampling";

/** A question and its right answer. */
export interface Question {
  /** What is asked for: "exists", "where"; figures are told apart by it. */
  readonly kind: string;
  readonly text: string;
  readonly answer: string;
}

/** What a question may ask for although it is not there. */
export interface Elsewhere {
  meaning(random: RandomStream): Meaning;
}

/** "a red apple and a small blue square on a white background". */
export function captionOf({ ground, things }: Scene): string {
  const all = enumerate(things.map((thing) => phraseOf(thing)));
  const isSolo = things[0].place === undefined;
  return ground === "any" || isSolo ? all : `${all} on a ${ground} background`;
}

/** A text as people write them beside pictures: the caption, or for one emoji also its other words. */
export function pairedText(scene: Scene, random: RandomStream): string {
  const [thing] = scene.things;
  if (thing.kind !== "emoji" || thing.place !== undefined) return captionOf(scene);
  const { label, keywords } = thing.meaning;
  const form = random.nextUnit();
  if (form < 0.6 || keywords.length === 0) return label;
  if (form < 0.7) return withArticle(label);
  if (form < 0.85) return `${label} ${pick(random, keywords)}`;
  return pick(random, keywords);
}

function phraseOf(thing: Thing): string {
  return thing.kind === "shape"
    ? `a ${thing.size} ${thing.color} ${thing.shape}`
    : withArticle(thing.meaning.label);
}

/** Its name without size, by which it is asked for. */
function nameOf(thing: Thing): string {
  return thing.kind === "shape" ? `${thing.color} ${thing.shape}` : thing.meaning.label;
}

type Maker = (scene: Scene, random: RandomStream, elsewhere: Elsewhere) => Question | undefined;

/** A question about a scene. */
export function questionAbout(scene: Scene, random: RandomStream, elsewhere: Elsewhere): Question {
  const isSolo = scene.things[0].place === undefined;
  const makers = isSolo ? SOLO : GRID;
  for (;;) {
    const question = pick(random, makers)(scene, random, elsewhere);
    if (question !== undefined) return question;
  }
}

const exists: Maker = (scene, random, elsewhere) => {
  const asked = chance(random, 0.5)
    ? nameOf(pick(random, scene.things))
    : absentName(scene, random, elsewhere);
  const answer = scene.things.some((thing) => nameOf(thing) === asked) ? "yes" : "no";
  return { kind: "exists", text: `is there ${withArticle(asked)}?`, answer };
};

/** Something that is probably not there, and often nearly. */
function absentName({ things }: Scene, random: RandomStream, elsewhere: Elsewhere): string {
  const like = pick(random, things);
  if (like.kind === "emoji") return elsewhere.meaning(random).label;
  const color = chance(random, 0.6) ? like.color : pick(random, COLOR_NAMES);
  return `${color} ${pick(random, SHAPES)}`;
}

const whatIsIt: Maker = ({ things }, random) => {
  const text = pick(random, ["what is it?", "what is this?", "what does the picture show?"]);
  return { kind: "what is it", text, answer: nameOf(things[0]) };
};

const isKind: Maker = ({ things: [thing] }, random) => {
  if (thing.kind !== "emoji") return undefined;
  const { kinds } = thing.meaning;
  const asked = chance(random, 0.5) ? pick(random, kinds) : pick(random, ALL_KINDS);
  const answer = kinds.includes(asked) ? "yes" : "no";
  return { kind: "is kind", text: `is it ${asked}?`, answer };
};

const whatKind: Maker = ({ things: [thing] }) =>
  thing.kind !== "emoji"
    ? undefined
    : {
        kind: "what kind",
        text: "what kind of thing is it?",
        answer: bareKind(defined(thing.meaning.kinds.at(-1), "The kind of a meaning")),
      };

const isThis: Maker = ({ things: [thing] }, random, elsewhere) => {
  if (thing.kind !== "emoji") return undefined;
  const { label } = thing.meaning;
  const asked = chance(random, 0.5) ? label : elsewhere.meaning(random).label;
  return {
    kind: "is it",
    text: `is it ${withArticle(asked)}?`,
    answer: asked === label ? "yes" : "no",
  };
};

const colorOfNamed: Maker = ({ things: [thing] }) => {
  if (thing.kind !== "emoji") return undefined;
  const [color, ...rest] = thing.meaning.label.split(" ");
  const answer = COLOR_NAMES.find((name) => name === color);
  if (answer === undefined || rest.length === 0) return undefined;
  return { kind: "color", text: `what color is the ${rest.join(" ")}?`, answer };
};

const countAll: Maker = ({ things }) => {
  const areShapes = things.every(({ kind }) => kind === "shape");
  const text = `how many ${areShapes ? "shapes" : "things"} are there?`;
  return { kind: "count", text, answer: numberWord(things.length) };
};

const countNamed: Maker = ({ things }, random) => {
  const thing = pick(random, things);
  if (thing.kind === "shape") return undefined;
  const count = things.filter((other) => nameOf(other) === nameOf(thing)).length;
  const text = `how many ${plural(nameOf(thing))} are there?`;
  return { kind: "count", text, answer: numberWord(count) };
};

const countShapes: Maker = (scene, random) => {
  const shapes = onlyShapes(scene);
  if (shapes === undefined) return undefined;
  const like = pick(random, shapes);
  const isByColor = chance(random, 0.5);
  const isThere = chance(random, 0.7);
  const color = isThere ? like.color : pick(random, COLOR_NAMES);
  const shape = isThere ? like.shape : pick(random, SHAPES);
  const count = shapes.filter((thing) =>
    isByColor ? thing.color === color : thing.shape === shape,
  ).length;
  const text = `how many ${isByColor ? `${color} shapes` : `${shape}s`} are there?`;
  return { kind: "count", text, answer: numberWord(count) };
};

const where: Maker = ({ things }, random) => {
  const thing = onlyOne(things, pick(random, things), nameOf);
  if (thing?.place === undefined) return undefined;
  return { kind: "where", text: `where is the ${nameOf(thing)}?`, answer: thing.place };
};

const whatIsAt: Maker = ({ things }, random) => {
  const place = (chance(random, 0.9) && pick(random, things).place) || pick(random, PLACES);
  const thing = things.find((other) => other.place === place);
  const answer = thing === undefined ? "nothing" : withArticle(nameOf(thing));
  return { kind: "what is at", text: `what is at the ${place}?`, answer };
};

const ground: Maker = (scene) =>
  scene.ground === "any"
    ? undefined
    : { kind: "ground", text: "what color is the background?", answer: scene.ground };

const shapeFact =
  (
    ask: (thing: ShapeThing) => Omit<Question, "kind">,
    by: (thing: ShapeThing) => string,
    kind: string,
  ): Maker =>
  (scene, random) => {
    const shapes = scene.things.filter((thing) => thing.kind === "shape");
    if (shapes.length === 0) return undefined;
    const thing = onlyOne(shapes, pick(random, shapes), by);
    return thing === undefined ? undefined : { kind, ...ask(thing) };
  };

const colorOf = shapeFact(
  ({ shape, color }) => ({ text: `what color is the ${shape}?`, answer: color }),
  ({ shape }) => shape,
  "color",
);
const shapeOf = shapeFact(
  ({ shape, color }) => ({ text: `what shape is ${color}?`, answer: shape }),
  ({ color }) => color,
  "shape",
);
const sizeOf = shapeFact(
  (thing) => ({ text: `how big is the ${nameOf(thing)}?`, answer: thing.size }),
  nameOf,
  "size",
);

function onlyShapes({ things }: Scene): ShapeThing[] | undefined {
  const shapes = things.filter((thing) => thing.kind === "shape");
  return shapes.length === things.length ? shapes : undefined;
}

/** The thing, unless others share what `by` says of it. */
function onlyOne<T extends Thing>(
  things: readonly T[],
  thing: T,
  by: (thing: T) => string,
): T | undefined {
  return things.filter((other) => by(other) === by(thing)).length === 1 ? thing : undefined;
}

/** Kinds of questions about one emoji; one that is named twice is asked twice as often. */
const SOLO: readonly Maker[] = [
  whatIsIt,
  whatIsIt,
  whatIsIt,
  isThis,
  exists,
  isKind,
  whatKind,
  colorOfNamed,
];

const GRID: readonly Maker[] = [
  exists,
  exists,
  where,
  whatIsAt,
  countAll,
  countNamed,
  countShapes,
  ground,
  colorOf,
  shapeOf,
  sizeOf,
];
