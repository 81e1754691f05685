/** What is kept between two runs of `alt check` is used where it counts, and never believed where it may not. */

import assert from "node:assert/strict";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { altCheck } from "../../../../src/cli/check/checkCommand";
import type { CheckFlags } from "../../../../src/cli/check/checkFlags";
import { MemorySink } from "../../../helpers/cliHost";
import { useAltPages } from "../../../helpers/altPages";

const PAGE = "![A fox](fox.png)\n\n![](https://example.com/a.png)\n";

describe("findings that are kept between runs", () => {
  const { at, put } = useAltPages();
  let program = "";
  beforeEach(async () => {
    program = await put("program.js", "1");
  });

  const place = (): string => at("cache/checks");

  async function check(flags: CheckFlags = {}): Promise<string[]> {
    const stdout = new MemorySink();
    await altCheck(
      {
        ...{ stdout, stderr: new MemorySink(), signal: new AbortController().signal },
        stdin: async function* () {
          yield await Promise.resolve("");
        },
        version: "1.2.3",
        cachePlace: { root: () => at("cache"), programFile: program },
      },
      [at("docs")],
      { ...flags, json: true },
    );
    const rows = JSON.parse(stdout.text) as { file: string; rule: string; message: string }[];
    return rows.map(({ file, rule }) => `${path.basename(file)} ${rule}`);
  }

  function keptFiles(): string[] {
    return readdirSync(place(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name));
  }

  /** The one file of this test's one folder of documents. */
  function kept(): string {
    const [file = ""] = keptFiles();
    return file;
  }

  it("are used where nothing changed, and follow pictures that come and go", async () => {
    await put("docs/a.md", PAGE);
    assert.deepEqual(await check(), ["a.md unresolved", "a.md missing"]);
    const before = readFileSync(kept(), "utf8");
    utimesSync(kept(), 1, 1);
    assert.deepEqual(await check(), ["a.md unresolved", "a.md missing"]);
    // Nothing was found anew, or it would have been kept anew.
    assert.equal(statSync(kept()).mtimeMs, 1000);
    await put("docs/fox.png", "");
    assert.deepEqual(await check(), ["a.md missing"]);
    assert.notEqual(readFileSync(kept(), "utf8"), before);
    rmSync(at("docs/fox.png"));
    assert.deepEqual(await check(), ["a.md unresolved", "a.md missing"]);
  });

  it("are another matter for another text, name, configuration, rule or program", async () => {
    const file = await put("docs/a.md", PAGE);
    await check();
    writeFileSync(file, "![image](https://example.com/a.png)\n");
    assert.deepEqual(await check(), ["a.md placeholder"]);
    await put("docs/.sightline.jsonc", '{"rules": {"placeholder": "off"}}');
    assert.deepEqual(await check(), []);
    assert.deepEqual(await check({ rule: ["placeholder=warn"] }), ["a.md placeholder"]);
    await put("docs/.sightline.jsonc", '{"words": {"allowed": ["image"]}}');
    assert.deepEqual(await check(), []);
    rmSync(at("docs/.sightline.jsonc"));
    await put("docs/b.md", "![image](https://example.com/a.png)\n");
    assert.deepEqual(await check(), ["a.md placeholder", "b.md placeholder"]);
    const [before] = readdirSync(place());
    writeFileSync(program, "2");
    await check();
    assert.equal(readdirSync(place()).length, 2);
    assert.ok(readdirSync(place()).includes(before ?? ""));
  });

  it("are read anew where a file of them is cut, changed or another's", async () => {
    await put("docs/a.md", PAGE);
    await check();
    const whole = readFileSync(kept(), "utf8");
    const forged = whole.replace(/"findings":\[.*?\],"unusedLines"/, '"findings":[],"unusedLines"');
    assert.notEqual(forged, whole);
    const [folder = ""] = readdirSync(place());
    for (const damaged of ["", "{}", whole.slice(0, -20), forged, "\n[]", "x".repeat(200)]) {
      writeFileSync(path.join(place(), folder, path.basename(kept())), damaged);
      assert.deepEqual(await check(), ["a.md unresolved", "a.md missing"]);
      assert.equal(readFileSync(kept(), "utf8"), whole);
    }
    // That of another folder, under this one's name.
    await put("docs/other/a.md", PAGE);
    await check();
    const [one = "", two = ""] = keptFiles();
    const [first, second] = [readFileSync(one, "utf8"), readFileSync(two, "utf8")];
    writeFileSync(one, second);
    writeFileSync(two, first);
    await check();
    assert.deepEqual([readFileSync(one, "utf8"), readFileSync(two, "utf8")], [first, second]);
  });

  it("are not asked for with --no-cache, and not needed where there is no place", async () => {
    await put("docs/a.md", PAGE);
    assert.equal((await check({ cache: false })).length, 2);
    assert.throws(() => readdirSync(at("cache")));
    await put("cache", "no folder");
    assert.equal((await check()).length, 2);
  });

  it("of programs that nobody runs any more go", async () => {
    await put("docs/a.md", PAGE);
    const old = path.join(place(), "a".repeat(64));
    const foreign = path.join(place(), "mine");
    for (const folder of [old, foreign]) {
      mkdirSync(folder, { recursive: true });
      utimesSync(folder, 1, 1);
    }
    await check();
    assert.ok(!readdirSync(place()).includes("a".repeat(64)));
    assert.ok(readdirSync(place()).includes("mine"));
  });
});
