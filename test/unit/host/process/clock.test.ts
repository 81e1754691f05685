import assert from "node:assert/strict";
import { systemClock } from "../../../../src/host/process/clock";

describe("systemClock", () => {
  it("calls back when the time has passed", async () => {
    const startMs = systemClock.now();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    assert.ok(systemClock.now() - startMs >= 4);
  });

  it("does not call back when it was told not to, nor for a delay without end", async () => {
    systemClock.after(1, () => assert.fail("rang"))();
    systemClock.after(Infinity, () => assert.fail("rang"));
    systemClock.after(2 ** 40, () => assert.fail("rang"))();
    await new Promise<void>((resolve) => systemClock.after(10, resolve));
  });
});
