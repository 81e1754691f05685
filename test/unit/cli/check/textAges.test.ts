/** Texts that are older than their pictures, in a repository of git. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { baselineText, rightText } from "../../../../src/audit/baseline";
import { altCheck } from "../../../../src/cli/check/checkCommand";
import type { CheckFlags } from "../../../../src/cli/check/checkFlags";
import { useAltPages } from "../../../helpers/altPages";
import { MemorySink } from "../../../helpers/cliHost";

const PAGE = "# A\n\n![A fox](fox.png)\n\n![A cat](cat.png)\n";

describe("texts that are older than their pictures", () => {
  const { at, put } = useAltPages();
  const before = process.cwd();
  let time = 1_700_000_000;

  function git(...args: readonly string[]): void {
    const date = `${time++} +0000`;
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd: at("."),
      env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
      stdio: "ignore",
    });
  }

  beforeEach(async () => {
    git("init", "-b", "main");
    await put("page.md", PAGE);
    await put("fox.png", "one");
    await put("cat.png", "one");
    git("add", "-A");
    git("commit", "-m", "a");
    process.chdir(at("."));
  });

  afterEach(() => {
    process.chdir(before);
  });

  async function stale(flags: CheckFlags): Promise<string[]> {
    const stdout = new MemorySink();
    const stderr = new MemorySink();
    const context = {
      ...{ stdout, stderr, signal: new AbortController().signal, version: "1.2.3" },
      stdin: async function* () {
        yield await Promise.resolve("");
      },
      cachePlace: { root: () => at("home"), programFile: at("page.md") },
    };
    const code = await altCheck(context, ["page.md"], { ...flags, json: true });
    assert.notEqual(code, 2, stderr.text);
    const rows = JSON.parse(stdout.text) as { rule: string; alt: string }[];
    return rows.map(({ rule, alt }) => `${rule} ${alt}`);
  }

  it("are told since a commit, and from the cache alone nothing else is", async () => {
    await put("fox.png", "two");
    await put("new.png", "one");
    git("add", "-A");
    assert.deepEqual(await stale({}), []);
    assert.deepEqual(await stale({ changed: true }), ["stale A fox"]);
    assert.deepEqual(await stale({}), []);
    await put("page.md", PAGE.replace("A fox", "Two foxes"));
    assert.deepEqual(await stale({ changed: true }), []);
  });

  it("are told of the whole history, until somebody calls one right", async () => {
    assert.deepEqual(await stale({ history: true }), []);
    await put("fox.png", "two");
    assert.deepEqual(await stale({ history: true }), ["stale A fox"]);
    git("add", "-A");
    git("commit", "-m", "b");
    assert.deepEqual(await stale({ history: true }), ["stale A fox"]);
    await put("page.md", `More.\n\n${PAGE.replace("A cat", "Two cats")}`);
    git("commit", "-a", "-m", "c");
    assert.deepEqual(await stale({ history: true }), ["stale A fox"]);
    const digest = createHash("sha256").update("two").digest("hex");
    const right = [rightText(digest, "A fox")];
    await put("known.json", baselineText({ findings: [], right }));
    assert.deepEqual(await stale({ history: true, baseline: "known.json" }), []);
    await put("page.md", PAGE.replace("A fox", "Three foxes"));
    git("commit", "-a", "-m", "d");
    assert.deepEqual(await stale({ history: true }), []);
  });
});
