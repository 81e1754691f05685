import assert from "node:assert/strict";
import { verifyTraining } from "../../src/measure/verify/verifyTraining";
import { fixturePath } from "../helpers/fixtures";
import { holdDevice } from "../helpers/heldDevice";

holdDevice();

describe("training on WebGPU, with no node on the CPU", () => {
  it("equals a trusted program's in the kit stage2-opt", async function () {
    this.timeout(600_000);
    const kit = fixturePath("training", "stage2-opt");
    const { ok, stages, device } = await verifyTraining(kit, { device: "webgpu" });
    assert.equal(device, "webgpu");
    assert.ok(ok, JSON.stringify(stages));
  });
});
