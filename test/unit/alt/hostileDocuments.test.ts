import assert from "node:assert/strict";
import { canSetAlt, setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { ImageReference } from "../../../src/alt/imageReference";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";
import { AppError } from "../../../src/base/errors";
import { SeededRandom } from "../../helpers/random";

/** Those whose edits are read back from every damaged document; test/fuzz has all. */
const STRICT = ["markdown", "mdx", "html", "jsx", "tsx", "vue", "svelte", "astro"] as const;

const SEEDS: Readonly<Record<(typeof STRICT)[number], string>> = {
  markdown:
    "---\na: b\n---\n# T\n\n![a](b.png 'c') ![d][e] ![e] [![f](g)](h)\n\n> - <img\n>   src=a alt='b'>\n\n| a |\n|-|\n| ![i](j) |\n\n<figure><img src=k><figcaption>l</figcaption></figure>\n\n[e]: <m n.png>\n",
  mdx: "import f from './f.png'\n\n![a](b) {1 && <img src={f} alt='c' />}\n\n<Image src='d' {...e} />\n",
  html: "<!doctype html><picture><source srcset='a 1x'><img src=b alt='c &amp; d'></picture><script>'<img src=e>'</script><svg><title>f</title></svg><figure><img src=g alt></figure>",
  jsx: "import a from './a.png';\nexport const B = (p) => <figure><img src={a} alt={`c`} {...p} /><figcaption>d</figcaption></figure>;\n",
  tsx: "const a = <T,>(b: T): JSX.Element => <><Image src={require('./c.png')} alt=\"d\" /></>;\n",
  vue: "<script setup lang='ts'>import a from './a.png'</script>\n<template><p v-if='b < c'>{{ d }}<img :src='a' alt='e' /></p></template>\n",
  svelte:
    "<script>import a from './a.png'</script>{#if b > c}<img src={a} alt='d' />{/if}<img {...e} src='f'>\n",
  astro:
    "---\nimport a from './a.png'\n---\n<p>{b.map((c) => <Image src={a} alt='d' />)}</p><img src=`e` {...f}>\n",
};

const PIECES = [
  ...[
    "<",
    ">",
    "</",
    "/>",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "`",
    "```",
    "'",
    '"',
    "\\",
    "|",
  ],
  ...[
    "\n",
    "\r",
    "\t",
    "\0",
    "&",
    ";",
    "=",
    "<!--",
    "-->",
    "<img ",
    " alt=",
    "${",
    "*",
    "_",
    "> ",
    "- ",
  ],
  ...[
    "\ud800",
    "\ufeff",
    "😀",
    "<script>",
    "</template>",
    "{#if",
    "{/if}",
    "---",
    "import ",
    "<![CDATA[",
  ],
];

function mutated(random: SeededRandom, seed: string): string {
  let text = seed;
  const nChanges = 1 + random.int(4);
  for (let change = 0; change < nChanges; change++) {
    const start = random.int(text.length + 1);
    const nGone = random.int(3) === 0 ? random.int(20) : 0;
    const copied = random.int(4) === 0 ? text.slice(random.int(text.length + 1)).slice(0, 30) : "";
    text = text.slice(0, start) + random.pick(PIECES) + copied + text.slice(start + nGone);
  }
  return text;
}

/** What a finder does with any text: images within it, or an error that says why not. */
function findOrRefuse(text: string, language: AltLanguage): ImageReference[] {
  try {
    return findImages(text, language);
  } catch (thrown) {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, "document.unparsable", `${thrown.message} ${JSON.stringify(text)}`);
    return [];
  }
}

/** Far more than any of these takes, far less than a person waits. */
const MAX_MS = 5000;

