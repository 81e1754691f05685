import assert from "node:assert/strict";
import { runCli } from "../../../../src/cli/program";
import { parseTraining } from "../../../../src/measure/bench/benchProcess";
import { testHost } from "../../../helpers/cliHost";

describe("sightline bench --train", () => {
  it("refuses sizes that cannot work before it starts a process", async () => {
    for (const [flag, value] of [
      ["--batch", "1"],
      ["--batch", "2.5"],
      ["--runs", "0"],
    ] as const) {
      const host = testHost({});
      assert.notEqual(await runCli(["bench", "--train", flag, value], host), 0);
      assert.match(host.stderr.text, new RegExp(`${flag} must be a whole number from`));
    }
  });

  it("reads what a run prints, and nothing else", () => {
    const figures = { stepMs: [3, 4], cpuMs: [5, 6], peakBytes: 7, parameters: 8 };
    assert.deepEqual(parseTraining(JSON.stringify(figures)), figures);
    for (const broken of [
      { ...figures, stepMs: [] },
      { ...figures, cpuMs: [-1] },
      { ...figures, peakBytes: 0.5 },
    ]) {
      assert.throws(() => parseTraining(JSON.stringify(broken)), { code: "engine.exited" });
    }
  });
});
