import assert from "node:assert/strict";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { drawStyle, type Sprite } from "../../../../src/world/drawings/sprites";
import { paint } from "../../../../src/world/picture/paint";
import { COLORS, gridScene, soloScene, type Scene } from "../../../../src/world/scene";

const SIDE = 96;
const MEANING = { label: "dot", kinds: ["an object"], keywords: [] };

/** A red square with a blue lower right quarter, on nothing. */
async function dot(outline = false): Promise<Sprite> {
  const body =
    '<path fill="#f00" d="M2 2h28v28H2z"/><path fill="#00f" stroke="none" d="M16 16h14v14H16z"/>';
  const drawings = new Map([["dot", { body, width: 32, height: 32 }]]);
  const set = await drawStyle({ name: "test", drawings }, ["dot", "absent"], outline);
  assert.deepEqual([...set.sprites.keys()], ["dot"]);
  return set.sprites.get("dot")!;
}

function noSprite(): Sprite {
  throw new Error("no emoji in this scene");
}

function colorAt(planes: Float32Array, x: number, y: number): number[] {
  return [0, 1, 2].map((c) => planes[(c * SIDE + y) * SIDE + x]! * 255);
}

describe("paint", () => {
  it("draws each shape in its quarter and its colour", () => {
    const random = RandomStream.seeded(5);
    const middles = { "top left": [24, 24], "top right": [72, 24] } as const;
    for (const [place, [x, y]] of Object.entries(middles)) {
      const thing = { kind: "shape", shape: "circle", color: "blue", size: "large" } as const;
      const scene: Scene = {
        ground: "white",
        things: [{ ...thing, place: place as keyof typeof middles }],
      };
      const planes = paint(scene, { side: SIDE, spriteOf: noSprite, isVaried: false }, random);
      colorAt(planes, x, y).forEach((value, c) => {
        assert.ok(Math.abs(value - COLORS.blue[c]!) <= 18.5, `${place}: ${value}`);
      });
      assert.ok(colorAt(planes, 95 - x, y).every((value) => value > 240));
    }
  });

  it("shows a drawing upright as it is, and its transparency", async () => {
    const sprite = await dot();
    const scene: Scene = {
      ground: "white",
      things: [{ kind: "emoji", slug: "dot", meaning: MEANING, place: undefined }],
    };
    const options = { side: SIDE, spriteOf: () => sprite, isVaried: false };
    const planes = paint(scene, options, RandomStream.seeded(1));
    assert.deepEqual(colorAt(planes, 30, 30), [255, 0, 0]);
    assert.deepEqual(colorAt(planes, 70, 70), [0, 0, 255]);
    assert.ok(colorAt(planes, 1, 1).every((value) => value > 240));
  });

  it("gives shapes without a stroke an outline when asked to", async () => {
    const darkest = ({ levels }: Sprite) => {
      const { pixels } = levels[0]!;
      let found = 255;
      for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i + 3] === 255) found = Math.min(found, Math.max(...pixels.subarray(i, i + 3)));
      }
      return found;
    };
    assert.equal(darkest(await dot()), 255);
    assert.ok(darkest(await dot(true)) < 64);
  });

  it("varies drawings within the range of colours, the same way for the same seed", async () => {
    const sprite = await dot();
    const paintMany = (seed: number) => {
      const random = RandomStream.seeded(seed);
      return Array.from({ length: 40 }, (_, i) => {
        const scene =
          i % 2 === 0
            ? soloScene(random, "dot", MEANING)
            : gridScene(random, () => ({ slug: "dot", meaning: MEANING }));
        return paint(scene, { side: SIDE, spriteOf: () => sprite, isVaried: true }, random);
      });
    };
    const first = paintMany(7);
    assert.ok(first.every((planes) => planes.every((value) => value >= 0 && value <= 1)));
    assert.deepEqual(paintMany(7), first);
    assert.notDeepEqual(paintMany(8), first);
  });
});
