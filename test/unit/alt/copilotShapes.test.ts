import assert from "node:assert/strict";
import { altProblem } from "../../../src/alt/wording/altText";
import { readableAlt, setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import { resolveTarget } from "../../../src/alt/resolve/resolveTarget";
import { applyEdits } from "../../../src/alt/textEdit";

/** What finders fail at that read one line with a regular expression, a row of failures each. */
const ROWS = {
  reference: "references and wikilinks are not found",
  order: "attributes are found in one order only",
  lines: "a tag over several lines is not found",
  component: "components, imports and expressions are not followed",
  templates: "Vue, Svelte and Astro are found by luck",
  several: "only the first image of a line is found, with its title, or cut at a parenthesis",
  surrounded: "links, angle brackets and tables around an image are taken for parts of it",
  root: "a path from the site's root is looked for at the disk's root",
  decision: "an empty alt attribute is taken for a missing one",
  boilerplate: "words that stand where a text should are taken for one",
  mdx: "Markdown and JSX in one document are not told apart",
} as const;

type Row = keyof typeof ROWS;

/** A document on which such a finder fails or does damage. */
interface Shape {
  readonly row: Row;
  readonly name: string;
  readonly language: AltLanguage;
  readonly text: string;
  /** Of each image, in order. */
  readonly targets: readonly string[];
  readonly alts: readonly (string | null)[];
  /** The document after every image got the text `A "red" [fox]`. */
  readonly after: string;
}

const SHAPES: readonly Shape[] = [
  {
    row: "reference",
    name: "a full reference with an empty text",
    language: "markdown",
    text: "See ![][r].\n\n[r]: a.png\n",
    targets: ["a.png"],
    alts: [""],
    after: 'See ![A "red" \\[fox\\]][r].\n\n[r]: a.png\n',
  },
  {
    row: "reference",
    name: "a collapsed reference keeps finding its definition",
    language: "markdown",
    text: "![R][]\n\n[r]: a.png\n",
    targets: ["a.png"],
    alts: ["R"],
    after: '![A "red" \\[fox\\]][R]\n\n[r]: a.png\n',
  },
  {
    row: "reference",
    name: "a shortcut reference keeps finding its definition",
    language: "markdown",
    text: "![r]\n\n[r]: <a b.png> 'title'\n",
    targets: ["a b.png"],
    alts: ["r"],
    after: "![A \"red\" \\[fox\\]][r]\n\n[r]: <a b.png> 'title'\n",
  },
  {
    row: "surrounded",
    name: "a linked image",
    language: "markdown",
    text: "[![](a.png)](b.html)\n",
    targets: ["a.png"],
    alts: [""],
    after: '[![A "red" \\[fox\\]](a.png)](b.html)\n',
  },
  {
    row: "several",
    name: "two images on a line",
    language: "markdown",
    text: "![](a.png) and ![b](b.png)\n",
    targets: ["a.png", "b.png"],
    alts: ["", "b"],
    after: '![A "red" \\[fox\\]](a.png) and ![A "red" \\[fox\\]](b.png)\n',
  },
  {
    row: "several",
    name: "a title is no part of the path",
    language: "markdown",
    text: '![](a.png "T") ![](b.png (T))\n',
    targets: ["a.png", "b.png"],
    alts: ["", ""],
    after: '![A "red" \\[fox\\]](a.png "T") ![A "red" \\[fox\\]](b.png (T))\n',
  },
  {
    row: "several",
    name: "parentheses in a path",
    language: "markdown",
    text: "![x](a_(1).png)\n",
    targets: ["a_(1).png"],
    alts: ["x"],
    after: '![A "red" \\[fox\\]](a_(1).png)\n',
  },
  {
    row: "surrounded",
    name: "a path in angle brackets",
    language: "markdown",
    text: "![](<a (b.png>)\n",
    targets: ["a (b.png"],
    alts: [""],
    after: '![A "red" \\[fox\\]](<a (b.png>)\n',
  },
  {
    row: "surrounded",
    name: "an image in a table cell",
    language: "markdown",
    text: "| a | b |\n| - | - |\n| ![](a.png) | <img src=b.png> |\n",
    targets: ["a.png", "b.png"],
    alts: ["", null],
    after:
      '| a | b |\n| - | - |\n| ![A "red" \\[fox\\]](a.png) | <img src=b.png alt="A &quot;red&quot; [fox]"> |\n',
  },
  {
    row: "order",
    name: "an attribute before src",
    language: "html",
    text: '<img class="wide" src="a.png">',
    targets: ["a.png"],
    alts: [null],
    after: '<img class="wide" src="a.png" alt="A &quot;red&quot; [fox]">',
  },
  {
    row: "order",
    name: "alt before src, in capitals and without quotes",
    language: "html",
    text: "<IMG ALT=fox SRC=a.png>",
    targets: ["a.png"],
    alts: ["fox"],
    after: '<IMG ALT="A &quot;red&quot; [fox]" SRC=a.png>',
  },
  {
    row: "lines",
    name: "a tag over several lines",
    language: "html",
    text: "<img\r\n  src='a.png'\r\n  width=3\r\n/>",
    targets: ["a.png"],
    alts: [null],
    after: "<img\r\n  src='a.png'\r\n  alt=\"A &quot;red&quot; [fox]\"\r\n  width=3\r\n/>",
  },
  {
    row: "component",
    name: "an image component",
    language: "tsx",
    text: 'const a = <Image fill src="/a.png" />;',
    targets: ["/a.png"],
    alts: [null],
    after: 'const a = <Image fill src="/a.png" alt="A &quot;red&quot; [fox]" />;',
  },
  {
    row: "component",
    name: "src from an import",
    language: "jsx",
    text: 'import fox from "./a.png";\nexport const A = () => <img src={fox} alt={""} />;',
    targets: ["./a.png"],
    alts: [""],
    after:
      'import fox from "./a.png";\nexport const A = () => <img src={fox} alt="A &quot;red&quot; [fox]" />;',
  },
  {
    row: "templates",
    name: "a bound src in Vue",
    language: "vue",
    text: '<script setup>\nimport fox from "./a.png"\n</script>\n<template><img :src="fox"></template>\n',
    targets: ["./a.png"],
    alts: [null],
    after:
      '<script setup>\nimport fox from "./a.png"\n</script>\n<template><img :src="fox" alt="A &quot;red&quot; [fox]"></template>\n',
  },
  {
    row: "templates",
    name: "braces in Svelte",
    language: "svelte",
    text: '<script>import fox from "./a.png";</script>\n{#if a > b}<img src={fox} alt="x">{/if}\n',
    targets: ["./a.png"],
    alts: ["x"],
    after:
      '<script>import fox from "./a.png";</script>\n{#if a > b}<img src={fox} alt="A &quot;red&quot; [fox]">{/if}\n',
  },
  {
    row: "templates",
    name: "front matter and expressions in Astro",
    language: "astro",
    text: '---\nimport fox from "./a.png";\n---\n{on && <Image src={fox} alt="x" />}\n',
    targets: ["./a.png"],
    alts: ["x"],
    after:
      '---\nimport fox from "./a.png";\n---\n{on && <Image src={fox} alt={"A \\"red\\" [fox]"} />}\n',
  },
];

/** More of the same kinds. */
const FURTHER: readonly Shape[] = [
  {
    row: "reference",
    name: "a wikilink",
    language: "markdown",
    text: "See ![[a b.png]] and ![[b.png|x]].\n",
    targets: ["a b.png", "b.png"],
    alts: [null, "x"],
    after: 'See ![[a b.png|A "red" (fox)]] and ![[b.png|A "red" (fox)]].\n',
  },
  {
    row: "reference",
    name: "a wikilink with a size",
    language: "markdown",
    text: "![[a.png|300]] ![[b.png|x|300x200]]\n",
    targets: ["a.png", "b.png"],
    alts: [null, "x"],
    after: '![[a.png|A "red" (fox)|300]] ![[b.png|A "red" (fox)|300x200]]\n',
  },
  {
    row: "mdx",
    name: "Markdown, a component and an import in MDX",
    language: "mdx",
    text: 'import fox from "./a.png"\n\n# ![](b.png) {1 > 0}\n\n<Image\n  fill\n  src={fox}\n/>\n',
    targets: ["b.png", "./a.png"],
    alts: ["", null],
    after:
      'import fox from "./a.png"\n\n# ![A "red" \\[fox\\]](b.png) {1 > 0}\n\n<Image\n  fill\n  src={fox}\n  alt="A &quot;red&quot; [fox]"\n/>\n',
  },
  {
    row: "mdx",
    name: "a picture with sources in MDX",
    language: "mdx",
    text: '<picture>\n  <source srcSet="a.webp 2x" />\n  <img alt="x" />\n</picture>\n',
    targets: ["a.webp"],
    alts: ["x"],
    after:
      '<picture>\n  <source srcSet="a.webp 2x" />\n  <img alt="A &quot;red&quot; [fox]" />\n</picture>\n',
  },
];

/** Rows that are not about finding and writing; two tests below, because one document shows two. */
const OWN_ROWS: readonly Row[] = ["root", "decision", "boilerplate"];
const N_OWN_TESTS = 2;

const ALT = 'A "red" [fox]';

describe("shapes that a regular expression on one line gets wrong", () => {
  it("stand for every row of failures, nineteen and some more", () => {
    const rows = new Set<string>([...SHAPES, ...FURTHER].map(({ row }) => row));
    assert.deepEqual([...rows, ...OWN_ROWS].sort(), Object.keys(ROWS).sort());
    assert.equal(SHAPES.length + N_OWN_TESTS, 19);
  });

  for (const { row, name, language, text, targets, alts, after } of [...SHAPES, ...FURTHER]) {
    it(`${name} (${language}), where ${ROWS[row]}`, () => {
      const images = findImages(text, language);
      assert.deepEqual(
        images.map(({ target }) => target.value),
        targets,
      );
      assert.deepEqual(
        images.map(({ alt }) => alt),
        alts,
      );
      const edits = images.flatMap((image) => setAlt(text, image, ALT));
      const edited = applyEdits(text, edits);
      assert.equal(edited, after);
      assert.deepEqual(
        findImages(edited, language).map(({ alt }) => alt),
        images.map((image) => readableAlt(image, ALT)),
      );
    });
  }

  it(`a path from the site's root, where ${ROWS.root}`, async () => {
    const [image] = findImages("![](/img/a.png)", "markdown");
    const resolved = await resolveTarget(image!, {
      documentPath: "/w/docs/a.md",
      workspaceRoots: ["/w"],
      files: {
        exists: (path) => Promise.resolve(path === "/w/static/img/a.png" || path === "/img/a.png"),
        readText: () => Promise.resolve(undefined),
        list: () => Promise.resolve(undefined),
      },
    });
    assert.deepEqual(resolved, { kind: "file", path: "/w/static/img/a.png" });
  });

  it(`a decision and boilerplate, where ${ROWS.decision}, and ${ROWS.boilerplate}`, () => {
    const text = '<img src=a.png alt=""><img src=a.png alt="Alt text"><img src=a.png alt="image">';
    const images = findImages(text, "html");
    assert.deepEqual(images.map(altProblem), [null, "placeholder", "placeholder"]);
    assert.deepEqual(
      images.map(({ isDecorative }) => isDecorative),
      [true, false, false],
    );
  });
});
