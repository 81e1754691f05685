/** Texts for a document that somebody changes while its pictures are described. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { writeChanges, type WrittenChanges } from "../../../../src/cli/documents/altChanges";
import { readDocument } from "../../../../src/cli/documents/altDocuments";
import { imagesOf } from "../../../../src/cli/documents/altImages";
import { DiskFiles } from "../../../../src/disk/diskFiles";

describe("writeChanges", () => {
  let file = "";
  beforeEach(async () => {
    file = path.join(await mkdtemp(path.join(tmpdir(), "sightline-changes-")), "a.md");
  });
  afterEach(() => rm(path.dirname(file), { recursive: true }));

  /** Texts "T0", "T1", … for the pictures without one, written after `newer` took the file. */
  async function write(older: string, newer: string): Promise<WrittenChanges> {
    await writeFile(file, older);
    const settings = { components: [], siteRoots: [], files: new DiskFiles() };
    const document = await readDocument({ file, language: "markdown", root: path.dirname(file) });
    const images = await imagesOf(document, settings);
    const wanted = images.filter(({ reference }) => reference.alt === "");
    const changes = wanted.map((image, index) => ({ image, alt: `T${index}` }));
    await writeFile(file, newer);
    return await writeChanges(document, changes, settings);
  }

  const CASES: readonly (readonly [what: string, older: string, newer: string, then: string])[] = [
    [
      "nothing changed",
      "![](a.png) ![](b.png)",
      "![](a.png) ![](b.png)",
      "![T0](a.png) ![T1](b.png)",
    ],
    ["a line above", "![](a.png)\n", "New.\n\n![](a.png)\n", "New.\n\n![T0](a.png)\n"],
    [
      "another order",
      "![](a.png)\n![](b.png)",
      "![](b.png)\n![](a.png)",
      "![T1](b.png)\n![T0](a.png)",
    ],
    ["one is gone", "![](a.png)\n![](b.png)", "![](b.png)", "![T1](b.png)"],
    [
      "one has the author's text",
      "![](a.png) ![](b.png)",
      "![Mine](a.png) ![](b.png)",
      "![Mine](a.png) ![T1](b.png)",
    ],
    [
      "one is another picture",
      "![](a.png) ![][r]\n\n[r]: b.png",
      "![](a.png) ![][r]\n\n[r]: c.png",
      "![T0](a.png) ![][r]\n\n[r]: c.png",
    ],
    [
      "one stands in code now",
      "![](a.png)\n\n![](b.png)",
      "`![](a.png)`\n\n![](b.png)",
      "`![](a.png)`\n\n![T1](b.png)",
    ],
    ["a new one has no text yet", "![](a.png)", "![](c.png) ![](a.png)", "![](c.png) ![T0](a.png)"],
  ];
  for (const [what, older, newer, then] of CASES) {
    it(`gives the texts to the pictures that are still there: ${what}`, async () => {
      const { text, changes } = await write(older, newer);
      assert.equal(await readFile(file, "utf8"), then);
      assert.equal(text, then);
      for (const { image, alt } of changes) {
        const { start, end } = image.reference.span;
        assert.ok(newer.slice(start, end).startsWith("![]"), alt);
      }
    });
  }

  it("leaves the document alone where none of them is left", async () => {
    for (const newer of ["", "![Mine](a.png)", "<!-- ![](a.png) -->"]) {
      await assert.rejects(
        write("![](a.png)", newer),
        (thrown) => thrown instanceof AppError && thrown.code === "document.changed",
      );
      assert.equal(await readFile(file, "utf8"), newer);
    }
  });
});
