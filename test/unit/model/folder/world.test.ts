import assert from "node:assert/strict";
import { DEMO_MODEL, worldOf } from "../../../../src/model/folder/world";

describe("what a model knows", () => {
  for (const [name, model, world] of [
    ["is told by the name of the demo before it is loaded", { model: DEMO_MODEL }, "shapes"],
    ["is everyday pictures for any other name", { model: "/models/demo" }, "everyday"],
    ["is what its configuration says", { model: "copy", world: "shapes" }, "shapes"],
    [
      "is what its configuration says, whatever its name",
      { model: "demo", world: "everyday" },
      "everyday",
    ],
  ] as const) {
    it(name, () => {
      assert.equal(worldOf(model), world);
    });
  }
});
