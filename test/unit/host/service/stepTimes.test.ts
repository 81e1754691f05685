import assert from "node:assert/strict";
import { StepTimes } from "../../../../src/host/service/stepTimes";

describe("StepTimes", () => {
  it("knows nothing before a step came to its end", () => {
    assert.equal(new StepTimes(() => "opt").expected("look"), undefined);
  });

  it("expects the median of the last ones", () => {
    const times = new StepTimes(() => "opt");
    for (const ms of [60_000, 9000, 30_000, 10_000]) times.note("look", ms);
    assert.equal(times.expected("look"), 30_000);
    // The first is forgotten, and one slow moment does not count.
    for (const ms of [8000, 9500]) times.note("look", ms);
    assert.equal(times.expected("look"), 9500);
    assert.equal(times.expected("load"), undefined);
  });

  it("takes no note of pictures that were known already", () => {
    const times = new StepTimes(() => "opt");
    times.note("look", 12);
    assert.equal(times.expected("look"), undefined);
  });

  it("keeps the models apart", () => {
    let model = "opt";
    const times = new StepTimes(() => model);
    times.note("load", 20_000);
    model = "demo";
    assert.equal(times.expected("load"), undefined);
    model = "opt";
    assert.equal(times.expected("load"), 20_000);
  });

  it("does not guess how many words an answer will have", () => {
    const times = new StepTimes(() => "opt");
    times.note("write", 5000);
    assert.equal(times.expected("write"), undefined);
  });
});
