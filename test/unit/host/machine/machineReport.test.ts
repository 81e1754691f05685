import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../../../src/base/errors";
import { readDiagnostics } from "../../../../src/host/machine/machineReport";
import { temporaryFolder } from "../../../helpers/kitModel";

const noEngine = (): AppError => new AppError("device.unavailable", "It has no engine.");

describe("readDiagnostics", () => {
  let childFile: string;
  beforeEach(async () => {
    childFile = path.join(await temporaryFolder(), "child.js");
  });
  const never = new AbortController().signal;

  const read = async (script: string, signal = never): Promise<string> => {
    await writeFile(childFile, script);
    return await readDiagnostics({
      childFile,
      env: { SIGHTLINE_HOME: "/a/store" },
      signal,
      noEngine,
    });
  };

  it("gives what the process prints, which is told what to do and where the store is", async () => {
    const script = `const { argv, env } = process;
      console.log(argv[2], env.SIGHTLINE_HOME, env.ELECTRON_RUN_AS_NODE);`;
    assert.equal(await read(script), "doctor /a/store 1\n");
  });

  it("says how the process failed", async () => {
    const script = `console.error("first"); console.error("The disk is gone."); process.exit(3);`;
    await assert.rejects(read(script), {
      code: "engine.exited",
      message:
        "The report could not be made: its process ended with the exit code 3. The disk is gone.",
    });
  });

  it("ends the process with its signal", async () => {
    const stop = new AbortController();
    const stopped = read("setInterval(() => 0, 1000);", stop.signal);
    setImmediate(() => {
      stop.abort();
    });
    await assert.rejects(stopped, { code: "request.cancelled" });
  });

  it("says that a package has no engine", async () => {
    await assert.rejects(readDiagnostics({ childFile, signal: never, noEngine }), {
      code: "device.unavailable",
      message: /has no engine/,
    });
  });
});
