/** The README of a package without a repository. */

import assert from "node:assert/strict";
import { standaloneReadme } from "../../../src/packaging/readme";

const embed = (path: string): Promise<string> => Promise.resolve(`data:image/webp;base64,${path}`);

describe("the README of a package", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "embeds a picture of the project and keeps its alternative text",
      "See ![a *red* circle](media/red.png) here.",
      "See ![a *red* circle](data:image/webp;base64,media/red.png) here.",
    ],
    [
      "embeds several pictures of a line",
      "![a](1.png)![b](2.png)",
      "![a](data:image/webp;base64,1.png)![b](data:image/webp;base64,2.png)",
    ],
    [
      "keeps a picture and a link on the web",
      "![a](https://example.org/a.png) [b](https://example.org) [c](#c)",
      "![a](https://example.org/a.png) [b](https://example.org) [c](#c)",
    ],
    [
      "turns a link to another file into its text",
      "[ARCHITECTURE.md](ARCHITECTURE.md) explains **[the *code*](src/main.ts)**.",
      "ARCHITECTURE.md explains **the *code***.",
    ],
    [
      "embeds a picture in such a link",
      "[![a](1.png) more](docs/a.md)",
      "![a](data:image/webp;base64,1.png) more",
    ],
    [
      "leaves code alone",
      "`![a](1.png)`\n\n```md\n[b](b.md)\n```\n",
      "`![a](1.png)`\n\n```md\n[b](b.md)\n```\n",
    ],
    [
      "goes into lists and quotes",
      "- > ![a](1.png)\n- b\n",
      "- > ![a](data:image/webp;base64,1.png)\n- b\n",
    ],
    [
      "keeps HTML that points nowhere relative",
      '<kbd>A</kbd> <a href="https://example.org">b</a>',
      '<kbd>A</kbd> <a href="https://example.org">b</a>',
    ],
  ];
  for (const [behaviour, markdown, expected] of cases) {
    it(behaviour, async () => {
      assert.equal(await standaloneReadme(markdown, embed), expected);
    });
  }

  it("refuses a relative path in HTML, which it cannot pack", async () => {
    await assert.rejects(standaloneReadme('<img src="media/a.png">', embed), /as Markdown/);
  });

  it("passes on that a picture is missing", async () => {
    const missing = (): Promise<string> => Promise.reject(new Error("no such file"));
    await assert.rejects(standaloneReadme("![a](a.png)", missing), /no such file/);
  });
});
