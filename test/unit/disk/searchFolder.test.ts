import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { filesBelow, SkippedParts } from "../../../src/disk/searchFolder";

describe("filesBelow", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sightline-search-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function put(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  async function search(root = "."): Promise<{ found: string[]; note: string | undefined }> {
    const skipped = new SkippedParts();
    const found: string[] = [];
    const files = filesBelow(path.join(folder, root), {
      signal: new AbortController().signal,
      isWanted: (name) => name.endsWith(".md"),
      heedsGitignore: true,
      skipped,
      onFailure: (thrown) => {
        throw thrown;
      },
    });
    for await (const file of files) found.push(path.relative(folder, file));
    return { found, note: skipped.summary() };
  }

  /** Names that are chapters of documentation as often as they are what a tool made. */
  const chapters = ["build", "out", "target", "vendor", "dist", "coverage", "bin", "tmp", "public"];

  it("searches folders that are called as a tool's are", async () => {
    for (const name of [...chapters, "_site", "venv", "third_party"]) {
      put({ [`docs/${name}/a.md`]: "" });
    }
    const { found, note } = await search();
    assert.equal(found.length, chapters.length + 3);
    assert.equal(note, undefined);
  });

  const made: readonly (readonly [string, string])[] = [
    ["target/a.md", "Cargo.toml"],
    ["web/build/a.md", "web/docusaurus.config.ts"],
    ["_site/a.md", "_config.yml"],
    ["site/a.md", "mkdocs.yml"],
    ["env/a.md", "env/pyvenv.cfg"],
    ["x/cache/a.md", "x/cache/CACHEDIR.TAG"],
    ["vendor/x/a.md", "vendor/autoload.php"],
    ["coverage/a.md", "coverage/lcov.info"],
    [".vitepress/dist/a.md", ".vitepress/config.ts"],
    ["deep/node_modules/a.md", "deep/package.json"],
    ["out/a.md", "next.config.mjs"],
  ];
  for (const [document, evidence] of made) {
    it(`leaves out ${document} because of ${evidence}, and says so`, async () => {
      put({ [document]: "", [evidence]: "", "kept.md": "" });
      const { found, note } = await search();
      assert.deepEqual(found, ["kept.md"]);
      assert.match(note ?? "", /^Not searched: 1 folder made by tools \(.+\)\. Name a folder/);
    });
  }

  it("reads every .gitignore as git does", async () => {
    put({
      ".gitignore": "/build/\n*.tmp.md\n!kept.tmp.md\n# build\n\\#a.md\nlogs/*\n!logs/keep\n",
      "docs/.gitignore": "drafts\n!/build/\n",
      ...{ "build/a.md": "", "docs/build/a.md": "", "docs/drafts/a.md": "", "drafts/a.md": "" },
      ...{
        "x.tmp.md": "",
        "kept.tmp.md": "",
        "#a.md": "",
        "logs/a/b.md": "",
        "logs/keep/c.md": "",
      },
    });
    const { found, note } = await search();
    assert.deepEqual(found.sort(), [
      "docs/build/a.md",
      "drafts/a.md",
      "kept.tmp.md",
      "logs/keep/c.md",
    ]);
    assert.equal(
      note,
      "Not searched: 3 folders that .gitignore names (a, build, drafts), 2 documents that .gitignore names. Name a folder or file to search it.",
    );
  });

  it("reads those above up to the repository, and info/exclude", async () => {
    put({
      ".git/info/exclude": "mine.md\nours.md\n",
      ".gitignore": "old/\n!ours.md\n",
      "docs/old/a.md": "",
      "docs/mine.md": "",
      "docs/ours.md": "",
    });
    assert.deepEqual((await search("docs")).found, ["docs/ours.md"]);
  });

  it("searches a folder that is named, whatever is said of it", async () => {
    put({
      ".git/HEAD": "",
      ".gitignore": "old/\n*.draft.md\n",
      "docs/old/sub/a.md": "",
      "docs/old/x.draft.md": "",
      "node_modules/p/readme.md": "",
    });
    assert.deepEqual((await search("docs/old")).found, [
      "docs/old/x.draft.md",
      "docs/old/sub/a.md",
    ]);
    assert.deepEqual((await search("docs/old/sub")).found, ["docs/old/sub/a.md"]);
    assert.deepEqual((await search("node_modules")).found, ["node_modules/p/readme.md"]);
  });

  it("says which hidden folders it does not search", async () => {
    put({ ".notes/a.md": "", ".github/b.md": "", ".vitepress/theme/c.md": "", ".git/d.md": "" });
    const { found, note } = await search();
    assert.deepEqual(found, [".github/b.md", ".vitepress/theme/c.md"]);
    assert.match(note ?? "", /^Not searched: 1 hidden \(\.notes\)\. /);
  });

  it("is not held up by a hostile .gitignore", async () => {
    put({ ".gitignore": `${"*a".repeat(40)}b\n${"**/".repeat(40)}x\nz.md`, "z.md": "" });
    put({ [`${"a".repeat(200)}.md`]: "" });
    assert.equal((await search()).found.length, 1);
  });
});
