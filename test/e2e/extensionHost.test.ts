/** The suite of test/extension, run by the editor's own extension host against the packed extension. */

import assert from "node:assert/strict";
import path from "node:path";
import { runInExtensionHost } from "./extensionHost";

/** Bundled by the runner. */
const SUITE = path.join("out", "end-to-end", "extension", "index.js");
/** Opening the editor, and the whole suite. */
const LIMIT_MS = 400_000;

describe("the extension host", () => {
  it("passes the suite for desktop editors as well", async function () {
    this.timeout(LIMIT_MS);
    const { passed, failed, exitCode } = await runInExtensionHost(SUITE, {
      files: { pictures: { from: "media/samples" } },
      // Without them the editor starts no server of tools.
      settings: { "chat.disableAIFeatures": false },
    });
    for (const line of passed) process.stdout.write(`      ${line}\n`);
    assert.deepEqual(failed, []);
    assert.ok(passed.length >= 15, `only ${passed.length} tests ran`);
    assert.equal(exitCode, 0);
  });
});
