/** Probing a real WebGPU provider on a software adapter, which is right, slow and without f16. */

import assert from "node:assert/strict";
import { silentLogger } from "../../src/base/logger";
import { chooseDevice, probeDevice, supportsFloat16 } from "../../src/engine/device/device";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";

const factory = createOrtSessionFactory();

describe("devices on a software adapter", () => {
  it("finds no half precision, and the device usable after the failed attempt", async () => {
    assert.equal(await supportsFloat16("webgpu", factory), false);
    assert.equal((await probeDevice("webgpu", factory)).verdict, "right");
  });

  it("does not choose software on its own, and says so", async () => {
    const chosen = await chooseDevice({ choice: "auto", factory, logger: silentLogger });
    assert.equal(chosen.device, "cpu");
    assert.equal(chosen.reason.code, "slower");
  });

  it("takes it when it is asked for by name", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => warnings.push(line) };
    const chosen = await chooseDevice({ choice: "webgpu", factory, logger });
    assert.equal(chosen.device, "webgpu");
    assert.equal(warnings.length, 1);
  });
});
