import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readGivenPaths } from "../../../../src/cli/documents/pathPatterns";

describe("readGivenPaths", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sightline-patterns-"));
    mkdirSync(path.join(folder, "app/[slug]/(site)"), { recursive: true });
    writeFileSync(path.join(folder, "a[1]*.md"), "");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const cases: readonly (readonly [string, string, boolean])[] = [
    ["docs/**/*.md", "docs/a/b/c.md", true],
    ["docs/**/*.md", "docs/c.md", true],
    ["docs/**/*.md", "other/c.md", false],
    ["docs/**/*.md", "docs/.hidden/c.md", true],
    ["*.md", "c.md", true],
    ["*.md", "docs/c.md", false],
    ["./*.md", "c.md", true],
    ["*", "docs/c.md", true],
    ["d?cs/*", "docs/c.md", true],
    ["docs/[ab].md", "docs/b.md", true],
    ["docs/[!ab].md", "docs/b.md", false],
    ["{docs,blog}/*.{md,mdx}", "blog/c.mdx", true],
    ["docs/{1..3}.md", "docs/2.md", true],
    ["!(docs)/*.md", "blog/c.md", true],
    ["docs/\\*.md", "docs/*.md", true],
    ["docs/\\*.md", "docs/c.md", false],
    ["app/[slug]/*.md", "app/[slug]/c.md", true],
    ["app/[slug]/*.md", "app/s/c.md", false],
    ["app/**/(site)/*.md", "app/[slug]/(site)/c.md", true],
    ["app/../docs/*.md", "docs/c.md", true],
  ];
  for (const [pattern, file, isMatch] of cases) {
    it(`${pattern} ${isMatch ? "means" : "does not mean"} ${file}`, async () => {
      // Joined by hand: `path.join` would take out what the pattern goes up by.
      const system = { isWindows: false };
      const { wanted } = await readGivenPaths([`${folder}/${pattern}`], system);
      const [found] = wanted;
      assert.ok(found !== undefined && typeof found !== "string");
      assert.equal(found.matches(path.join(folder, file)), isMatch);
    });
  }

  it("takes what lies there for a path, whatever its name", async () => {
    const file = path.join(folder, "a[1]*.md");
    assert.deepEqual((await readGivenPaths([file, "-"])).wanted, [file, "-"]);
    assert.deepEqual((await readGivenPaths(["none.md", "a (1).md"])).wanted, [
      "none.md",
      "a (1).md",
    ]);
  });

  it("takes backslashes for slashes on Windows", async () => {
    const system = { isWindows: true };
    const { wanted, ...given } = await readGivenPaths(
      [`${folder}\\docs\\**\\*.MD`, `!${folder}\\docs\\old`],
      system,
    );
    const [found] = wanted;
    assert.ok(found !== undefined && typeof found !== "string");
    assert.equal(found.matches(path.join(folder, "docs/a/b.md")), true);
    assert.equal(given.isExcluded(path.join(folder, "docs/old/b.md")), true);
    assert.equal(given.isExcluded(path.join(folder, "docs/older/b.md")), false);
  });
});
