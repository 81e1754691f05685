import assert from "node:assert/strict";
import { durationOf, TimeLeft } from "../../../src/base/timeLeft";

describe("TimeLeft", () => {
  const totalBytes = 10_000;
  let nowMs: number;
  let left: TimeLeft;
  beforeEach(() => {
    nowMs = 0;
    left = new TimeLeft(() => nowMs);
  });
  const at = (ms: number, doneBytes: number): number | undefined => {
    nowMs = ms;
    return left.update({ doneBytes, totalBytes });
  };

  it("says nothing before the speed is known, and then how long the rest takes", () => {
    assert.equal(at(0, 5000), undefined);
    assert.equal(at(1000, 5100), undefined);
    assert.equal(at(4000, 5400), 46);
  });

  it("goes by the speed of late", () => {
    at(0, 0);
    at(10_000, 5000);
    at(40_000, 5300);
    assert.equal(at(70_000, 5600), 440);
  });

  it("says nothing while nothing comes", () => {
    at(0, 100);
    assert.equal(at(10_000, 100), undefined);
  });

  it("begins anew when there is less than before", () => {
    at(0, 5000);
    at(5000, 6000);
    assert.equal(at(6000, 10), undefined);
    assert.equal(at(10_000, 410), 95.9);
  });
});

describe("durationOf", () => {
  it("rounds up, to minutes from a minute on", () => {
    assert.deepEqual(durationOf(0.1), { hours: 0, minutes: 0, seconds: 1 });
    assert.deepEqual(durationOf(59.5), { hours: 0, minutes: 0, seconds: 60 });
    assert.deepEqual(durationOf(61), { hours: 0, minutes: 2, seconds: 0 });
    assert.deepEqual(durationOf(7190), { hours: 2, minutes: 0, seconds: 0 });
  });
});
