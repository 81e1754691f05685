import assert from "node:assert/strict";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../../src/alt/languages";
import {
  captionStyles,
  insertCaption,
  type CaptionStyle,
} from "../../../../src/alt/edit/insertCaption";
import { parseMarkdown, walkMdast } from "../../../../src/alt/formats/markdown/mdastTree";
import { applyEdits } from "../../../../src/alt/textEdit";
import { AppError } from "../../../../src/base/errors";

type Case = readonly [string, AltLanguage, CaptionStyle, string, string];

const CAPTION = 'A "red" {fox} & <b>';

const CASES: readonly Case[] = [
  ["a title", "markdown", "title", "![a](b.png)", '![a](b.png "A \\"red\\" {fox} & <b>")'],
  [
    "a title instead of another",
    "markdown",
    "title",
    "![a](<b c> (d))!",
    '![a](<b c> "A \\"red\\" {fox} & <b>")!',
  ],
  [
    "a title in a table",
    "mdx",
    "title",
    "| a |\n| - |\n| ![](b) |",
    '| a |\n| - |\n| ![](b "A \\"red\\" {fox} & <b>") |',
  ],
  [
    "a line in italics",
    "markdown",
    "emphasis",
    "![a](b)\r\n\r\nc",
    '![a](b)\r\n\r\n*A "red" {fox} & \\<b>*\r\n\r\nc',
  ],
  [
    "a line in a list in a quote",
    "markdown",
    "emphasis",
    "> 1. ![a][]\n\n[a]: b",
    '> 1. ![a][]\n>\n>    *A "red" {fox} & \\<b>*\n\n[a]: b',
  ],
  [
    "a line below a wikilink",
    "markdown",
    "emphasis",
    "![[a.png|b]]\n# c",
    '![[a.png|b]]\n\n*A "red" {fox} & \\<b>*\n# c',
  ],
  [
    "a line in a task, not as code",
    "markdown",
    "emphasis",
    "- [x] ![a](b)\n- c",
    '- [x] ![a](b)\n\n  *A "red" {fox} & \\<b>*\n- c',
  ],
  [
    "a line in a footnote with a long name, not as code",
    "markdown",
    "emphasis",
    "a[^footnote]\n\n[^footnote]: ![a](b)",
    'a[^footnote]\n\n[^footnote]: ![a](b)\n\n    *A "red" {fox} & \\<b>*',
  ],
  ["a line in MDX", "mdx", "emphasis", "![a](b)\n", '![a](b)\n\n*A "red" \\{fox\\} & \\<b>*\n'],
  [
    "a figure within a line",
    "html",
    "figcaption",
    "<p><img src=a></p>",
    '<p><figure><img src=a><figcaption>A "red" {fox} &amp; &lt;b&gt;</figcaption></figure></p>',
  ],
  [
    "a figure of several lines",
    "html",
    "figcaption",
    "<div>\r\n\t<img src=a>\r\n</div>",
    '<div>\r\n\t<figure>\r\n\t\t<img src=a>\r\n\t\t<figcaption>A "red" {fox} &amp; &lt;b&gt;</figcaption>\r\n\t</figure>\r\n</div>',
  ],
  [
    "around a picture",
    "html",
    "figcaption",
    "a <picture><source><img src=a></picture>",
    'a <figure><picture><source><img src=a></picture><figcaption>A "red" {fox} &amp; &lt;b&gt;</figcaption></figure>',
  ],
  [
    "in a figure",
    "html",
    "figcaption",
    "<figure><img src=a></figure>",
    '<figure><img src=a><figcaption>A "red" {fox} &amp; &lt;b&gt;</figcaption></figure>',
  ],
  [
    "instead of another",
    "html",
    "figcaption",
    "<figure><img src=a><figcaption>b<i>c</i></figcaption></figure>",
    '<figure><img src=a><figcaption>A "red" {fox} &amp; &lt;b&gt;</figcaption></figure>',
  ],
  [
    "in JSX",
    "tsx",
    "figcaption",
    "a = <Image src='a'></Image>",
    "a = <figure><Image src='a'></Image><figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption></figure>",
  ],
  [
    "in a figure of JSX",
    "jsx",
    "figcaption",
    "<figure><img src='a' /><figcaption>b</figcaption></figure>",
    "<figure><img src='a' /><figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption></figure>",
  ],
  [
    "in a figure of MDX",
    "mdx",
    "figcaption",
    "<figure>\n  <img src='a' />\n  <figcaption>b</figcaption>\n</figure>",
    "<figure>\n  <img src='a' />\n  <figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption>\n</figure>",
  ],
  [
    "in Vue",
    "vue",
    "figcaption",
    "<template><figure><img src='a'></figure></template>",
    "<template><figure><img src='a'><figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption></figure></template>",
  ],
  [
    "in Svelte",
    "svelte",
    "figcaption",
    "<figure><img src='a'><figcaption>b</figcaption></figure>",
    "<figure><img src='a'><figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption></figure>",
  ],
  [
    "in Astro",
    "astro",
    "figcaption",
    "{a && <Image src='a'></Image>}",
    "{a && <figure><Image src='a'></Image><figcaption>A \"red\" &#123;fox&#125; &amp; &lt;b&gt;</figcaption></figure>}",
  ],
];

describe("insertCaption", () => {
  for (const [name, language, style, text, expected] of CASES) {
    it(`${name} (${language})`, () => {
      const [image] = findImages(text, language);
      assert.ok(captionStyles(image!).includes(style));
      const edits = insertCaption(text, image!, { caption: CAPTION, style });
      const edited = applyEdits(text, edits);
      assert.equal(edited, expected);
      const [after, ...others] = findImages(edited, language);
      assert.equal(others.length, 0);
      assert.deepEqual([after?.target, after?.alt], [image!.target, image!.alt]);
    });
  }

  it("puts an emphasised caption into a paragraph of its own", () => {
    for (const text of [
      "![a](b)",
      "> ![a](b)",
      "1. > - ![a](b)",
      "- [ ] ![a](b)",
      "[^n]: ![a](b)",
    ]) {
      const [image] = findImages(text, "markdown");
      const edits = insertCaption(text, image!, { caption: "C", style: "emphasis" });
      const { root } = parseMarkdown(applyEdits(text, edits));
      const paragraphs: string[] = [];
      walkMdast(root, (node) => {
        const types = "children" in node ? node.children.map(({ type }) => type).join() : "";
        if (node.type === "paragraph") paragraphs.push(types);
      });
      assert.deepEqual(paragraphs, ["image", "emphasis"], text);
    }
  });

  it("takes the most usual style when none is given", () => {
    const text = "![a](b)";
    const [image] = findImages(text, "markdown");
    const edits = insertCaption(text, image!, { caption: "C" });
    assert.equal(applyEdits(text, edits), '![a](b "C")');
  });

  it("refuses a style that the place does not allow, and an empty caption", () => {
    const text = "a ![b][r]\n\n[r]: c";
    const [image] = findImages(text, "markdown");
    assert.deepEqual(captionStyles(image!), []);
    const refused = [
      { caption: "C", style: "emphasis" },
      { caption: "C", style: "title" },
      { caption: "C", style: "figcaption" },
      { caption: "C" },
      { caption: " \n" },
    ] as const;
    for (const given of refused) {
      assert.throws(
        () => insertCaption(text, image!, given),
        (thrown) => thrown instanceof AppError && thrown.code === "document.notEditable",
      );
    }
  });
});