describe("hostile documents", () => {
  for (const language of STRICT) {
    it(`never crash a finder, and an edit is read back (${language})`, function () {
      this.timeout(60_000);
      const random = new SeededRandom(language.length * 31);
      let nEdited = 0;
      for (let round = 0; round < 400; round++) {
        const text = mutated(random, SEEDS[language]);
        const images = findOrRefuse(text, language);
        for (const { span } of images) {
          const isInText = span.start >= 0 && span.start < span.end && span.end <= text.length;
          assert.ok(isInText, JSON.stringify(text));
        }
        const editable = images.filter(canSetAlt);
        if (editable.length === 0) continue;
        const image = random.pick(editable);
        const edited = applyEdits(text, setAlt(text, image, "Fox & 'hen'"));
        const again = findOrRefuse(edited, language);
        const same = again.find(({ span }) => span.start === image.span.start);
        const told = `${JSON.stringify(text)} → ${JSON.stringify(edited)}`;
        assert.equal(same?.alt, "Fox & 'hen'", told);
        assert.equal(again.length, images.length, told);
        nEdited++;
      }
      assert.ok(nEdited > 10, `Only ${nEdited} edits were tried.`);
    });
  }

  const PICTURE = "<img src='a' />";
  const n = 20_000;
  const bombs: readonly (readonly [string, AltLanguage, string])[] = [
    ["brackets", "markdown", "[".repeat(50 * n)],
    ["image brackets", "markdown", "![".repeat(9000)],
    ["links", "markdown", "[a](".repeat(9000)],
    ["more links", "markdown", "[a](".repeat(10 * n)],
    ["quotes", "markdown", `${">".repeat(1000)} ![a](b)`],
    ["more quotes", "mdx", ">".repeat(50 * n)],
    ["lists", "markdown", "- ".repeat(500)],
    ["more lists", "markdown", "1. ".repeat(10 * n)],
    ["emphasis", "markdown", "*a _b ".repeat(n)],
    ["backticks", "markdown", Array.from({ length: 300 }, (_, i) => "`".repeat(i)).join(" ")],
    ["angle brackets", "markdown", "<".repeat(n)],
    ["tables", "markdown", `|${"a|".repeat(200)}\n|${"-|".repeat(200)}\n${"|b\n".repeat(200)}`],
    ["definitions", "markdown", "[a]: b\n".repeat(5000) + "![a]".repeat(5000)],
    ["tags", "html", "<figure>".repeat(n) + "<img src=a>".repeat(n)],
    ["end tags", "html", "<svg>".repeat(n) + "</figure>".repeat(n)],
    ["attributes", "html", `<img ${"a ".repeat(n)}>`],
    ["comments", "html", "<!--".repeat(n)],
    ["elements", "jsx", `${"<a>".repeat(500)}<img src='b' />${"</a>".repeat(500)}`],
    ["elements without end", "vue", `<template>${"<a>".repeat(2000)}`],
    ["interpolations", "vue", `<template>${"{{".repeat(n)}`],
    ["comments", "vue", `<template>${"<!--".repeat(10 * n)}`],
    ["blocks", "svelte", "{#if a}".repeat(1000)],
    ["scripts", "svelte", "<script ".repeat(n)],
    ["scripts without end", "svelte", "<script>".repeat(n)],
    ["styles without end", "svelte", "{a b}<style>".repeat(n)],
    ["comments", "svelte", "{a b}<!--".repeat(n)],
    ["texts of attributes", "svelte", `{a b}${"<a b='".repeat(n)}`],
    ["braces", "astro", "{".repeat(n)],
    ["templates", "astro", "{`${".repeat(n)],
    ["tags without end", "astro", "<a ".repeat(n)],
    ["attributes without end", "astro", "<a b={".repeat(n)],
    ["quotes without end", "astro", '<a b="'.repeat(n)],
    ["comments", "astro", "<!--".repeat(n) + "{/*".repeat(n)],
    ["imports", "astro", `---\n${"import a\n".repeat(n)}const = ;\n---\n`],
    ["end tags", "astro", "<a>".repeat(1500) + "</b>".repeat(n)],
    ["elements", "mdx", "<a>".repeat(500)],
    ["braces in a paragraph", "mdx", "{".repeat(n)],
    ["braces in lines", "mdx", "{\n\n".repeat(n / 20)],
    ["closed braces", "mdx", `{(${"}".repeat(n)}`],
    ["tags without end", "mdx", "<a ".repeat(n)],
    ["tags without end in lines", "mdx", "<a\n\n".repeat(n / 20)],
    ["attributes without end", "mdx", "<a b={".repeat(n)],
    ["comments", "mdx", "<!--\n\n".repeat(n / 20)],
    ["comments in a paragraph", "mdx", "a <!-- ".repeat(n)],
    ["scripts", "mdx", "import a\n\n".repeat(n / 20)],
    ["tags without end", "tsx", "<a ".repeat(n)],
    ["templates", "tsx", "`${<a>".repeat(n)],
    ["parameters of types", "tsx", "<T,>(".repeat(n / 20)],
  ];
  for (const [name, language, text] of bombs) {
    it(`end in bounded time: ${name} (${language})`, function () {
      this.timeout(4 * MAX_MS);
      const began = process.cpuUsage();
      // A document without a picture would not be read at all.
      findOrRefuse(`${text}\n\n${PICTURE}`, language);
      // Of the processor, because machines that run tests are busy.
      const { user, system } = process.cpuUsage(began);
      const tookMs = (user + system) / 1000;
      assert.ok(tookMs < MAX_MS, `It took ${Math.round(tookMs)} ms.`);
    });
  }
});
