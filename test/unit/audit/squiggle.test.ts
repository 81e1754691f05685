import assert from "node:assert/strict";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import { squiggleSpan } from "../../../src/audit/squiggle";

describe("what is marked of a picture", () => {
  const CASES: readonly (readonly [string, AltLanguage, string])[] = [
    ["x ![](a.png)", "markdown", "![]"],
    ["x ![image](a.png)", "markdown", "image"],
    ['<figure>\n<img\n src="a.png">\n</figure>', "html", "<img"],
    ['<img src="a.png" alt="">', "html", "<img"],
    ['<img alt="photo" src="a.png">', "html", "photo"],
    ["image::a.png[]", "asciidoc", "image::a.png"],
    [".. image:: a.png\n", "restructuredtext", ".."],
    ["\\includegraphics[width=2cm]{a.png}", "latex", "\\includegraphics"],
    ["<Image src={a} />", "tsx", "<Image"],
  ];
  for (const [text, language, expected] of CASES) {
    it(`is ${expected} of ${JSON.stringify(text)}`, () => {
      const [reference] = findImages(text, language);
      assert.ok(reference);
      const { start, end } = squiggleSpan(text, reference);
      assert.equal(text.slice(start, end), expected);
    });
  }
});
