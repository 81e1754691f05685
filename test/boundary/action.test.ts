/** The GitHub Action, run as a workflow runs it: on a made folder, with inputs and files in the environment. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

// The action falls back to the bundle in dist of this checkout.
const ACTION = path.resolve("action/index.js");

describe("the action", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "sightline-action-"));
    writeFileSync(
      path.join(folder, "a.md"),
      "![](https://example.com/a.png)\n\n![image](https://example.com/b.png)\n",
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string): string => path.join(folder, name);

  function run(inputs: Readonly<Record<string, string>>): { status: number | null; out: string } {
    const env = Object.fromEntries(
      Object.entries({
        paths: ".",
        "fail-on": "warn",
        annotations: "true",
        summary: "true",
        ...inputs,
      }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, [ACTION], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        ...env,
        // What it found is kept there, and not among the caches of who runs the tests.
        SIGHTLINE_HOME: at("home"),
        GITHUB_OUTPUT: at("output"),
        GITHUB_STEP_SUMMARY: at("summary.md"),
      },
    });
    return { status, out: stdout + stderr };
  }

  it("annotates lines, sums up, sets outputs, writes SARIF and fails", () => {
    const { status, out } = run({ "sarif-file": "out.sarif" });
    assert.equal(status, 1, out);
    assert.match(
      out,
      /::warning file=a\.md,line=1,endLine=1,col=1,endColumn=31,title=sightline missing::/,
    );
    assert.equal(readFileSync(at("output"), "utf8"), "findings=2\nfiles=1\nfailed=true\n");
    assert.match(readFileSync(at("summary.md"), "utf8"), /\| \[placeholder\]/);
    const { runs } = JSON.parse(readFileSync(at("out.sarif"), "utf8")) as {
      runs: { results: unknown[] }[];
    };
    assert.equal(runs[0]?.results.length, 2);
  });

  it("can pass in spite of findings, and never in spite of a mistake", () => {
    assert.equal(run({ "fail-on": "never", annotations: "false" }).status, 0);
    assert.equal(run({ paths: "nowhere" }).status, 2);
    assert.equal(run({ "fail-on": "ugly" }).status, 2);
  });
});
