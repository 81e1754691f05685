import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { AppError } from "../../src/base/errors";
import { readDiagnostics } from "../../src/host/diagnostics";
import { temporaryFolder } from "../helpers/kitModel";

/** What `node esbuild.mjs` makes of src/child/main.ts. */
const childFile = path.resolve("dist", "child.js");

const noEngine = (): AppError => new AppError("device.unavailable", "It has no engine.");

describe("the child's report on the machine", () => {
  it("is the command line's, made without a host and without writing anything", async () => {
    const home = path.join(await temporaryFolder(), "home");
    const { signal } = new AbortController();
    const text = await readDiagnostics({
      childFile,
      env: { SIGHTLINE_HOME: home },
      signal,
      noEngine,
    });
    for (const title of ["Program", "Memory", "Devices", "Store", "What would make it faster"]) {
      assert.match(text, new RegExp(`^${title}$`, "m"));
    }
    assert.match(text, /^ {2}Sightline {5}\d+\.\d+\.\d+$/m);
    assert.match(text, /^ {2}cpu {5}works: [\d.]+ GFLOPS$/m);
    assert.ok(text.includes(home));
    assert.equal(existsSync(home), false);
  });

  it("fails with a line for the caller when there is no such device", async () => {
    const outcome = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) => {
        execFile(
          process.execPath,
          [childFile, "doctor-probe", "quantum"],
          (error, stdout, stderr) => {
            resolve({ code: error?.code, stdout, stderr });
          },
        );
      },
    );
    assert.equal(outcome.code, 1);
    assert.match(outcome.stdout, /^\{"error":\{"code":"option\.invalid"/);
    assert.match(outcome.stderr, /"quantum" is no device/);
  });
});
