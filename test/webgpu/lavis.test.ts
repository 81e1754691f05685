import assert from "node:assert/strict";
import { runVerify } from "../../src/measure/verify/verify";
import { fixturePath } from "../helpers/fixtures";
import { holdDevice } from "../helpers/heldDevice";

holdDevice();

/** A software driver needs some 50 ms for a run of the smallest graph. */
const SLOW_MS = 600_000;

describe("releases of LAVIS on WebGPU, with no node on the CPU", () => {
  for (const [kit, settings, maxCases] of [
    ["blip2-vitl-pth", ["greedy", "beam5"], 1],
    // The first picture's caption comes behind its four texts.
    ["blip2-stage1-pth", ["greedy", "beam5"], 5],
  ] as const) {
    it(`gives the stages and sequences of LAVIS for ${kit} in f32`, async function () {
      this.timeout(SLOW_MS);
      const report = await runVerify(fixturePath("lavis", kit), {
        ...{ device: "webgpu", maxCases, settings },
      });
      assert.equal(report.device, "webgpu");
      assert.ok(report.ok, JSON.stringify(report, undefined, 1));
      assert.equal(Object.keys(report.generation).length, settings.length);
      for (const { cases, equal } of Object.values(report.generation)) assert.equal(equal, cases);
    });
  }
});
