import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { AppError } from "../../src/base/errors";
import { readDiagnostics } from "../../src/host/machine/machineReport";
import { temporaryFolder } from "../helpers/kitModel";
import { isAlive, until } from "../helpers/waiting";

/** What `node esbuild.mjs` makes of src/child/main.ts. */
const childFile = path.resolve("dist", "child.js");

/** Ids of a process's children, this command's own excepted. */
function childrenOf(pid: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const list = execFile("pgrep", ["-P", String(pid)], (_error, stdout) => {
      const ids = stdout.split("\n").filter((line) => line !== "");
      resolve(ids.map(Number).filter((id) => id !== list.pid));
    });
  });
}

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

  it("takes the process that tries a device along when it is cancelled", async function () {
    // Windows ends the tree by another way, and has no pgrep.
    if (process.platform === "win32") return;
    const home = path.join(await temporaryFolder(), "home");
    const stop = new AbortController();
    const report = readDiagnostics({
      ...{ childFile, env: { SIGHTLINE_HOME: home }, noEngine },
      signal: stop.signal,
    });
    const failed = assert.rejects(report, { code: "request.cancelled" });
    let probes: readonly number[] = [];
    while (probes.length === 0) {
      const lists = await Promise.all((await childrenOf(process.pid)).map(childrenOf));
      probes = lists.flat();
    }
    stop.abort();
    await failed;
    // Left to itself, the first device takes longer.
    await until(() => !probes.some(isAlive), "the end of the process that tries a device");
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
