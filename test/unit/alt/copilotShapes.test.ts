import assert from "node:assert/strict";
import { altProblem } from "../../../src/alt/altText";
import { setAlt } from "../../../src/alt/editAlt";
import { findImages } from "../../../src/alt/findImages";
import type { AltLanguage } from "../../../src/alt/imageReference";
import { resolveTarget } from "../../../src/alt/resolveTarget";
import { applyEdits } from "../../../src/alt/textEdit";

/** Shapes on which a finder that reads one line with a regular expression fails or does damage. */
interface Shape {
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
    name: "a full reference with an empty text",
    language: "markdown",
    text: "See ![][r].\n\n[r]: a.png\n",
    targets: ["a.png"],
    alts: [""],
    after: 'See ![A "red" \\[fox\\]][r].\n\n[r]: a.png\n',
  },
  {
    name: "a collapsed reference keeps finding its definition",
    language: "markdown",
    text: "![R][]\n\n[r]: a.png\n",
    targets: ["a.png"],
    alts: ["R"],
    after: '![A "red" \\[fox\\]][R]\n\n[r]: a.png\n',
  },
  {
    name: "a shortcut reference keeps finding its definition",
    language: "markdown",
    text: "![r]\n\n[r]: <a b.png> 'title'\n",
    targets: ["a b.png"],
    alts: ["r"],
    after: "![A \"red\" \\[fox\\]][r]\n\n[r]: <a b.png> 'title'\n",
  },
  {
    name: "a linked image",
    language: "markdown",
    text: "[![](a.png)](b.html)\n",
    targets: ["a.png"],
    alts: [""],
    after: '[![A "red" \\[fox\\]](a.png)](b.html)\n',
  },
  {
    name: "two images on a line",
    language: "markdown",
    text: "![](a.png) and ![b](b.png)\n",
    targets: ["a.png", "b.png"],
    alts: ["", "b"],
    after: '![A "red" \\[fox\\]](a.png) and ![A "red" \\[fox\\]](b.png)\n',
  },
  {
    name: "a title is no part of the path",
    language: "markdown",
    text: '![](a.png "T") ![](b.png (T))\n',
    targets: ["a.png", "b.png"],
    alts: ["", ""],
    after: '![A "red" \\[fox\\]](a.png "T") ![A "red" \\[fox\\]](b.png (T))\n',
  },
  {
    name: "parentheses in a path",
    language: "markdown",
    text: "![x](a_(1).png)\n",
    targets: ["a_(1).png"],
    alts: ["x"],
    after: '![A "red" \\[fox\\]](a_(1).png)\n',
  },
  {
    name: "a path in angle brackets",
    language: "markdown",
    text: "![](<a (b.png>)\n",
    targets: ["a (b.png"],
    alts: [""],
    after: '![A "red" \\[fox\\]](<a (b.png>)\n',
  },
  {
    name: "an image in a table cell",
    language: "markdown",
    text: "| a | b |\n| - | - |\n| ![](a.png) | <img src=b.png> |\n",
    targets: ["a.png", "b.png"],
    alts: ["", null],
    after:
      '| a | b |\n| - | - |\n| ![A "red" \\[fox\\]](a.png) | <img src=b.png alt="A &quot;red&quot; [fox]"> |\n',
  },
  {
    name: "an attribute before src",
    language: "html",
    text: '<img class="wide" src="a.png">',
    targets: ["a.png"],
    alts: [null],
    after: '<img class="wide" src="a.png" alt="A &quot;red&quot; [fox]">',
  },
  {
    name: "alt before src, in capitals and without quotes",
    language: "html",
    text: "<IMG ALT=fox SRC=a.png>",
    targets: ["a.png"],
    alts: ["fox"],
    after: '<IMG ALT="A &quot;red&quot; [fox]" SRC=a.png>',
  },
  {
    name: "a tag over several lines",
    language: "html",
    text: "<img\r\n  src='a.png'\r\n  width=3\r\n/>",
    targets: ["a.png"],
    alts: [null],
    after: "<img\r\n  src='a.png'\r\n  alt=\"A &quot;red&quot; [fox]\"\r\n  width=3\r\n/>",
  },
  {
    name: "an image component",
    language: "tsx",
    text: 'const a = <Image fill src="/a.png" />;',
    targets: ["/a.png"],
    alts: [null],
    after: 'const a = <Image fill src="/a.png" alt="A &quot;red&quot; [fox]" />;',
  },
  {
    name: "src from an import",
    language: "jsx",
    text: 'import fox from "./a.png";\nexport const A = () => <img src={fox} alt={""} />;',
    targets: ["./a.png"],
    alts: [""],
    after:
      'import fox from "./a.png";\nexport const A = () => <img src={fox} alt="A &quot;red&quot; [fox]" />;',
  },
  {
    name: "a bound src in Vue",
    language: "vue",
    text: '<script setup>\nimport fox from "./a.png"\n</script>\n<template><img :src="fox"></template>\n',
    targets: ["./a.png"],
    alts: [null],
    after:
      '<script setup>\nimport fox from "./a.png"\n</script>\n<template><img :src="fox" alt="A &quot;red&quot; [fox]"></template>\n',
  },
  {
    name: "braces in Svelte",
    language: "svelte",
    text: '<script>import fox from "./a.png";</script>\n{#if a > b}<img src={fox} alt="x">{/if}\n',
    targets: ["./a.png"],
    alts: ["x"],
    after:
      '<script>import fox from "./a.png";</script>\n{#if a > b}<img src={fox} alt="A &quot;red&quot; [fox]">{/if}\n',
  },
  {
    name: "front matter and expressions in Astro",
    language: "astro",
    text: '---\nimport fox from "./a.png";\n---\n{on && <Image src={fox} alt="x" />}\n',
    targets: ["./a.png"],
    alts: ["x"],
    after:
      '---\nimport fox from "./a.png";\n---\n{on && <Image src={fox} alt={"A \\"red\\" [fox]"} />}\n',
  },
];

const ALT = 'A "red" [fox]';

describe("shapes that a regular expression on one line gets wrong", () => {
  for (const { name, language, text, targets, alts, after } of SHAPES) {
    it(`${name} (${language})`, () => {
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
        targets.map(() => ALT),
      );
    });
  }

  it("a path from the site's root is not a path from the disk's root", async () => {
    const [image] = findImages("![](/img/a.png)", "markdown");
    const resolved = await resolveTarget(image!, {
      documentPath: "/w/docs/a.md",
      workspaceRoots: ["/w"],
      exists: (path) => Promise.resolve(path === "/w/static/img/a.png" || path === "/img/a.png"),
      readText: () => Promise.resolve(undefined),
    });
    assert.deepEqual(resolved, { kind: "file", path: "/w/static/img/a.png" });
  });

  it('an empty alt attribute is a decision, and words such as "alt text" are none', () => {
    const text = '<img src=a.png alt=""><img src=a.png alt="Alt text"><img src=a.png alt="image">';
    const images = findImages(text, "html");
    assert.deepEqual(images.map(altProblem), [null, "placeholder", "placeholder"]);
    assert.deepEqual(
      images.map(({ isDecorative }) => isDecorative),
      [true, false, false],
    );
  });
});
