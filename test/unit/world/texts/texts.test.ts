import assert from "node:assert/strict";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { gridScene, shapeScene, soloScene, type Scene } from "../../../../src/world/scene";
import { captionOf, pairedText, questionAbout } from "../../../../src/world/texts/texts";
import { numberWord } from "../../../../src/world/texts/words";
import type { Meaning } from "../../../../src/world/drawings/meanings";

const CAT: Meaning = { label: "cat", kinds: ["a mammal", "an animal"], keywords: ["pet"] };
const APPLE: Meaning = { label: "red apple", kinds: ["a fruit", "food"], keywords: ["fruit tree"] };
const elsewhere = { meaning: () => CAT };

function askOften(
  scene: (random: RandomStream) => Scene,
  check: (scene: Scene) => void,
): Set<string> {
  const random = RandomStream.seeded(3);
  const kinds = new Set<string>();
  for (let i = 0; i < 600; i++) {
    const shown = scene(random);
    check(shown);
    kinds.add(questionAbout(shown, random, elsewhere).kind);
  }
  return kinds;
}

describe("texts of the world", () => {
  it("captions in reading order", () => {
    const scene: Scene = {
      ground: "cream",
      things: [
        { kind: "emoji", slug: "red-apple", meaning: APPLE, place: "top left" },
        { kind: "shape", shape: "star", color: "blue", size: "small", place: "bottom right" },
      ],
    };
    assert.equal(captionOf(scene), "a red apple and a small blue star on a cream background");
    const solo: Scene = {
      ground: "white",
      things: [{ kind: "emoji", slug: "cat", meaning: CAT, place: undefined }],
    };
    assert.equal(captionOf(solo), "a cat");
  });

  it("pairs an emoji with its name and its other words, and with nothing else", () => {
    const random = RandomStream.seeded(1);
    const scene = soloScene(random, "red-apple", APPLE);
    const texts = new Set(Array.from({ length: 200 }, () => pairedText(scene, random)));
    assert.deepEqual(
      [...texts].sort(),
      ["a red apple", "fruit tree", "red apple", "red apple fruit tree"].sort(),
    );
  });

  it("asks every kind of question, and answers what the scene says", () => {
    const random = RandomStream.seeded(9);
    for (let i = 0; i < 2000; i++) {
      const scene = gridScene(random, () =>
        random.nextUnit() < 0.5 ? { slug: "red-apple", meaning: APPLE } : undefined,
      );
      const { kind, text, answer } = questionAbout(scene, random, elsewhere);
      const names = scene.things.map((thing) =>
        thing.kind === "shape" ? `${thing.color} ${thing.shape}` : thing.meaning.label,
      );
      if (kind === "exists") {
        const asked = /is there an? (.*)\?/.exec(text)?.[1];
        assert.ok(asked !== undefined, text);
        assert.equal(answer, names.includes(asked) ? "yes" : "no");
      } else if (kind === "where") {
        const asked = /where is the (.*)\?/.exec(text)?.[1];
        const found = scene.things.filter((_, at) => names[at] === asked);
        assert.deepEqual(
          found.map(({ place }) => place),
          [answer],
        );
      } else if (text === "how many things are there?" || text === "how many shapes are there?") {
        assert.equal(answer, numberWord(scene.things.length));
      } else if (text === "how many red apples are there?") {
        assert.equal(answer, numberWord(names.filter((name) => name === "red apple").length));
      } else if (kind === "ground") {
        assert.equal(answer, scene.ground);
      }
    }
  });

  it("asks of a scene only what has one answer", () => {
    const grid = askOften(shapeScene, (scene) => {
      const places = scene.things.map(({ place }) => place);
      assert.equal(new Set(places).size, places.length, "one thing for each place");
    });
    assert.deepEqual([...grid].sort(), [
      "color",
      "count",
      "exists",
      "ground",
      "shape",
      "size",
      "what is at",
      "where",
    ]);
    const solo = askOften(
      (random) => soloScene(random, "red-apple", APPLE),
      () => undefined,
    );
    assert.deepEqual([...solo].sort(), [
      "color",
      "exists",
      "is it",
      "is kind",
      "what is it",
      "what kind",
    ]);
  });
});
