import assert from "node:assert/strict";
import { findImages, MAX_DOCUMENT_UNITS } from "../../../../src/alt/formats/findImages";
import type { ImageReference } from "../../../../src/alt/imageReference";
import { ALT_LANGUAGES, type AltLanguage } from "../../../../src/alt/languages";
import { languageOfDocument, languageOfFile } from "../../../../src/alt/languages";
import { AppError } from "../../../../src/base/errors";

/** Kind and address of each image, and its text or how it is absent. */
type Expected = readonly [string, string | null];

function summary(images: readonly ImageReference[]): Expected[] {
  return images.map(({ target, alt, altState }) => [
    target.kind === "url" ? target.value : `${target.kind}:${target.value}`,
    altState === "text" ? alt : `(${altState})`,
  ]);
}

const CASES: readonly (readonly [string, AltLanguage, string, readonly Expected[]])[] = [
  [
    "code is no image",
    "markdown",
    "`![a](b.png)`\n\n    ![a](b.png)\n\n```\n<img src=a>\n```\n",
    [],
  ],
  ["an escaped bracket is no image", "markdown", "\\![a](b.png) !\\[a](b.png)", []],
  ["a reference without a definition is text", "markdown", "![a][b] ![c]", []],
  ["front matter is no text", "markdown", "---\na: ![x](y.png)\n---\n", []],
  [
    "markup in a text is stripped",
    "markdown",
    "![a **b** `c` [d](e)](f.png)",
    [["f.png", "a b c d"]],
  ],
  [
    "escapes and entities are read",
    "markdown",
    "![\\[a\\] &amp; b](a\\(1.png)",
    [["a(1.png", "[a] & b"]],
  ],
  ["math", "markdown", "$![](a)$ $$![](b)$$\n\n$$\n![](c)\n$$\n\n$5 ![](d) $6", [["d", ""]]],
  ["an image in an image's text is part of it", "markdown", "![a ![b](c)](d)", [["d", "a b"]]],
  [
    "lists and quotes",
    "markdown",
    "1. > - ![a](b)\n   >\n   > ![c](d)\n",
    [
      ["b", "a"],
      ["d", "c"],
    ],
  ],
  ["a text over two lines", "markdown", "![a\nb](c)", [["c", "a\nb"]]],
  [
    "an HTML block",
    "markdown",
    "<p align=center>\n  <img src=a>\n  ![b](c)\n</p>\n",
    [["a", "(absent)"]],
  ],
  [
    "inline HTML",
    "markdown",
    "a <b><img\nsrc='a>b.png' alt></b> ![c](d)",
    [
      ["a>b.png", ""],
      ["d", "c"],
    ],
  ],
  ["an HTML comment", "markdown", "<!-- <img src=a> -->\n\n<img src=b alt=c>", [["b", "c"]]],
  ["the first of two definitions counts", "markdown", "![a]\n\n[a]: b\n[a]: c", [["b", "a"]]],
  ["a footnote", "markdown", "a[^1]\n\n[^1]: ![b](c)\n", [["c", "b"]]],
  [
    "scripts and comments are no markup",
    "html",
    "<script>'<img src=a>'</script><!--<img src=b>--><img src=c>",
    [["c", "(absent)"]],
  ],
  [
    "a picture's source",
    "html",
    "<picture><source srcset='a.webp 1x, b.webp 2x'><img alt=c></picture>",
    [["a.webp", "c"]],
  ],
  ["an own srcset", "html", "<img srcset='a.png, b.png 2x'>", [["a.png", "(absent)"]]],
  ["src goes before srcset", "html", "<img srcset='b.png 2x' src=a.png>", [["a.png", "(absent)"]]],
  ["a tag without any picture", "html", "<img><img src=''><img alt=x>", []],
  ["an unfinished tag", "html", "<img src='a.png", []],
  [
    "entities in values",
    "html",
    "<img src='a.png?b&amp;c' alt='&lt;a&gt; &eacute;'>",
    [["a.png?b&c", "<a> é"]],
  ],
  [
    "a drawing's title",
    "html",
    "<svg><title><img src=a></title><style/></svg><img src=b>",
    [
      ["a", "(absent)"],
      ["b", "(absent)"],
    ],
  ],
  ["the first of two attributes counts", "html", "<img src=a alt=b alt=c src=d>", [["a", "b"]]],
  [
    "require and templates",
    "jsx",
    "a(<img src={require('./a.png')} />, <img src={`b.png`} alt={'c'} />)",
    [
      ["module:./a.png", "(absent)"],
      ["b.png", "c"],
    ],
  ],
  [
    "require().default and a constant",
    "jsx",
    "const f = require('./a.png').default; const g = <img src={f} />",
    [["module:./a.png", "(absent)"]],
  ],
  [
    "a URL beside the module",
    "tsx",
    "<img src={new URL('./a.png', import.meta.url).href} />",
    [["module:./a.png", "(absent)"]],
  ],
  [
    "a member of an import",
    "tsx",
    "import a from './a.png'; <Image src={a.src as string} />",
    [["module:./a.png", "(absent)"]],
  ],
  [
    "a name with two meanings is followed nowhere",
    "tsx",
    "import a from './a.png'; const f = (a: string) => <img src={a} />",
    [["dynamic:a", "(absent)"]],
  ],
  [
    "a type's member, a key and a default declare no name",
    "tsx",
    'import logo from "./a.png"; export const B = (p: { logo?: string }) => <img src={logo} />;' +
      " const { logo: l, m = logo, ...rest } = cfg; function f([x = logo]: Logo<typeof logo>) {}",
    [["module:./a.png", "(absent)"]],
  ],
  ...[
    "({ logo }) => ",
    "({ x: logo }) => ",
    "({ x: { y: [logo] } }) => ",
    "({ logo = 1 }) => ",
    "([, logo = 1]) => ",
    "(...logo) => ",
    "({ ...logo }) => ",
  ].map((parameters): (typeof CASES)[number] => [
    `a name that a pattern declares is followed nowhere: ${parameters}`,
    "tsx",
    `import logo from "./a.png"; const f = ${parameters}<img src={logo} />`,
    [["dynamic:logo", "(absent)"]],
  ]),
  [
    "a named import is no picture",
    "tsx",
    "import { a } from './b'; <img src={a} alt='x' />",
    [["dynamic:a", "x"]],
  ],
  ["valueless alt is true, which is no text", "jsx", "<img src='a' alt />", [["a", "(absent)"]]],
  [
    "entities and braces in JSX strings",
    "jsx",
    "<img src='a' alt='{b} &amp; &quot;c&quot;' />",
    [["a", '{b} & "c"']],
  ],
  ["a fixed text beside spread properties", "jsx", "<img {...p} src='a' alt='b' />", [["a", "b"]]],
  ["Flow types", "jsx", "// @flow\nconst f = (a: ?string) => <img src='a' />", [["a", "(absent)"]]],
  [
    "a script with an error that does not matter",
    "jsx",
    "const a = 1; const a = 2; <img src='b' />",
    [["b", "(absent)"]],
  ],
  [
    "MDX with everything",
    "mdx",
    "import f from './f.png'\n\n![a](b.png) {1 && <img src={f} />}\n\n<Card icon={<img src='c' />}>\n  <Image src={f} alt='d' />\n</Card>\n",
    [
      ["b.png", "a"],
      ["module:./f.png", "(absent)"],
      ["c", "(absent)"],
      ["module:./f.png", "d"],
    ],
  ],
  [
    "a picture's source in MDX, with its elements on lines of their own or on one",
    "mdx",
    "<picture>\n  <source srcSet='a.webp 1x, b.webp 2x' />\n  <img alt='c' />\n</picture>\n\n" +
      "d <picture><source media='print' /><source srcset={`e.png`} /><img /></picture>\n",
    [
      ["a.webp", "c"],
      ["e.png", "(absent)"],
    ],
  ],
  [
    "wikilinks of pictures, with a text behind the last bar that is before no size",
    "markdown",
    "![[a b.png]] ![[dir/c.JPG#x|A fox]] ![[d.png|300]] ![[e.png|A fox|300x200]] ![[f.png|right| A|4]] ![[g.png|]]\n",
    [
      ["wikilink:a b.png", "(absent)"],
      ["wikilink:dir/c.JPG#x", "A fox"],
      ["wikilink:d.png", "(absent)"],
      ["wikilink:e.png", "A fox"],
      ["wikilink:f.png", "A"],
      ["wikilink:g.png", ""],
    ],
  ],
  [
    "embedded notes, links, escapes, code, HTML and math are no wikilinks of pictures",
    "markdown",
    "![[note]] ![[a.pdf]] [[a.png]] \\![[a.png]] `![[a.png]]` ![[a\n.png]] ![[a[b].png]]\n\n" +
      "    ![[a.png]]\n\n<p>\n![[a.png]]\n</p>\n\n<!-- ![[a.png]] -->\n\n$$\n![[a.png]]\n$$\n",
    [],
  ],
  [
    "a wikilink stands in lists, quotes, emphasis and tables",
    "markdown",
    "> - **![[a.png|b*c*]]**\n\n| a |\n| - |\n| ![[c.png\\|d\\|30]] |\n| ![[e.png]] |\n",
    [
      ["wikilink:a.png", "b*c*"],
      ["wikilink:c.png", "d"],
      ["wikilink:e.png", "(absent)"],
    ],
  ],
  [
    "an image whose text is in brackets is no wikilink",
    "markdown",
    "![[a.png]](b.png)",
    [["b.png", "[a.png]"]],
  ],
  ["MDX has no wikilinks", "mdx", "![[a.png]]\n", []],
  ["HTML comments are none in MDX", "mdx", "{/* <img src='a' /> */}\n", []],
  [
    "Vue interpolations",
    "vue",
    "<template><p>{{ a <b }} <img src=a></p></template>",
    [["a", "(absent)"]],
  ],
  [
    "Vue bindings",
    "vue",
    "<script>\nimport f from '@/f.png'\n</script>\n<template><v-img v-bind:src='f' :alt='`g`'/><img :src='h'></template>",
    [
      ["module:@/f.png", "g"],
      ["dynamic:h", "(absent)"],
    ],
  ],
  [
    "unfinished bindings",
    "vue",
    "<template><img :src=> <img src='a' :alt=></template>",
    [["a", ""]],
  ],
  [
    "bindings of the same name",
    "vue",
    "<template><img :src :alt></template>",
    [["dynamic:", "(dynamic)"]],
  ],
  [
    "another template language without pictures",
    "vue",
    "<template lang='pug'>\np img(a)\n</template>\n<script>\nimg(a)</script>",
    [],
  ],
  [
    "Vue without a readable script",
    "vue",
    "<script>const = ;</script><template><img src=a></template>",
    [["a", "(absent)"]],
  ],
  [
    "Svelte blocks",
    "svelte",
    "{#each a as b}{@const c = 1}<img src={b}>{:else}<enhanced:img src='./a.png' alt='d' />{/each}",
    [
      ["dynamic:b", "(absent)"],
      ["./a.png", "d"],
    ],
  ],
  [
    "Svelte in TypeScript",
    "svelte",
    "<script lang='ts'>import f from './f.png'; let a: number = 1</script><img src={f}>",
    [["module:./f.png", "(absent)"]],
  ],
  [
    "Astro code with tags, strings and comments",
    "astro",
    "{/* <img src='x'> */ a.map((b) => b < 3 ? <li>it's <img src='c'></li> : '<img src=y>')}<img src=d>",
    [
      ["c", "(absent)"],
      ["d", "(absent)"],
    ],
  ],
  [
    "Astro regular expressions and templates",
    "astro",
    "{/<img src=x>/.test(a) && `<img src=y> ${b && <img src='z' />}`}<img src='c' />",
    [
      ["z", "(absent)"],
      ["c", "(absent)"],
    ],
  ],
  [
    "Astro scripts",
    "astro",
    "<script>const a = '<img src=x>';</script><style>a{}</style><img src='b'>",
    [["b", "(absent)"]],
  ],
  [
    "Astro unclosed elements within braces",
    "astro",
    "{a && <p>b}<img src='c'>",
    [["c", "(absent)"]],
  ],
  ["Astro entities", "astro", "<img src='a' alt='b &amp; c'>", [["a", "b & c"]]],
];

