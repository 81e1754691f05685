import assert from "node:assert/strict";
import { setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";

type Expected = readonly [string, string | null];
type Case = readonly [string, AltLanguage, string, readonly Expected[]];

const CASES: readonly Case[] = [
  ...["title", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "script"].map(
    (name): Case => [
      `<${name}> in prose`,
      "markdown",
      `The <${name}> of a page.\n\n<p><img src=a></p>\n\nThe </${name}> ends <${name}> <img src=b> ![c](d)\n`,
      [
        ["a", "(absent)"],
        ["b", "(absent)"],
        ["d", "c"],
      ],
    ],
  ),
  ["an open CDATA section", "markdown", "<![CDATA[ a\n\nb <img src=c>", [["c", "(absent)"]]],
  ["<plaintext> in prose", "markdown", "A <plaintext> and <img src=a>", [["a", "(absent)"]]],
  [
    "an element of text within one piece of HTML",
    "markdown",
    "<div>\n<script>'<img src=a>'</script><textarea><img src=b></textarea>\n<img src=c>\n</div>\n",
    [["c", "(absent)"]],
  ],
  ...["<title>", "<textarea>", "<style>", "<iframe src=a>", "<!--", "<script>"].map(
    (opening): Case => [
      `${opening} without its end`,
      "html",
      `<p>a${opening}b</p><img src=c>`,
      [["c", "(absent)"]],
    ],
  ),
  [
    "headings' names, directives, comments, addresses and generics",
    "mdx",
    "# A {#a}\n\n:::note{.b}\n\n<!-- <img src='x' /> -->\n\n<https://c.d> Array<string> {{< e >}} {% f\n\n![](g)\n",
    [["g", ""]],
  ],
  [
    "scripts and expressions in TypeScript",
    "mdx",
    "import a from './a.png';\nexport const b: string = 'c';\n\n<Card d={<img src={a} alt={(e as F).g} />} />\n\n{h.map((i: J) => <img src={i.k!} />)}\n",
    [
      ["module:./a.png", "(dynamic)"],
      ["dynamic:i.k!", "(absent)"],
    ],
  ],
  [
    "pictures within attributes",
    "astro",
    "---\nimport a from './a.png'\n---\n<A b={<p>Don't</p>} c={d.map((e) => <img src={a} alt={e} />)} f=`${<img src='g' />}` />\n<img src='h'>",
    [
      ["module:./a.png", "(dynamic)"],
      ["g", "(absent)"],
      ["h", "(absent)"],
    ],
  ],
  [
    "a style sheet in another language",
    "svelte",
    "<script lang='ts'>import a from './a.png'; let b: number</script>\n<img src={a}>\n<style lang='scss'>@use 'c'; // d'\n.e { &:hover { @include f(1px) } }</style>",
    [["module:./a.png", "(absent)"]],
  ],
  [
    "a script of a template engine",
    "jsx",
    "---\n---\nconst a = {{ b | c }};\n{% for d in e %}\nexport const F = () => <img src='g' alt=\"h\" />;\n",
    [["g", "h"]],
  ],
  [
    "what is new in JavaScript and TypeScript",
    "tsx",
    "@A({}) export class B { accessor c = 1; constructor(@D() private e: F) {} }\nimport g from './g.json' with { type: 'json' };\nusing h = i();\nconst j = <T,>(k: T) => <img src='l' />;\n",
    [["l", "(absent)"]],
  ],
];

/** Tags with a quote that is never closed. */
const QUOTES = ['<p title="a>b</p>', "<p title='a>b</p>", '<a href="b>', "</p title='>"];

/** Parts that are broken, or no markup to the language's own parser; `_` is free for a picture. */
const BROKEN: Readonly<Partial<Record<AltLanguage, readonly string[]>>> = {
  markdown: ["A <title> b", "c <!-- d", "e `f", "<g", "<details>", ...QUOTES],
  mdx: [
    ...["# A {#a}", "$\\frac{1}{2}$ {", "}", "<b", "a < b", "<!-- c -->", "</d>", "<e>", "{f g}"],
    ...[
      "import h",
      "export i as {",
      "{% j %}",
      "<k l=m>",
      "<n o='p>",
      "{/* q",
      ":::r[s]{t='u'}",
      ...QUOTES,
    ],
  ],
  html: [
    "<title>a",
    "<!-- b",
    "<textarea>",
    "<script>",
    "</p>",
    "a < b",
    "<![CDATA[",
    "&lt",
    ...QUOTES,
  ],
  vue: [
    ...["{{ a", "<!-- b", "</c>", "<d", "<e>", "Don't", "<g :h='{'>", "<i v-if>", "a < b"],
    ...["<textarea>", "<title>j", "<![CDATA[", "&lt", "<k :[l>", "</>", ...QUOTES],
  ],
  astro: [
    "{",
    "}",
    "<a",
    "</b>",
    "<c d={",
    "<e f='g>",
    "{`h",
    "Don't",
    "<!-- i",
    "{/* j",
    "<k>",
    ...QUOTES,
  ],
  svelte: [
    "{#if}",
    "{a b}",
    "</c>",
    "<d>",
    "{/each}",
    "Don't",
    "<style>e",
    "{@html",
    "<f {g h}>",
    ...QUOTES,
  ],
};

const PICTURE = "<img src='picture.png' />";

/** A template is a part of a component. */
const FRAMES: Readonly<Partial<Record<AltLanguage, readonly [string, string]>>> = {
  vue: ["<template>\n", "</template>\n"],
};

describe("broken documents", () => {
  for (const [name, language, text, expected] of CASES) {
    it(`cost the place that is broken: ${name} (${language})`, () => {
      const found = findImages(text, language).map(({ target, alt, altState }) => [
        target.kind === "url" ? target.value : `${target.kind}:${target.value}`,
        altState === "text" ? alt : `(${altState})`,
      ]);
      assert.deepEqual(found, expected);
    });
  }

  for (const [language, parts] of Object.entries(BROKEN) as [AltLanguage, readonly string[]][]) {
    it(`keep the pictures around what is broken, and edits are read back (${language})`, () => {
      for (const part of parts) {
        for (const other of parts) {
          const [before, after] = FRAMES[language] ?? ["", ""];
          const text = `${before}a\n\n${part}\n\n${PICTURE}\n\n${other}\n\nb ${PICTURE}\n${after}`;
          const places = [text.indexOf(PICTURE), text.lastIndexOf(PICTURE)];
          const images = findImages(text, language);
          const told = JSON.stringify(text);
          assert.deepEqual(
            images.map(({ span }) => span.start),
            places,
            told,
          );
          for (const image of images) {
            const edited = applyEdits(text, setAlt(text, image, "A 'b' & c"));
            const again = findImages(edited, language).find(
              ({ span }) => span.start === image.span.start,
            );
            assert.equal(again?.alt, "A 'b' & c", told);
          }
        }
      }
    });
  }

  it("are told where the one tag of a picture has no end", () => {
    for (const text of [
      "export const A = () => <img src='a.png' alt='x",
      "export const A = () => (<div><img src='a.png' </div>);\n",
    ]) {
      for (const language of ["jsx", "tsx"] as const) {
        assert.throws(() => findImages(text, language), /not well-formed/, text);
      }
    }
    assert.deepEqual(findImages("const a = 'b' + + ( '<img src=\"' + c + '\">'", "jsx"), []);
  });
});
