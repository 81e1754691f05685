import assert from "node:assert/strict";
import { setTarget } from "../../../../src/alt/edit/editTarget";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../../src/alt/languages";
import { applyEdits } from "../../../../src/alt/textEdit";

const change = { document: "/w/docs/a.md", from: "/w/img/old.png", to: "/w/img/sub/new name.png" };

function changed(text: string, language: AltLanguage, other = change): string | undefined {
  const [reference] = findImages(text, language, { components: [], name: "a" });
  assert.ok(reference !== undefined, text);
  const made = setTarget(text, reference, other);
  return made === undefined ? undefined : applyEdits(text, [made.edit]);
}

describe("another file for a picture", () => {
  it("is written as the old one was", () => {
    const cases: readonly (readonly [AltLanguage, string, string])[] = [
      ["markdown", "![a](../img/old.png)", "![a](../img/sub/new%20name.png)"],
      ["markdown", '![a](../img/old.png "t")', '![a](../img/sub/new%20name.png "t")'],
      [
        "markdown",
        "![../img/old.png](../img/old.png)",
        "![../img/old.png](../img/sub/new%20name.png)",
      ],
      ["html", '<img src="../img/old.png?x=1">', '<img src="../img/sub/new%20name.png?x=1">'],
      [
        "html",
        "<img alt=\"../img/old.png\" src='/img/old.png'>",
        "<img alt=\"../img/old.png\" src='/img/sub/new%20name.png'>",
      ],
      ["asciidoc", "image::../img/old.png[a]", "image::../img/sub/new%20name.png[a]"],
    ];
    for (const [language, text, expected] of cases) {
      assert.equal(changed(text, language), expected, text);
    }
  });

  it("keeps a dot before a way down", () => {
    const below = { document: "/w/a.md", from: "/w/img/old.png", to: "/w/img/new.png" };
    assert.equal(changed("![](./img/old.png)", "markdown", below), "![](./img/new.png)");
  });

  it("is left to a person where the address does not tell how it would be written", () => {
    for (const text of [
      '<img src="{{ asset }}">',
      '<img src="~/img/old.png">',
      '<img src="/other/old.png">',
      '<img src="data:image/png;base64,AA==">',
      '<img src="../img/old.png" data-src="../img/old.png">',
    ]) {
      assert.equal(changed(text, "html"), undefined, text);
    }
    assert.equal(changed("![a][b]\n\n[b]: ../img/old.png\n", "markdown"), undefined);
    assert.equal(changed("![[old.png]]", "markdown"), undefined);
  });
});
