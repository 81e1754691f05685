import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findDocuments } from "../../../../src/cli/documents/altDocuments";
import { picturesNamed } from "../../../../src/cli/ask/pictureList";
import { AppError } from "../../../../src/base/errors";

const never = new AbortController().signal;

describe("findDocuments", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sightline-documents-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);

  function put(...names: readonly string[]): void {
    for (const name of names) {
      mkdirSync(path.dirname(at(name)), { recursive: true });
      writeFileSync(at(name), "");
    }
  }

  /** A pattern keeps its mark in front of the folder. */
  const given = (text: string): string =>
    text.startsWith("!") ? `!${at(text.slice(1))}` : at(text);

  async function files(...texts: readonly string[]): Promise<string[]> {
    const { documents, failures } = await findDocuments(texts.map(given), never);
    assert.deepEqual(failures, []);
    return documents.map(({ file }) => path.relative(folder, file));
  }

  it("walks folders without what tools make, and finds each document once", async () => {
    put("a.md", "b/c.tsx", ".github/d.md", "b/.e.html", "b/build/f.md");
    put("node_modules/a.md", ".git/a.md", ".next/a.html", "a.txt", "made/a.md");
    writeFileSync(at(".gitignore"), "made\n");
    symlinkSync(folder, at("b/circle"));
    const paths = [at("b"), folder, at("a.md")];
    const { documents, failures, skipped } = await findDocuments(paths, never);
    assert.deepEqual(failures, []);
    const names = documents.map(({ file }) => path.relative(folder, file)).sort();
    assert.deepEqual(names, [".github/d.md", "a.md", "b/.e.html", "b/build/f.md", "b/c.tsx"]);
    assert.equal(
      skipped,
      "Not searched: 2 folders made by tools (.next, node_modules), 1 folder that .gitignore names (made). Name a folder or file to search it.",
    );
  });

  it("understands patterns, and takes out what they exclude", async () => {
    put("docs/a.md", "docs/x/b.md", "docs/x/c.html", "docs/node_modules/d.md", "docs/p.png");
    assert.deepEqual(await files("docs/**/*.md"), ["docs/a.md", "docs/x/b.md"]);
    assert.deepEqual(await files("docs/*"), ["docs/a.md", "docs/x/b.md", "docs/x/c.html"]);
    assert.deepEqual(await files("docs", "!docs/x/*.md"), ["docs/a.md", "docs/x/c.html"]);
    assert.deepEqual(await files("!docs/x", "docs/**"), ["docs/a.md"]);
    assert.deepEqual(await files("docs/a.md", "!docs/**"), []);
    assert.deepEqual(await files("docs/node_modules/*.md"), ["docs/node_modules/d.md"]);
    put("docs/[a].md");
    assert.deepEqual(await files("docs/[a].md"), ["docs/[a].md"]);
  });

  it("says which pattern matches nothing, and goes on", async () => {
    put("docs/a.md", "docs/p.png");
    const paths = [at("docs/**/*.png"), at("docs"), at("none/*.md"), at("none")];
    const { documents, failures } = await findDocuments(paths, never);
    assert.equal(documents.length, 1);
    assert.deepEqual(
      failures.map(({ code, message }) => [code, message]),
      [
        [
          "document.missing",
          `Nothing matches ${at("docs/**/*.png")}: there is no such document in ${at("docs")}. Check the pattern.`,
        ],
        [
          "document.missing",
          `Nothing matches ${at("none/*.md")}: there is no such document in ${folder}. Check the pattern.`,
        ],
        ["document.missing", `There is no file or folder ${at("none")}. Check the path.`],
      ],
    );
  });

  it("wants something to take files out of", async () => {
    await assert.rejects(findDocuments([`!${at("docs/*.html")}`], never), (thrown: unknown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "option.invalid");
      assert.match(thrown.message, /nothing is named to take them from/);
      return true;
    });
  });

  it("gives pictures for patterns, too", async () => {
    writeFileSync(at(".gitignore"), "*.png\n");
    put("p/a.png", "p/b.JPG", "p/c.txt", "p/d/e.webp", "p/[x].png");
    const pictures = async (...texts: readonly string[]): Promise<string[]> => {
      const { files, failures } = await picturesNamed(texts.map(given), never);
      assert.deepEqual(failures, []);
      return files.map((file) => path.relative(folder, file));
    };
    assert.deepEqual(await pictures("p/*"), ["p/[x].png", "p/a.png", "p/b.JPG", "p/d/e.webp"]);
    assert.deepEqual(await pictures("p/*.png", "!p/a*"), ["p/[x].png"]);
    assert.deepEqual(await pictures("p/[x].png", "p/none.png"), ["p/[x].png", "p/none.png"]);
    assert.deepEqual((await picturesNamed(["-"], never)).files, ["-"]);
    const none = await picturesNamed([at("p/*.gif")], never);
    assert.equal(
      none.failures[0]?.error.message,
      `Nothing matches ${at("p/*.gif")}: there is no such picture in ${at("p")}. Check the pattern.`,
    );
  });
});
