import assert from "node:assert/strict";
import { cp, mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { TOOLS } from "../../src/tools/toolTable";
import {
  AGENT_CALLS,
  differences,
  PAGE,
  PAGE_NAME,
  shownIn,
  withShown,
  writtenAnswer,
} from "../helpers/agentCalls";
import { temporaryFolder } from "../helpers/kitModel";
import { type ConnectedClient, connectMcp } from "../helpers/mcpClient";

const DOCUMENT = path.resolve("docs", "AGENTS.md");
/** Writes down what is answered, in the place of a comparison. */
const isRecording = process.env["SIGHTLINE_RECORD"] === "1";

describe("what the documentation shows of sightline mcp", function () {
  // The demos are converted at their first use.
  this.timeout(240_000);
  let folder = "";
  let connected: ConnectedClient;

  before(async () => {
    folder = await realpath(await temporaryFolder());
    await mkdir(path.join(folder, "pictures"));
    for (const name of ["four-shapes", "red-circle", "two-stars"]) {
      const file = `${name}.png`;
      await cp(path.join("media", "samples", file), path.join(folder, "pictures", file));
    }
    await writeFile(path.join(folder, PAGE_NAME), PAGE);
    const home = await temporaryFolder();
    connected = await connectMcp(["--root", folder, "--model", "demo"], { home });
  });

  after(async () => {
    await connected.client.close();
  });

  it("is a call of every tool", () => {
    const names = TOOLS.map(({ name }) => name);
    assert.deepEqual(Object.keys(AGENT_CALLS), names);
  });

  for (const [tool, input] of Object.entries(AGENT_CALLS)) {
    it(`is what ${tool} answers`, async () => {
      const { structuredContent, content } = await connected.client.callTool(
        { name: tool, arguments: { ...input } },
        { timeout: 120_000 },
      );
      assert.ok(structuredContent !== undefined, JSON.stringify(content));
      const answer = writtenAnswer(structuredContent, folder);
      const markdown = await readFile(DOCUMENT, "utf8");
      if (isRecording) {
        const asked = withShown(markdown, tool, ["input", input]);
        await writeFile(DOCUMENT, withShown(asked, tool, ["server", answer]));
        return;
      }
      assert.deepEqual(shownIn(markdown, tool, "input"), input);
      assert.deepEqual(differences(answer, shownIn(markdown, tool, "server")), []);
    });
  }
});
