import assert from "node:assert/strict";
import { markDecorative, setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { ImageReference } from "../../../src/alt/imageReference";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";

function only(text: string, language: AltLanguage): ImageReference {
  const [image, ...others] = findImages(text, language);
  assert.ok(image !== undefined && others.length === 0, text);
  return image;
}

function written(text: string, language: AltLanguage, alt = "A fox"): string {
  const image = only(text, language);
  const edited = applyEdits(text, setAlt(text, image, alt));
  assert.equal(only(edited, language).alt, alt, edited);
  return edited;
}

describe("sizes in the addresses of Markdown", () => {
  const SIZES = ["=300x200", "=300x", "=x200", "=50%x", " =300", '=3x2 "A title"', "=30%x40%  "];

  for (const language of ["markdown", "mdx"] as const) {
    it(`are no part of the address, and stay (${language})`, () => {
      for (const size of SIZES) {
        for (const address of ["x.png", "<x.png>", '<x.png> "A title"', "a(b).png"]) {
          if (size.includes('"') && address.includes('"')) continue;
          const text = `a [![](${address} ${size})](b) c\n`;
          const { target, alt } = only(text, language);
          assert.deepEqual([target.value, alt], [/[\w.()]+\.png/.exec(address)?.[0], ""], text);
          assert.equal(written(text, language), text.replace("![]", "![A fox]"));
        }
      }
    });
  }

  it("are those of pictures only", () => {
    for (const text of ["![](x.png =x)", "![](x.png =300y)", "`![](x.png =300x)`", "![](=30x)"]) {
      const addresses = findImages(text, "markdown").map(({ target }) => target.value);
      assert.deepEqual(addresses, text === "![](=30x)" ? ["=30x"] : [], text);
    }
  });

  it("become those of the tag that says that a picture is decorative", () => {
    const text = 'a ![b](x.png =300x200 "c") ![d](y.png =x7)';
    const images = findImages(text, "markdown");
    const edits = images.flatMap((image) => markDecorative(text, image));
    assert.equal(
      applyEdits(text, edits),
      'a <img src="x.png" alt="" title="c" width="300" height="200"> <img src="y.png" alt="" height="7">',
    );
  });
});

describe("images of Markdown's own among tags", () => {
  for (const language of ["markdown", "mdx"] as const) {
    it(`are hidden by them, or all that a link shows (${language})`, () => {
      const text = [
        '<div aria-hidden="true">\n\n![](a.png) ![b](b.png)\n\n</div>',
        'c <a href="d">![e](e.png)</a> <a href="f">g ![h](h.png)</a>',
        '<p hidden="">\n\n![i][j]\n\n</p>\n\n![k](k.png)\n\n[j]: j.png',
      ].join("\n\n");
      const told = findImages(text, language).map((image) => {
        const { target, isHidden, isDecorative, isLink, decorativeSlot } = image;
        const slots = [image.altSlot.form, decorativeSlot.form];
        return [target.value, { isHidden, isDecorative, isLink }, ...slots];
      });
      const plain = { isHidden: false, isDecorative: false, isLink: false };
      assert.deepEqual(told, [
        ["a.png", { ...plain, isHidden: true, isDecorative: true }, "none", "none"],
        ["b.png", { ...plain, isHidden: true }, "markdown", "none"],
        ["e.png", { ...plain, isLink: true }, "markdown", "none"],
        ["h.png", plain, "markdown", "tag"],
        ["j.png", { ...plain, isHidden: true }, "markdown", "none"],
        ["k.png", plain, "markdown", "tag"],
      ]);
    });
  }
});

describe("copies of pictures for readers without scripts", () => {
  const PICTURES: readonly (readonly [AltLanguage, string])[] = [
    ["html", '<img data-src="a.png"><noscript><img src="a.png"></noscript>'],
    ["html", '<noscript><img src="a.png"></noscript><img class="lazy" data-src="a.png">'],
    ["markdown", 'b\n\n<img data-src="a.png">\n<noscript><img src="a.png"></noscript>\n'],
    ["vue", '<template><img data-src="a.png"><noscript><img src="a.png"></noscript></template>'],
    ["jsx", 'f(<p><img data-src="a.png"/><noscript><img src="a.png"/></noscript></p>)'],
    ["html", '\ufeff<img data-src="a.png"><noscript><img src="a.png" alt=""></noscript>'],
  ];

  it("are one picture, and get its text", () => {
    for (const [language, text] of PICTURES) {
      const edited = written(text, language);
      assert.equal(edited.split('alt="A fox"').length, 3, edited);
      assert.equal(edited.replaceAll(' alt="A fox"', ""), text.replace(' alt=""', ""));
    }
  });

  it("keep a text that somebody wrote", () => {
    const text = '<img data-src="a.png"><noscript><img src="a.png" alt="Mine"></noscript>';
    assert.equal(
      written(text, "html"),
      '<img data-src="a.png" alt="A fox"><noscript><img src="a.png" alt="Mine"></noscript>',
    );
  });

  it("are pictures of their own where there is no other, or another one", () => {
    for (const text of [
      '<noscript><img src="a.png"></noscript><img src="b.png">',
      '<img src="b.png"><noscript><img src="a.png"></noscript>',
    ]) {
      assert.equal(findImages(text, "html").length, 2, text);
    }
    assert.equal(findImages('<noscript><img src="a.png"></noscript>', "html").length, 1);
  });
});
