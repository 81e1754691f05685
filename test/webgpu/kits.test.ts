import assert from "node:assert/strict";
import { runVerify, type VerifyReport } from "../../src/cli/verifyCommand";
import { fixturePath } from "../helpers/fixtures";

/** A software driver needs some 50 ms for a run of the smallest graph. */
const SLOW_MS = 600_000;

function assertOk(report: VerifyReport): void {
  assert.equal(report.device, "webgpu");
  assert.ok(report.ok, JSON.stringify(report, undefined, 1));
}

describe("kits on WebGPU, with no node on the CPU", () => {
  for (const kind of ["opt", "t5"]) {
    it(`gives the stages and sequences of transformers for ${kind} in f32`, async function () {
      this.timeout(SLOW_MS);
      const kit = fixturePath("kits", kind);
      const report = await runVerify(kit, { device: "webgpu", maxCases: 2 });
      assertOk(report);
      for (const { cases, equal } of Object.values(report.generation)) assert.equal(equal, cases);
    });

    for (const precision of ["int8", "int4"]) {
      it(`stays within the tolerance of ${precision} for ${kind}`, async function () {
        this.timeout(SLOW_MS);
        const kit = fixturePath("kits", kind);
        assertOk(await runVerify(kit, { device: "webgpu", precision, maxCases: 1 }));
      });
    }
  }

  it("scores pictures and texts as transformers does", async function () {
    this.timeout(SLOW_MS);
    assertOk(await runVerify(fixturePath("kits", "itm"), { device: "webgpu" }));
  });
});
