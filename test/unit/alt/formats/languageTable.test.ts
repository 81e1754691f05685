import assert from "node:assert/strict";
import {
  canMarkDecorative,
  canSetAlt,
  markDecorative,
  readableAlt,
  setAlt,
} from "../../../../src/alt/edit/editAlt";
import { captionStyles, insertCaption } from "../../../../src/alt/edit/insertCaption";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { ImageReference } from "../../../../src/alt/imageReference";
import { ALT_LANGUAGES, type AltLanguage } from "../../../../src/alt/languages";
import { applyEdits } from "../../../../src/alt/textEdit";
import { ALT_SEEDS } from "../../../helpers/altSeeds";

/** Address, and the text or how it is absent; `-` before what is decoration. */
function summary(images: readonly ImageReference[]): string[] {
  return images.map(({ target, alt, altState, isDecorative }) => {
    return `${isDecorative ? "-" : ""}${target.value} ${altState === "text" ? JSON.stringify(alt) : altState}`;
  });
}

const FOUND: Readonly<Partial<Record<AltLanguage, readonly string[]>>> = {
  typescript: ['a.png "b"', "c dynamic", "e absent"],
  handlebars: ["{{b}} dynamic", 'd "g"', "h absent"],
  liquid: ["{{ 'b.png' | asset_url }} \"c\"", 'd.png "e"', "f absent"],
  erb: ['b.png "c"', "d.png absent", '-e.png ""', '<%= g %> "h"', "i absent"],
  php: ["<?= $c ?> dynamic", 'h "i"', "e absent", "j absent"].sort(),
  blade: ["i absent", 'e "f"', "{{ asset('b') }} dynamic"].sort(),
  razor: ["~/d.png dynamic", '@f.H "i @ j"', "k absent"].sort(),
  asciidoc: ['b.png "c"', 'g.png "f"', 'h.png "i ] j"', 'k.png "l, m"', "o absent"],
  restructuredtext: ['a.png "b c"', "d.png absent", "h.png absent", '-j.png ""', "k absent"],
  quarto: ["c.png absent", 'e.png "g"', 'i.png "h"', ' "k"', "m.png absent"],
  rmd: ['b.png "a"', ' "d"', "f.png absent"],
  notebook: ['c.png "b"', 'd.png ""', "e absent", 'attachment:g.png "é \\"f\\""'],
  typst: [
    'a.png "b \\"c\\""',
    "d.png absent",
    'g + ".png" absent',
    "-h.png absent",
    "j.png absent",
  ],
  latex: ['e "d, 5%"', "g absent", "-h absent", "j absent"],
  org: ['e.png "c d"', "./f.png absent", "g.png absent"],
  dita: ['a.png "b < c"', "d.png absent", '-e.png ""', "g.png absent"],
  docbook: ['b.png "c"', "d.png absent"],
};

const TEXTS = [
  "A red fox",
  "Clients, servers = 3 \"and\" a 'queue' [x] ]",
  "50% & #1 {a} {{ b }} $x$ ~ ^ \\ _ | <b> `c` @Model.X :w",
  "C:\\temp\\new -- Ünïcödé 😀",
  "/*x*/ // y # z -- w *@ ?> %> */",
];

describe("every language that has a finder", () => {
  for (const [language, expected] of Object.entries(FOUND)) {
    it(`tells pictures from what only looks like one (${language})`, () => {
      const found = summary(
        findImages(ALT_SEEDS[language as AltLanguage], language as AltLanguage),
      );
      assert.deepEqual([...found].sort(), [...expected].sort());
    });
  }

  for (const language of ALT_LANGUAGES) {
    it(`reads back what it writes, and changes nothing else (${language})`, () => {
      const text = ALT_SEEDS[language];
      const images = findImages(text, language);
      const check = (edited: string, index: number, alt: string | null | undefined): void => {
        const after = findImages(edited, language);
        const wanted = images.map((each, at) => (at === index ? alt : each.alt));
        if (alt !== undefined) {
          assert.deepEqual(
            after.map((each) => each.alt),
            wanted,
            edited,
          );
        }
        assert.deepEqual(
          after.map(({ target }) => target.value),
          images.map(({ target }) => target.value),
          edited,
        );
      };
      assert.ok(images.some(canSetAlt));
      for (const [index, image] of images.entries()) {
        for (const given of canSetAlt(image) ? TEXTS : []) {
          check(applyEdits(text, setAlt(text, image, given)), index, readableAlt(image, given));
        }
        if (canMarkDecorative(image) && !image.isDecorative) {
          const edited = applyEdits(text, markDecorative(text, image));
          assert.equal(findImages(edited, language)[index]?.isDecorative, true, edited);
        }
        for (const style of captionStyles(image).filter((each) => each === "own")) {
          const caption = "50% of #1 [x] *y* <z> & _ $";
          check(applyEdits(text, insertCaption(text, image, { caption, style })), index, image.alt);
        }
      }
    });
  }

  it("refuses what it cannot tell apart, and changes nothing", () => {
    assert.throws(() => findImages('<a><image href="b"/>', "dita"), {
      code: "document.unparsable",
    });
    assert.throws(() => findImages('{"cells": ["![](a)"', "notebook"), {
      code: "document.unparsable",
    });
  });
});

describe("what the syntax takes from a text", () => {
  const lost = (text: string): (string | null | undefined)[][] =>
    findImages(text, "asciidoc").map(({ alt, around }) => [alt, around?.lost?.meant]);

  it("is told where a comma or a sign ends it, and not where sizes follow", () => {
    assert.deepEqual(lost("image::a.png[Clients, servers]"), [["Clients", "Clients, servers"]]);
    assert.deepEqual(lost("image::a.png[Years, months,role=x]"), [["Years", "Years, months"]]);
    assert.deepEqual(lost("image::a.png[x = 3]"), [[null, "x = 3"]]);
    assert.deepEqual(lost("image::a.png[Two,200,100]"), [["Two", undefined]]);
    assert.deepEqual(lost('image::a.png["A ""b"" c"]'), [["A ", null]]);
  });
});
