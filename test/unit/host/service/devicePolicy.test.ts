import assert from "node:assert/strict";
import { DEVICE_TROUBLE_MS, DevicePolicy } from "../../../../src/host/service/devicePolicy";

const gpu = { chosen: "auto", device: "webgpu", nRetries: 0 } as const;

describe("DevicePolicy", () => {
  it("tries the same device once more, and then goes to the CPU", () => {
    const policy = new DevicePolicy();
    assert.equal(policy.failed({ ...gpu, nowMs: 0 }), "again");
    assert.deepEqual(policy.applied({ model: "m", device: "auto" }).device, "auto");
    assert.equal(policy.failed({ ...gpu, nowMs: 1000, nRetries: 1 }), "onCpu");
    assert.deepEqual(policy.applied({ model: "m", device: "auto" }), { model: "m", device: "cpu" });
    assert.deepEqual(policy.overruled, { chosen: "auto", failed: "webgpu", why: "failed" });
    assert.equal(policy.nFailures, 2);
  });

  it("takes failures of two questions that are close for one trouble", () => {
    const policy = new DevicePolicy();
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.failed({ ...gpu, nowMs: DEVICE_TROUBLE_MS }), "onCpu");
  });

  it("forgives a failure that was long ago", () => {
    const policy = new DevicePolicy();
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.failed({ ...gpu, nowMs: DEVICE_TROUBLE_MS + 1 }), "again");
    assert.equal(policy.overruled, undefined);
  });

  it("does not try a question a third time on a device, however long it took", () => {
    const policy = new DevicePolicy();
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.failed({ ...gpu, nowMs: 2 * DEVICE_TROUBLE_MS, nRetries: 1 }), "onCpu");
  });

  it("knows nothing better than the CPU", () => {
    const policy = new DevicePolicy();
    assert.equal(policy.failed({ ...gpu, nowMs: 0, device: "cpu" }), "giveUp");
    policy.failed({ ...gpu, nowMs: 0 });
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.failed({ ...gpu, nowMs: 0, device: undefined }), "giveUp");
    assert.equal(policy.nFailures, 2);
  });

  it("names the device that failed when it cannot even be loaded again", () => {
    const policy = new DevicePolicy();
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.failed({ ...gpu, nowMs: 1, device: undefined }), "onCpu");
    assert.deepEqual(policy.overruled, { chosen: "auto", failed: "webgpu", why: "failed" });
  });

  it("takes the CPU at once where the model does not fit a device that nobody named", () => {
    const policy = new DevicePolicy();
    const why = (): string | undefined => policy.overruled?.why;
    assert.equal(policy.unfit("webgpu"), "giveUp");
    assert.equal(why(), undefined);
    assert.equal(policy.unfit("auto"), "onCpu");
    assert.equal(policy.applied({ model: "m", device: "auto" }).device, "cpu");
    assert.equal(policy.unfit("auto"), "giveUp");
    policy.choiceChanged("auto");
    assert.equal(why(), "unfit");
    policy.choiceChanged("webgpu");
    assert.equal(why(), undefined);
  });

  it("is in trouble only with the device that failed, and for a while", () => {
    const policy = new DevicePolicy();
    assert.equal(policy.isTroubled({ nowMs: 0, chosen: "auto" }), false);
    policy.failed({ ...gpu, nowMs: 0 });
    assert.equal(policy.isTroubled({ nowMs: 1, chosen: "auto" }), true);
    assert.equal(policy.isTroubled({ nowMs: 1, chosen: "cuda" }), false);
    assert.equal(policy.isTroubled({ nowMs: DEVICE_TROUBLE_MS + 1, chosen: "auto" }), false);
    policy.failed({ ...gpu, nowMs: 2 });
    assert.equal(policy.isTroubled({ nowMs: 3, chosen: "auto" }), false);
  });

  it("obeys the user again once another device is chosen", () => {
    const policy = new DevicePolicy();
    policy.failed({ ...gpu, nowMs: 0 });
    policy.failed({ ...gpu, nowMs: 0 });
    policy.choiceChanged("auto");
    assert.equal(policy.applied({ model: "m", device: "auto" }).device, "cpu");
    assert.equal(policy.applied({ model: "m", device: "webgpu" }).device, "webgpu");
    policy.choiceChanged("webgpu");
    policy.choiceChanged("auto");
    assert.equal(policy.applied({ model: "m", device: "auto" }).device, "auto");
    assert.equal(policy.failed({ ...gpu, nowMs: 1 }), "again");
  });
});
