/** Sizes between the brackets of Markdown images, which are no texts and stay. */

import assert from "node:assert/strict";
import { altProblem } from "../../../../src/alt/wording/altText";
import { readableAlt, setAlt } from "../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../src/alt/formats/findImages";
import { applyEdits } from "../../../../src/alt/textEdit";

/** A document, the text that is heard, and the document with "A fox" for a text. */
const CASES: readonly (readonly [string, string, string])[] = [
  ["![|300](a.png)", "", "![A fox|300](a.png)"],
  ["![A circle|300x200](a.png)", "A circle", "![A fox|300x200](a.png)"],
  ["![A circle | 300 x 200](a.png)", "A circle", "![A fox | 300 x 200](a.png)"],
  ["![A|690x388, 50%](a.png)", "A", "![A fox|690x388, 50%](a.png)"],
  ["| a |\n| - |\n| ![A\\|300](a.png) |\n", "A", "| a |\n| - |\n| ![A fox\\|300](a.png) |\n"],
  ["![A or B|C](a.png)", "A or B|C", "![A fox](a.png)"],
  ["![A|B|40](a.png)", "A|B", "![A fox|40](a.png)"],
  ["![w:300 h:200px](a.png)", "", "![w:300 h:200px A fox](a.png)"],
  ["![width:50% A circle](a.png)", "A circle", "![width:50% A fox](a.png)"],
  ["![A|20][r]\n\n[r]: a.png", "A", "![A fox|20][r]\n\n[r]: a.png"],
  ["![r|20]\n\n[r|20]: a.png", "r", "![A fox|20][r|20]\n\n[r|20]: a.png"],
  ["![A](a.png){: width=300}", "A", "![A fox](a.png){: width=300}"],
  ["![](a.png){:height 1, :width 2}", "", "![A fox](a.png){:height 1, :width 2}"],
];

describe("sizes in Markdown images", () => {
  for (const [text, alt, changed] of CASES) {
    it(text, () => {
      const [image] = findImages(text, "markdown");
      assert.ok(image !== undefined);
      assert.equal(image.alt, alt);
      assert.equal(altProblem(image) === "missing", alt === "");
      const edited = applyEdits(text, setAlt(text, image, "A fox"));
      assert.equal(edited, changed);
      assert.equal(findImages(edited, "markdown")[0]?.alt, "A fox");
    });
  }

  it("a text that looks like one is read back", () => {
    for (const given of ["A|300", "w:300", "|1x2", "w:3 h:4 a|5"]) {
      const text = "![x](a.png)";
      const [image] = findImages(text, "markdown");
      assert.ok(image !== undefined);
      const edited = applyEdits(text, setAlt(text, image, given));
      assert.equal(findImages(edited, "markdown")[0]?.alt, readableAlt(image, given));
    }
  });
});