describe("findImages", () => {
  for (const [name, language, text, expected] of CASES) {
    it(`${name} (${language})`, () => {
      assert.deepEqual(summary(findImages(text, language)), expected);
    });
  }

  it("gives spans that cut out the reference and its text", () => {
    const texts: readonly (readonly [AltLanguage, string, string, string])[] = [
      ["markdown", "a ![b *c*](d.png 'e') f", "![b *c*](d.png 'e')", "b *c*"],
      ["markdown", "a ![[d.png| b c |3]] f", "![[d.png| b c |3]]", "b c"],
      ["html", "😀<img src=a alt='b &amp; c'>d", "<img src=a alt='b &amp; c'>", "b &amp; c"],
      ["tsx", "<Image src='a' alt={'b'}>c</Image>", "<Image src='a' alt={'b'}>", "b"],
      ["vue", "<template><img :alt=\"'b'\" src='a'></template>", "<img :alt=\"'b'\" src='a'>", "b"],
      ["svelte", "<img src='a' alt={`b`}>", "<img src='a' alt={`b`}>", "b"],
      ["astro", "{a && <img src='a' alt={ 'b' } />}", "<img src='a' alt={ 'b' } />", "b"],
    ];
    for (const [language, text, written, alt] of texts) {
      for (const mark of ["", "\ufeff"]) {
        const [image] = findImages(mark + text, language);
        const cut = (span: { start: number; end: number } | null | undefined): string =>
          (mark + text).slice(span?.start, span?.end);
        assert.equal(cut(image?.span), written);
        assert.equal(cut(image?.altSpan), alt);
      }
    }
  });

  it("takes names of components from its caller", () => {
    const options = { components: ["Foto", "ui.Pic"] };
    const text = "<><Foto src='a' /><ui.Pic src='b' /><Image src='c' /><img src='d' /></>";
    const found = findImages(text, "jsx", options).map(({ target }) => target.value);
    assert.deepEqual(found, ["a", "b", "d"]);
  });

  it("refuses a template in Pug that names a picture, and says why", () => {
    for (const text of [
      "<template lang='pug'>\ndiv\n  img(src='a')\n</template>",
      '<script>a</script>\n<template functional lang="pug">\na(b=1): img.d.e-f( src="g" )\n</template>',
    ]) {
      assert.throws(
        () => findImages(text, "vue", { name: "docs/x.vue" }),
        (thrown) =>
          thrown instanceof AppError &&
          thrown.code === "document.unparsable" &&
          /^docs\/x\.vue has a template in Pug/.test(thrown.message),
      );
    }
  });

  it("refuses a document of millions of characters before reading it", () => {
    assert.throws(
      () => findImages("![](a)".repeat(MAX_DOCUMENT_UNITS / 6 + 1), "markdown"),
      (thrown) => thrown instanceof AppError && thrown.code === "document.tooLarge",
    );
  });

  it("refuses nothing that cannot show a picture", () => {
    for (const language of ALT_LANGUAGES) {
      const text = "{([<!-- {{% `".repeat(MAX_DOCUMENT_UNITS);
      assert.deepEqual(findImages(text.slice(0, MAX_DOCUMENT_UNITS * 2), language), []);
    }
  });

  it("says so when code is nested too deeply", () => {
    assert.throws(
      () => findImages(`${"{".repeat(200_000)}<img src='a' />`, "jsx", { name: "a.jsx" }),
      (thrown) =>
        thrown instanceof AppError &&
        thrown.code === "document.unparsable" &&
        /^a\.jsx is nested too deeply/.test(thrown.message),
    );
  });
});

describe("languages", () => {
  it("go by the extension or by the editor's name", () => {
    assert.equal(languageOfFile("a/b.c/README.MD"), "markdown");
    assert.equal(languageOfFile("a.tsx"), "tsx");
    assert.equal(languageOfFile("md"), undefined);
    assert.equal(languageOfFile("a.png"), undefined);
    assert.equal(languageOfDocument("typescriptreact", ""), "tsx");
    assert.equal(languageOfDocument("svelte", ""), "svelte");
    assert.equal(languageOfDocument("python", ""), undefined);
  });
});
