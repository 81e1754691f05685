/** ONNX Runtime in a process of its own that sees no variable of a CI, where it is silent by itself. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const CHILD = path.join(__dirname, "..", "helpers", "ortChild.js");

describe("ONNX Runtime's telemetry", () => {
  for (const given of [undefined, "0"]) {
    it(`stays off where ORT_DISABLE_TELEMETRY is ${given ?? "not set"}`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), "sightline-telemetry-"));
      try {
        // It leaves an identifier and a queue in the cache, and a file in the temporary or the current folder.
        const env = {
          HOME: folder,
          TMPDIR: folder,
          ...(given === undefined ? {} : { ORT_DISABLE_TELEMETRY: given }),
        };
        const child = await promisify(execFile)(process.execPath, [CHILD], { cwd: folder, env });
        assert.deepEqual(child, { stdout: "", stderr: "" });
        assert.deepEqual(await readdir(folder), []);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
