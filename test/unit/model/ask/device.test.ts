import assert from "node:assert/strict";
import { JsonObject } from "../../../../src/base/json";
import { deviceReasonText, isSameReason, readDeviceReason } from "../../../../src/model/ask/device";

const read = (value: unknown): unknown =>
  readDeviceReason(new JsonObject(value, { file: "device.json", code: "internal" }));

describe("the reason for a device", () => {
  it("is a sentence with the speeds where they were measured", () => {
    const gflops = { device: 300, cpu: 70.04 };
    assert.equal(
      deviceReasonText({ code: "faster", device: "webgpu", gflops }),
      "WebGPU is used because it is faster here (300.0 against the CPU's 70.0 GFLOPS).",
    );
    assert.equal(
      deviceReasonText({ code: "asked", device: "cpu" }),
      "The CPU was asked for by name.",
    );
  });

  it("is read back as it was written, and refused when a field is of another kind", () => {
    const reason = { code: "slower", device: "dml", gflops: { device: 1, cpu: 2 } };
    assert.deepEqual(read({ ...reason, more: 1 }), reason);
    for (const wrong of [
      { code: "__proto__" },
      { device: "tpu" },
      { gflops: { device: "fast" } },
    ]) {
      assert.throws(() => read({ ...reason, ...wrong }), /device\.json/);
    }
  });

  it("is the same only with the same speeds", () => {
    const reason = { code: "faster", device: "webgpu" } as const;
    assert.ok(isSameReason(reason, { ...reason }));
    assert.ok(!isSameReason(reason, { ...reason, gflops: { device: 1, cpu: 2 } }));
    assert.ok(!isSameReason(reason, undefined));
  });
});
