/** What the page of an installed extension may hold. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { USER_README, userReadme } from "../../../src/packaging/readme";

describe("the page of the installed extension", () => {
  for (const [name, markdown] of [
    ["a picture of the project", "![a](media/a.png)"],
    ["an embedded picture", "![a](data:image/png;base64,AA==)"],
    ["a picture on the web", "![a](https://example.org/a.png)"],
    ["a picture by reference", "![a][b]\n\n[b]: https://example.org/a.png"],
    ["a picture in HTML", '<img src="https://example.org/a.png">'],
    ["a link to a file of the project", "- > [the *code*](src/main.ts)"],
    ["a link by reference to a file", "[a][b]\n\n[b]: docs/a.md"],
    ["an address without encryption", "[a](http://example.org)"],
  ] as const) {
    it(`has no room for ${name}`, () => {
      assert.throws(() => userReadme(markdown), /the editor cannot show/);
    });
  }

  it("keeps links to the web and places on the page, and leaves code alone", () => {
    const text = "[b](https://example.org) [c](#c) `![a](1.png)`\n\n```md\n[b](b.md)\n```\n";
    assert.equal(userReadme(text), text);
  });

  it("can be packed, and names the demo's limits, the files that stay and where to report", () => {
    const text = userReadme(readFileSync(USER_README, "utf8"));
    for (const words of [/coloured shapes only/, /Uninstalling/, /Show Diagnostics/, /English/]) {
      assert.match(text, words);
    }
    assert.doesNotMatch(text, /npm (?:ci|run)/);
  });
});
