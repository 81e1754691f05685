import assert from "node:assert/strict";
import { insertionOf, type NewImage } from "../../../../src/alt/edit/newImage";
import { findImages } from "../../../../src/alt/formats/findImages";
import { ALT_LANGUAGES, type AltLanguage } from "../../../../src/alt/languages";

const options = { components: [], name: "a" };
const HOSTILE = `A "red" [sign] | 'stop' & <b> {x} $5_a_`;

function inserted(
  language: AltLanguage,
  text: string,
  { offset, alt }: { readonly offset: number; readonly alt?: string },
): string {
  const image: NewImage = { language, path: "img/my sign.png", alt, options };
  const insertion = insertionOf(text, offset, image);
  assert.ok(insertion !== undefined, language);
  return text.slice(0, insertion.at) + insertion.newText + text.slice(insertion.at);
}

/** What a document of a language needs around a picture so that it can be read. */
const AROUND: Partial<Record<AltLanguage, readonly [string, string]>> = {
  jsx: ["const a = <p>", "</p>;\n"],
  tsx: ["const a = <p>", "</p>;\n"],
  vue: ["<template>\n", "\n</template>\n"],
  astro: ["<p>", "</p>\n"],
  typescript: ["@Component({ template: `<p>", "</p>` })\nclass A {}\n"],
  dita: ["<topic><body>", "</body></topic>\n"],
  docbook: ["<article>", "</article>\n"],
};

describe("a new picture", () => {
  it("is found again in every language, with its text and its address", () => {
    for (const language of ALT_LANGUAGES) {
      const [before, after] = AROUND[language] ?? ["Words.\n", "\nMore words.\n"];
      if (language === "notebook") {
        const image = { language, path: "a.png", alt: "a", options };
        assert.equal(insertionOf("{}", 0, image), undefined);
        continue;
      }
      const text = inserted(language, before + after, { offset: before.length, alt: "A red sign" });
      const [found, other] = findImages(text, language, options);
      assert.equal(other, undefined, text);
      assert.match(decodeURI(found?.target.value ?? ""), /img\/my sign\.png$/, text);
      if (found?.altSlot.form !== "none") assert.equal(found?.alt, "A red sign", text);
    }
  });

  it("is read back whatever its text is", () => {
    for (const language of ["markdown", "mdx", "html", "jsx", "vue", "svelte"] as const) {
      const [before, after] = AROUND[language] ?? ["Words.\n", "\nMore words.\n"];
      const text = inserted(language, before + after, { offset: before.length, alt: HOSTILE });
      const [found] = findImages(text, language, options);
      assert.equal(found?.alt?.replace(/\s+/g, " "), HOSTILE, text);
    }
  });

  it("has no text yet where none is known", () => {
    const [found] = findImages(inserted("markdown", "", { offset: 0 }), "markdown", options);
    assert.equal(found?.alt ?? "", "");
    const [inPage] = findImages(inserted("html", "<p></p>", { offset: 3 }), "html", options);
    assert.equal(inPage?.altState, "absent");
  });

  it("stands below the paragraph at the cursor, with an empty line on each side", () => {
    const image = "![](img/my%20sign.png)";
    const at = (text: string, offset: number): string => inserted("markdown", text, { offset });
    assert.equal(at("One\ntwo.\n\nThree.\n", 1), `One\ntwo.\n\n${image}\n\nThree.\n`);
    assert.equal(at("One", 3), `One\n\n${image}`);
    assert.equal(at("", 0), image);
    assert.equal(at("One\n\n\n\nTwo\n", 5), `One\n\n${image}\n\nTwo\n`);
    assert.equal(at("One\r\n\r\nTwo", 0), `One\r\n\r\n${image}\r\n\r\nTwo`);
    assert.equal(at("One\n", 4), `One\n\n${image}`);
  });
});
