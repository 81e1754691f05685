import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "../../../../src/base/logger";
import { chooseDevice, type ProbeResult } from "../../../../src/engine/device/device";
import { rememberedDeviceIn } from "../../../../src/engine/device/rememberedDevice";
import type { SessionFactory } from "../../../../src/engine/session/session";

const CPU = {
  device: "cpu",
  reason: { code: "slower", device: "webgpu", gflops: { device: 0.3, cpu: 70 } },
} as const;
const DAY_MS = 24 * 3600 * 1000;

const unusedFactory: SessionFactory = {
  open: () => Promise.reject(new Error("no graph is opened here")),
};

describe("rememberedDeviceIn", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-device-"));
    file = path.join(folder, "deep", "device.json");
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("recalls for a week that the CPU is the better device", async () => {
    let now = 1000;
    const memory = rememberedDeviceIn({ file, nowMs: () => now });
    assert.equal(await memory.recall(), undefined);
    await memory.remember(CPU);
    assert.deepEqual(await memory.recall(), CPU);
    now += 6 * DAY_MS;
    assert.deepEqual(await memory.recall(), CPU);
    now += 2 * DAY_MS;
    assert.equal(await memory.recall(), undefined);
  });

  it("forgets when the system is another one", async () => {
    await rememberedDeviceIn({ file, fingerprint: "old driver" }).remember(CPU);
    assert.equal(await rememberedDeviceIn({ file, fingerprint: "new driver" }).recall(), undefined);
  });

  it("forgets when a device works", async () => {
    const memory = rememberedDeviceIn({ file });
    await memory.remember(CPU);
    await memory.remember({ device: "webgpu", reason: { code: "asked", device: "webgpu" } });
    assert.equal(await memory.recall(), undefined);
  });

  it("takes a damaged file for no memory and writes over it", async () => {
    const memory = rememberedDeviceIn({ file });
    await memory.remember(CPU);
    for (const text of [
      "",
      "{",
      '{"reason": 3}',
      '{"reason": "The CPU is faster."}',
      '{"probedAtMs": 1e999}',
      "[]",
    ]) {
      await writeFile(file, text);
      assert.equal(await memory.recall(), undefined, text);
    }
    await memory.remember(CPU);
    assert.deepEqual(await memory.recall(), CPU);
    assert.deepEqual(await readdir(path.dirname(file)), ["device.json"]);
  });

  it("does without a file where none can be written", async () => {
    await writeFile(path.join(folder, "deep"), "a file in the way");
    const memory = rememberedDeviceIn({ file });
    await memory.remember(CPU);
    assert.equal(await memory.recall(), undefined);
  });

  it("spares the next start the probe, but only for auto", async () => {
    const memory = rememberedDeviceIn({ file });
    let nProbes = 0;
    const probe = (): Promise<ProbeResult> => {
      nProbes++;
      return Promise.resolve({ verdict: "right", gflops: { device: 1, cpu: 50 } });
    };
    const query = { factory: unusedFactory, logger: silentLogger, probe, memory };
    const first = await chooseDevice({ ...query, choice: "auto" });
    const second = await chooseDevice({ ...query, choice: "auto" });
    assert.deepEqual(second, first);
    assert.equal(nProbes, 1);
    assert.equal((await chooseDevice({ ...query, choice: "webgpu" })).device, "webgpu");
    assert.equal(nProbes, 2);
  });
});
