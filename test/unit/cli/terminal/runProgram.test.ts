import assert from "node:assert/strict";
import { runProgram } from "../../../../src/cli/terminal/runProgram";

describe("runProgram", () => {
  const never = new AbortController().signal;

  it("gives the exit code and the end of what was said", async () => {
    const source = "process.stderr.write('x'.repeat(9000) + 'last'); process.exitCode = 3";
    const { exitCode, stderr } = await runProgram(["-e", source], never);
    assert.equal(exitCode, 3);
    assert.ok(stderr.endsWith("xlast") && stderr.length === 4000);
  });

  it("ends a program with the signal", async () => {
    const stop = new AbortController();
    const ended = runProgram(["-e", "setInterval(() => {}, 1000)"], stop.signal);
    stop.abort();
    assert.notEqual((await ended).exitCode, 0);
    assert.notEqual(
      (await runProgram(["-e", "setInterval(() => {}, 1000)"], stop.signal)).exitCode,
      0,
    );
  });
});
