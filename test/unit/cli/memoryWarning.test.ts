import assert from "node:assert/strict";
import { memoryWarning, worldWarning } from "../../../src/cli/ask/openModel";

const plan = { neededBytes: 3.9e9, availableBytes: 2.1e9 };

describe("worldWarning", () => {
  it("says what the demo knows and how to get another model, and nothing of others", () => {
    const words =
      'Demo model: knows coloured shapes only. "sightline models" lists models for photographs, and "sightline models add NAME" gets one.';
    assert.equal(worldWarning({ model: "demo" }), words);
    assert.equal(worldWarning({ model: "my-copy", world: "shapes" }), words);
    assert.equal(worldWarning({ model: "opt", world: "everyday" }), undefined);
  });
});

describe("memoryWarning", () => {
  it("says nothing of a model that fits", () => {
    assert.equal(memoryWarning("opt", { ...plan, availableBytes: 3.9e9 }), undefined);
  });

  it("says when it is the graphics adapter whose memory is missing", () => {
    assert.match(
      memoryWarning("opt", { ...plan, isOnAdapter: true }) ?? "",
      /^opt needs about 3\.9 GB of the graphics adapter's memory, and 2\.1 GB are free/,
    );
  });

  it("says how much is missing, and what needs less", () => {
    const sizes = "opt needs about 3.9 GB of memory, and 2.1 GB are free.";
    assert.equal(
      memoryWarning("opt", plan),
      `${sizes} Convert the checkpoint with "--precision small" for less.`,
    );
    const smaller = { name: "opt-small", neededBytes: 1.9e9 };
    assert.equal(
      memoryWarning("opt", { ...plan, smaller }),
      `${sizes} "--model opt-small" needs about 1.9 GB.`,
    );
  });
});
