import assert from "node:assert/strict";

import { devicesOf, probeApart } from "../../../src/doctor/probe";

/** A process that runs a script instead of a probe. */
const running = (script: string): { program: string; args: readonly string[] } => ({
  program: process.execPath,
  args: ["-e", script],
});
const telling = (value: unknown): string => `console.log(${JSON.stringify(JSON.stringify(value))})`;

describe("devicesOf", () => {
  it("knows what each platform's runtime has, the CPU always", () => {
    assert.deepEqual(devicesOf("linux", "x64"), ["webgpu", "cuda", "cpu"]);
    assert.deepEqual(devicesOf("linux", "arm64"), ["webgpu", "cpu"]);
    assert.deepEqual(devicesOf("win32", "x64"), ["webgpu", "dml", "cpu"]);
    assert.deepEqual(devicesOf("darwin", "arm64"), ["webgpu", "coreml", "cpu"]);
    assert.deepEqual(devicesOf("freebsd", "x64"), ["cpu"]);
  });
});

describe("probeApart", () => {
  it("reads what the process found out, after whatever a driver printed", async () => {
    const found = { state: "works", gflops: { device: 10, cpu: 5 }, float16: false };
    const script = `console.log("a driver's message"); ${telling(found)}`;
    assert.deepEqual(await probeApart("webgpu", running(script)), { device: "webgpu", ...found });
    const absent = { state: "absent", why: "No adapter." };
    assert.deepEqual(await probeApart("cuda", running(telling(absent))), {
      device: "cuda",
      ...absent,
    });
  });

  it("tells of a process that a signal ended, even after its result", async () => {
    const found = { state: "works", gflops: { device: 10, cpu: 5 }, float16: false };
    const script = `${telling(found)}; process.kill(process.pid, "SIGSEGV"); setTimeout(() => 0, 60000)`;
    assert.deepEqual(await probeApart("webgpu", running(script)), {
      ...{ device: "webgpu", state: "crashed" },
      why: "It crashed the test process (SIGSEGV).",
    });
  });

  it("ends a process that hangs, though it ignores milder signals", async () => {
    const script = `process.on("SIGTERM", () => 0); for (;;);`;
    const facts = await probeApart("webgpu", { ...running(script), patienceMs: 1000 });
    assert.deepEqual(facts, {
      ...{ device: "webgpu", state: "timeout" },
      why: "The test was ended after 1 s.",
    });
  });

  it("passes on the message of a process that failed, or its exit code", async () => {
    const error = { error: { code: "device.unavailable", message: "It cannot be loaded." } };
    const failed = await probeApart("cpu", running(`${telling(error)}; process.exitCode = 1`));
    assert.equal(failed.state, "crashed");
    assert.equal(failed.why, "The test process failed: It cannot be loaded.");
    const silent = await probeApart("cpu", running("process.exitCode = 7"));
    assert.equal(silent.why, "The test process failed: it ended with the exit code 7.");
  });

  it("takes nothing for a result that is none", async () => {
    for (const value of [
      "works",
      { state: "fine" },
      { state: "works" },
      { state: "works", gflops: { device: null, cpu: 1 }, float16: true },
      { state: "absent" },
    ]) {
      const facts = await probeApart("webgpu", running(telling(value)));
      assert.equal(facts.state, "crashed", JSON.stringify(value));
      assert.match(facts.why ?? "", /told nothing/);
    }
  });

  it("tells of a program that cannot be started", async () => {
    const facts = await probeApart("webgpu", { program: "/nonexistent/program", args: [] });
    assert.equal(facts.state, "crashed");
    assert.match(facts.why ?? "", /ENOENT/);
  });

  it("ends with its signal", async () => {
    const stop = new AbortController();
    const ended = probeApart("webgpu", { ...running("for (;;);"), signal: stop.signal });
    stop.abort();
    assert.equal((await ended).state, "crashed");
  });
});
