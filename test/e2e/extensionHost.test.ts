/** The suite of test/extension, run by the editor's own extension host against the packed extension. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AGENT_CALLS, differences, shownIn, withShown } from "../helpers/agentCalls";
import { runInExtensionHost } from "./extensionHost";

/** Bundled by the runner. */
const SUITE = path.join("out", "end-to-end", "extension", "index.js");
const DOCUMENT = path.resolve("docs", "AGENTS.md");
/** Writes down what the editor's tools answer, in the place of a comparison. */
const isRecording = process.env["SIGHTLINE_RECORD"] === "1";
/** Opening the editor, and the whole suite. */
const LIMIT_MS = 800_000;

describe("the extension host", () => {
  it("passes the suite for desktop editors as well", async function () {
    this.timeout(LIMIT_MS);
    const { passed, failed, answers, exitCode } = await runInExtensionHost(SUITE, {
      files: { pictures: { from: "media/samples" } },
      // Without them the editor starts no server of tools.
      settings: { "chat.disableAIFeatures": false },
    });
    for (const line of passed) process.stdout.write(`      ${line}\n`);
    assert.deepEqual(failed, []);
    assert.ok(passed.length >= 15, `only ${passed.length} tests ran`);
    assert.equal(exitCode, 0);
    assert.deepEqual(Object.keys(answers), Object.keys(AGENT_CALLS));
    let markdown = await readFile(DOCUMENT, "utf8");
    for (const tool of Object.keys(AGENT_CALLS)) {
      if (isRecording) markdown = withShown(markdown, tool, ["editor", answers[tool]]);
      else assert.deepEqual(differences(answers[tool], shownIn(markdown, tool, "editor")), []);
    }
    if (isRecording) await writeFile(DOCUMENT, markdown);
  });
});
