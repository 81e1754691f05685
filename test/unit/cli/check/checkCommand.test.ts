import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { altCheck } from "../../../../src/cli/check/checkCommand";
import type { CheckContext } from "../../../../src/cli/check/checkContext";
import type { CheckFlags } from "../../../../src/cli/check/checkFlags";
import { MemorySink } from "../../../helpers/cliHost";
import { useAltPages } from "../../../helpers/altPages";

interface Row {
  readonly file: string;
  readonly rule: string;
  readonly level: string;
  readonly alt: string | null;
  readonly range: unknown;
  readonly also: readonly string[];
  readonly fixes: readonly unknown[];
}

describe("sightline alt check", () => {
  const pages = useAltPages();
  const { at, put, cli } = pages;

  async function check(
    paths: readonly string[],
    flags: CheckFlags = {},
    input = "",
  ): Promise<{ code: number; out: string; err: string }> {
    const stdout = new MemorySink();
    const stderr = new MemorySink();
    const context: CheckContext = {
      stdout,
      stderr,
      stdin: async function* () {
        yield Promise.resolve(input);
      },
      signal: new AbortController().signal,
      version: "1.2.3",
    };
    const code = await altCheck(context, paths, flags);
    return { code, out: stdout.text, err: stderr.text };
  }

  const rowsOf = (out: string): Row[] => JSON.parse(out) as Row[];

  it("passes over what is no document when a hook says so, also alone", async () => {
    const code = await put("main.py", "print(1)");
    assert.equal((await check([code])).code, 2);
    assert.equal((await check([code], { ignoreUnknown: true })).code, 0);
    assert.equal((await check([at("none.md")], { ignoreUnknown: true })).code, 2);
  });

  it("fails in JUnit only what fails the command", async () => {
    const twice = await put("a.md", "![](https://example.com/a.png)");
    const { out } = await check([twice], { format: ["junit"], failOn: "error" });
    assert.match(out, /tests="1" failures="0"/);
    assert.match(out, /<system-out>warn: The picture has no text/);
    assert.match((await check([twice], { format: ["junit"] })).out, /<failure type="warn"/);
  });

  it("prints JSON beside a report in a file, and not two reports", async () => {
    const file = await put("a.md", "![](https://example.com/a.png)");
    const report = at("report.txt");
    const both = await check([file], { format: [`text=${report}`], json: true });
    assert.equal(rowsOf(both.out).length, 1);
    assert.match(readFileSync(report, "utf8"), /warn missing/);
    const twice = await check([file], { format: ["text"], json: true });
    assert.equal(twice.code, 2);
    assert.match(twice.err, /both go to standard output/);
  });

  it("says when a path was taken for a branch", async () => {
    const { code, err } = await check([], { changed: pages.folder });
    assert.equal(code, 2);
    assert.match(err, /--changed takes .* for a branch or commit/);
  });

  it("exits with 0, 1 and 2 for nothing, findings and what could not be read", async () => {
    const good = await put("good.md", "![A fox](https://example.com/a.png)");
    const bad = await put("bad.md", "![](https://example.com/a.png)");
    const broken = await put("broken.dita", '<a><image href="b"/>');
    assert.equal((await check([good])).code, 0);
    assert.equal((await check([bad])).code, 1);
    assert.equal((await check([bad], { failOn: "error" })).code, 0);
    assert.equal((await check([bad, at("none.md")])).code, 2);
    assert.equal((await check([good, broken])).code, 2);
    for (const flags of [{ failOn: "ugly" }, { format: ["pdf"] }, { rule: ["missing=loud"] }]) {
      const { code, err } = await check([good], flags);
      assert.equal(code, 2);
      assert.match(err, /does not know/);
    }
    assert.equal((await check([])).code, 2);
  });

  it("is a verb of the program, and prints one array of findings", async () => {
    const file = await put("a.md", "\n[![](https://example.com/a.png)](b)");
    const { code, host } = await cli("alt", "check", file, "--format", "json");
    assert.equal(code, 1);
    const [row] = rowsOf(host.stdout.text);
    assert.deepEqual(row, {
      file: row?.file,
      range: { start: { line: 1, character: 1 }, end: { line: 1, character: 31 } },
      rule: "missing",
      level: "warn",
      target: "https://example.com/a.png",
      alt: "",
      message: row === undefined ? "" : (row as unknown as { message: string }).message,
      also: ["link-unnamed"],
      fixes: [],
    });
  });

  it("reads standard input under the name of a document", async () => {
    const { code, out } = await check(
      [],
      { stdin: true, stdinFilename: "a.adoc", json: true },
      "image::a.png[]",
    );
    assert.deepEqual([code, rowsOf(out)[0]?.rule], [1, "missing"]);
    assert.equal((await check([], { stdin: true })).code, 2);
  });

  it("mends what needs no judgement, and nothing else", async () => {
    const file = await put(
      "a.md",
      '![](https://example.com/a.png "Image of a fox")\n![](https://example.com/b.png)\n',
    );
    const { code } = await check([file], { fix: true });
    assert.equal(code, 1);
    assert.equal(
      readFileSync(file, "utf8"),
      "![A fox](https://example.com/a.png)\n![](https://example.com/b.png)\n",
    );
  });

  it("keeps what is known in a baseline that moved paragraphs do not change", async () => {
    const baseline = at("base.json");
    const file = await put("a.md", "![](https://example.com/a.png)\n");
    assert.equal((await check([file], { baseline, updateBaseline: true })).code, 0);
    assert.equal((await check([file], { baseline })).code, 0);
    await put("a.md", "# A\n\nMoved.\n\n![](https://example.com/a.png)\n");
    assert.equal((await check([file], { baseline })).code, 0);
    await put("a.md", "![](https://example.com/a.png)\n![](https://example.com/b.png)\n");
    const { code, out } = await check([file], { baseline, json: true });
    assert.deepEqual([code, rowsOf(out).length], [1, 1]);
    await put("a.md", "");
    assert.equal((await check([file], { baseline, strictBaseline: true })).code, 1);
    assert.equal((await check([file], { baseline, pruneBaseline: true })).code, 0);
    assert.ok(!readFileSync(baseline, "utf8").includes("a.png"));
    await put("base.json", "{}");
    assert.equal((await check([file], { baseline })).code, 2);
  });

  it("heeds the configuration above a document, and tells its mistakes", async () => {
    const file = await put("docs/a.md", "![](https://example.com/a.png)");
    const quiet = await put("docs/old/b.md", "![](https://example.com/a.png)");
    await put(
      ".sightline.jsonc",
      '{\n  // Ours.\n  "root": true,\n  "rules": { "missing": "hint" },\n  "ignore": ["old"],\n  "overrides": [{ "files": ["*.html"], "rules": { "missing": "error" } }],\n}\n',
    );
    const page = await put("docs/c.html", '<img src="https://example.com/a.png">');
    const { out, code } = await check([file, quiet, page], { json: true });
    assert.deepEqual(
      rowsOf(out).map(({ level }) => level),
      ["hint", "error"],
    );
    assert.equal(code, 1);
    await put(".sightline.jsonc", '{ "rule": {} }');
    const { code: failed, err } = await check([file]);
    assert.equal(failed, 2);
    assert.match(err, /there is no key "rule"; did you mean "rules"/);
  });

  it("tells only what a branch changed, and pictures whose file it changed", async () => {
    const folder = at("repo");
    mkdirSync(folder, { recursive: true });
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
        encoding: "utf8",
      });
    git("init", "-q");
    await put("repo/a.md", "![](https://example.com/a.png)\n\n![IMG_0001](b.png)\n");
    await put("repo/b.png", "one");
    git("add", ".");
    git("commit", "-q", "-m", "a");
    await put(
      "repo/a.md",
      "![](https://example.com/a.png)\n\n![IMG_0001](b.png)\n\n![](https://example.com/c.png)\n",
    );
    await put("repo/b.png", "two");
    const before = process.cwd();
    process.chdir(folder);
    try {
      const { out } = await check(["."], { changed: true, json: true });
      assert.deepEqual(
        rowsOf(out).map(({ rule }) => rule),
        ["filename", "missing"],
      );
      assert.equal((await check(["."], { changed: "--output=x" })).code, 2);
      assert.equal((await check(["."], { changed: "nowhere" })).code, 2);
    } finally {
      process.chdir(before);
    }
  });

  it("writes every form of a report, to files too, with the same fingerprints each time", async () => {
    const file = await put(
      "a b.md",
      '![](https://example.com/a.png "=SUM(1)")\n\nÄ ![image](https://example.com/b.png)\n',
    );
    const sarif = at("out.sarif");
    const once = await check([file], { format: [`sarif=${sarif}`, "csv"] });
    assert.match(
      once.out,
      /^file,line,column,rule,level,message,alt,target,resolved,wcag,fingerprint\r\n/,
    );
    const log = JSON.parse(readFileSync(sarif, "utf8")) as {
      version: string;
      runs: {
        results: { partialFingerprints: unknown; ruleIndex: number; ruleId: string }[];
        tool: { driver: { rules: { id: string }[] } };
      }[];
    };
    const [run] = log.runs;
    assert.equal(log.version, "2.1.0");
    assert.equal(run?.results.length, 2);
    for (const { ruleId, ruleIndex } of run.results) {
      assert.equal(run.tool.driver.rules[ruleIndex]?.id, ruleId);
    }
    const prints = JSON.stringify(run.results.map((each) => each.partialFingerprints));
    const again = JSON.parse((await check([file], { format: ["sarif"] })).out) as typeof log;
    assert.equal(
      JSON.stringify(again.runs[0]?.results.map((each) => each.partialFingerprints)),
      prints,
    );
    assert.match(
      (await check([file], { format: ["github"] })).out,
      /^::warning file=[^\n]*a b\.md,line=1,/,
    );
    assert.match(
      (await check([file], { format: ["junit"] })).out,
      /<testsuites name="sightline" tests="2"/,
    );
    assert.match(
      (await check([file], { format: ["markdown"] })).out,
      /\| \[missing\]\(https:\/\/www\.w3\.org/,
    );
    const rdjson = JSON.parse((await check([file], { format: ["rdjson"] })).out) as {
      diagnostics: { location: { range: { start: { column: number } } } }[];
    };
    // Ä takes two bytes.
    assert.equal(rdjson.diagnostics[1]?.location.range.start.column, 4);
    assert.equal(
      path.basename(rowsOf((await check([file], { json: true })).out)[0]?.file ?? ""),
      "a b.md",
    );
    assert.equal((await check([file], { format: ["csv", "json"] })).code, 2);
  });
});
