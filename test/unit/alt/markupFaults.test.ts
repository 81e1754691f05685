import assert from "node:assert/strict";
import { setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";
import { altProblem } from "../../../src/alt/wording/altText";

function rows(text: string, language: AltLanguage): (string | null | undefined)[][] {
  return findImages(text, language).map((image) => [
    image.target.value,
    image.alt,
    altProblem(image),
  ]);
}

describe("Markdown within tags that say so", () => {
  const text =
    '<figure markdown="span">\n![A fox](a.png){ width="300" }\n<figcaption>Fox</figcaption>\n</figure>\n\n<div class="grid" markdown>![](b.png)</div>\n\n<figure>\n![](c.png)\n</figure>\n\n```\n<div markdown>\n![](d.png)\n```\n';

  it("is read, and is no Markdown without the word or in code", () => {
    assert.deepEqual(
      findImages(text, "markdown").map(({ target }) => target.value),
      ["a.png", "b.png"],
    );
  });

  it("takes a text", () => {
    const [, second] = findImages(text, "markdown");
    const edited = applyEdits(text, setAlt(text, second!, "A wolf"));
    assert.ok(edited.includes("markdown>![A wolf](b.png)</div>"));
  });
});

describe("a bar in a tag in a cell", () => {
  it("loses its backslash before HTML is read", () => {
    const text = '| a | b |\n| - | - |\n| <img src="a.png" alt="One \\| two"> | x |\n';
    assert.deepEqual(rows(text, "markdown"), [["a.png", "One | two", null]]);
  });
});

describe("names that an import gives to a picture", () => {
  it("are followed: aliases, and the default of what is nothing but a picture", () => {
    const text =
      'import Pic from "next/image";\nimport { Image as Shot, Text } from "astro:assets";\nimport Other from "./other";\nconst a = () => <><Pic src="a.png" /><Shot src="b.png" alt="B" /><Other src="c.png" /></>;\n';
    assert.deepEqual(
      rows(text, "jsx").map(([target]) => target),
      ["a.png", "b.png"],
    );
  });
});

describe("pictures of React Native", () => {
  const text =
    'import { Image, Pressable } from "react-native";\nconst red = require("./r.png");\nconst a = () => <>\n<Image source={red} accessibilityLabel="A red circle" />\n<Image source={{ uri: x }} aria-label={y} />\n<Image source={red} accessible={false} />\n<Image source={red} />\n<Pressable><Image source={red} /></Pressable>\n<Pressable accessibilityLabel="Back"><Image source={red} /></Pressable>\n<Image source={red} accessibilityLabel="image" /></>;\n';

  it("may be without a text, for they are passed over, unless a button has no other name", () => {
    const images = findImages(text, "tsx");
    assert.deepEqual(
      images.map((image) => altProblem(image)),
      [null, null, null, null, "missing", null, "placeholder"],
    );
    assert.deepEqual([images[0]?.alt, images[2]?.isDecorative], ["A red circle", true]);
  });

  it("take a text under the name that is there", () => {
    const image = findImages(text, "tsx").at(-1)!;
    const edited = applyEdits(text, setAlt(text, image, "A red circle"));
    assert.ok(edited.includes('<Image source={red} accessibilityLabel="A red circle" /></>'));
  });
});
