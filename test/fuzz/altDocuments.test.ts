/**
 * Documents that somebody damaged, in every language that has a finder: no crash, no hang, no edit outside
 * of the picture, and a text that is written is the one that is read.
 */

import assert from "node:assert/strict";
import { canSetAlt, readableAlt, setAlt } from "../../src/alt/edit/editAlt";
import { findImages } from "../../src/alt/formats/findImages";
import type { ImageReference } from "../../src/alt/imageReference";
import { ALT_LANGUAGES, type AltLanguage } from "../../src/alt/languages";
import { applyEdits } from "../../src/alt/textEdit";
import { AppError } from "../../src/base/errors";
import { ALT_SEEDS } from "../helpers/altSeeds";
import { SeededRandom } from "../helpers/random";

const N_CASES = Number(process.env["SIGHTLINE_FUZZ_CASES"] ?? 120);
const SEED = Number(process.env["SIGHTLINE_FUZZ_SEED"] ?? 1);

// prettier-ignore
const PIECES = [
  ..."< > </ /> { } [ ] ( ) ![ ]( ` ``` ' \" \\ | \n \r \t \0 & ; = * _ # % @ $ ~ ^ , : :: .. - +".split(" "),
  " ", "<!--", "-->", "<img ", " alt=", "${", "{{", "}}", "{%", "%}", "<%", "%>", "<?", "?>", "@(", "@{",
  "image::", "image:a[", ".. image:: a", "   :alt:", "\\includegraphics", "#image(", "[[file:a.png]]",
  "#+begin_src", "----", "++++", "\\begin{verbatim}", "\\u0041", "\\n", "\ud800", "\ufeff", "😀", "\n\n", "\r\n",
  ":::", "```{image} a", "#| fig-alt: ", "<alt>", "<![CDATA[", "/*", "//",
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

function findOrRefuse(text: string, language: AltLanguage): ImageReference[] | undefined {
  try {
    return findImages(text, language);
  } catch (thrown) {
    assert.ok(thrown instanceof AppError, `${String(thrown)} ${JSON.stringify(text)}`);
    assert.equal(thrown.code, "document.unparsable", `${thrown.message} ${JSON.stringify(text)}`);
    return undefined;
  }
}

/** What a writer asks before it keeps an edit: the same pictures, and this one with its text. */
function readsBack(
  before: readonly ImageReference[],
  edited: string,
  { language, image, alt }: { language: AltLanguage; image: ImageReference; alt: string },
): boolean {
  const after = findOrRefuse(edited, language);
  return (
    after?.length === before.length &&
    before.every((each, index) => after[index]?.alt === (each === image ? alt : each.alt))
  );
}

const TEXTS = ["Fox & 'hen'", 'A "red" fox, = 5% #1', "A {b} [c] \\d", "Ünï 😀"];
/** Of the processor; far more than any of these takes. */
const MAX_MS = 2000;
/** The same for a document of up to a megabyte that is made to be slow; far less than a person waits. */
const MAX_BOMB_MS = 5000;
const PICTURE = "<img src='a' />";
/** Those whose grammar is known whole, so that nearly every text that is written is read back. */
const WHOLE = ["markdown", "mdx", "html", "jsx", "tsx", "vue", "svelte", "astro"];

/**
 * A damaged document may have no place that is safe; then the edit is refused when it is read back: of 20,000 Astro
 * documents 15 in 13,034, where a quote that nobody closed meets one of the new text.
 */
function minShare(language: AltLanguage): number {
  return WHOLE.includes(language) ? 0.998 : 0.9;
}

describe("damaged documents", () => {
  for (const language of ALT_LANGUAGES) {
    it(`crash no finder and take texts (${language})`, function () {
      this.timeout(60_000 + N_CASES * 100);
      const random = new SeededRandom(SEED * 1000 + language.length * 31);
      let nEdited = 0;
      let nRefused = 0;
      for (let round = 0; round < N_CASES; round++) {
        const text = mutated(random, ALT_SEEDS[language]);
        const began = process.cpuUsage();
        const images = findOrRefuse(text, language) ?? [];
        const { user, system } = process.cpuUsage(began);
        assert.ok(user + system < MAX_MS * 1000, `slow: ${JSON.stringify(text)}`);
        for (const { span } of images) {
          const isInText = span.start >= 0 && span.start < span.end && span.end <= text.length;
          assert.ok(isInText, JSON.stringify(text));
        }
        const editable = images.filter(canSetAlt);
        if (editable.length === 0) continue;
        const image = random.pick(editable);
        const given = random.pick(TEXTS);
        const edited = applyEdits(text, setAlt(text, image, given));
        const alt = readableAlt(image, given);
        if (readsBack(images, edited, { language, image, alt })) nEdited++;
        else {
          nRefused++;
          if (process.env["SIGHTLINE_FUZZ_SHOW"] !== undefined) {
            process.stderr.write(
              `${language} ${JSON.stringify(text)}\n  → ${JSON.stringify(edited)}\n`,
            );
          }
        }
      }
      const share = nEdited / Math.max(1, nEdited + nRefused);
      assert.ok(
        nEdited > 2 && share >= minShare(language),
        `${nEdited} edits, ${nRefused} refused`,
      );
    });
  }

  const n = 20_000;
  const bombs: readonly (readonly [AltLanguage, string])[] = [
    ["markdown", "[".repeat(50 * n)],
    ["markdown", "![".repeat(9000)],
    ["markdown", "[a](".repeat(9000)],
    ["markdown", "[a](".repeat(10 * n)],
    ["markdown", `${">".repeat(1000)} ![a](b)`],
    ["mdx", ">".repeat(50 * n)],
    ["markdown", "- ".repeat(500)],
    ["markdown", "1. ".repeat(10 * n)],
    ["markdown", "*a _b ".repeat(n)],
    ["markdown", Array.from({ length: 300 }, (_, i) => "`".repeat(i)).join(" ")],
    ["markdown", "<".repeat(n)],
    ["markdown", `|${"a|".repeat(200)}\n|${"-|".repeat(200)}\n${"|b\n".repeat(200)}`],
    ["markdown", "[a]: b\n".repeat(5000) + "![a]".repeat(5000)],
    ["html", "<figure>".repeat(n) + "<img src=a>".repeat(n)],
    ["html", "<svg>".repeat(n) + "</figure>".repeat(n)],
    ["html", `<img ${"a ".repeat(n)}>`],
    ["html", "<!--".repeat(n)],
    ["jsx", `${"<a>".repeat(500)}<img src='b' />${"</a>".repeat(500)}`],
    ["vue", `<template>${"<a>".repeat(2000)}`],
    ["vue", `<template>${"{{".repeat(n)}`],
    ["vue", `<template>${"<!--".repeat(10 * n)}`],
    ["svelte", "{#if a}".repeat(1000)],
    ["svelte", "<script ".repeat(n)],
    ["svelte", "<script>".repeat(n)],
    ["svelte", "{a b}<style>".repeat(n)],
    ["svelte", "{a b}<!--".repeat(n)],
    ["svelte", `{a b}${"<a b='".repeat(n)}`],
    ["astro", "{".repeat(n)],
    ["astro", "{`${".repeat(n)],
    ["astro", "<a ".repeat(n)],
    ["astro", "<a b={".repeat(n)],
    ["astro", '<a b="'.repeat(n)],
    ["astro", "<!--".repeat(n) + "{/*".repeat(n)],
    ["astro", `---\n${"import a\n".repeat(n)}const = ;\n---\n`],
    ["astro", "<a>".repeat(1500) + "</b>".repeat(n)],
    ["mdx", "<a>".repeat(500)],
    ["mdx", "{".repeat(n)],
    ["mdx", "{\n\n".repeat(n / 20)],
    ["mdx", `{(${"}".repeat(n)}`],
    ["mdx", "<a ".repeat(n)],
    ["mdx", "<a\n\n".repeat(n / 20)],
    ["mdx", "<a b={".repeat(n)],
    ["mdx", "<!--\n\n".repeat(n / 20)],
    ["mdx", "a <!-- ".repeat(n)],
    ["mdx", "import a\n\n".repeat(n / 20)],
    ["tsx", "<a ".repeat(n)],
    ["tsx", "`${<a>".repeat(n)],
    ["tsx", "<T,>(".repeat(n / 20)],
    ["tsx", "f<a>(".repeat(100)],
    ["jsx", "`${<a>".repeat(100)],
    ["typescript", `@Component({ template: \`<img src=a>\` })\n${"(<a>".repeat(100)}`],
    ["svelte", `<script lang="ts">${"f<a>(".repeat(100)}</script><img src=a>`],
    ["vue", `<template><img :src="${"f<a>(".repeat(100)}" /></template>`],
    ["asciidoc", "image:".repeat(n)],
    ["asciidoc", "\n\ufeff\nimage::a[]\n"],
    ["asciidoc", "image:a[".repeat(n)],
    ["asciidoc", "image::a[".repeat(n / 10) + "\n".repeat(n)],
    ["asciidoc", `image::a[${"b,".repeat(n)}]`],
    ["asciidoc", "`+".repeat(n) + "pass:[".repeat(n) + "image:a[]"],
    ["asciidoc", "image:a[]\n".repeat(n / 10)],
    ["restructuredtext", ".. image:: a\n".repeat(n)],
    ["restructuredtext", `.. image:: a\n${"   b\n".repeat(n)}`],
    ["restructuredtext", `| .. image:: a${"\n| :alt:".repeat(n)}`],
    ["restructuredtext", "- ".repeat(n) + ".. image:: a"],
    ["latex", "\\includegraphics[".repeat(n)],
    ["latex", "\\includegraphics{".repeat(n)],
    ["latex", "\\begin{figure}\\includegraphics{a}".repeat(n / 20)],
    ["latex", "\\verb|".repeat(n) + "\\includegraphics{a}"],
    ["typst", "#image(".repeat(400)],
    ["typst", `#image(${"a,".repeat(n)})`],
    ["typst", '#figure(image("a"))\n'.repeat(n / 20)],
    ["typst", "#[".repeat(450) + '#image("a")'],
    ["org", "[[file:a.png]]".repeat(n / 10) + "=".repeat(n)],
    ["org", "#+begin_src\n".repeat(n / 10) + "[[a.png]]"],
    ["dita", '<image href="a">'.repeat(n / 10)],
    ["docbook", "<mediaobject>".repeat(n / 10) + '<imagedata fileref="a"/>'.repeat(n / 10)],
    ["dita", "<!--".repeat(n) + "<![CDATA[".repeat(n) + '<image href="a"/>'],
    ["notebook", `{"cells":[${'{"cell_type":"markdown","source":"![](a)"},'.repeat(n / 20)}{}]}`],
    ["notebook", `${"[".repeat(n)}![`],
    ["quarto", "```{r}\n".repeat(n / 4) + "![a](b)"],
    ["quarto", "![a](b){".repeat(n / 20)],
    ["rmd", `\`\`\`{r ${"a=b,".repeat(n)}}\nplot(fig)\n\`\`\``],
    ["markdown", "```{note}\n".repeat(n / 4) + "![a](b)"],
    ["markdown", ":::image source=".repeat(n)],
    ["php", "<?php '".repeat(n) + "<img src=a>"],
    ["blade", "@a(".repeat(n / 4) + "<img src=a>"],
    ["razor", "@(".repeat(n / 4) + "<img src=a>"],
    ["razor", "@{".repeat(n / 4) + "<img src=a>"],
    ["erb", "<%= image_tag ".repeat(n / 4)],
    ["erb", `<%= image_tag ${"(".repeat(5000)} %>`],
    ["liquid", "{{ a | image_tag ".repeat(n / 4)],
    ["typescript", `@Component({ ${"template: `<img src=a>".repeat(n / 10)}`],
    ["html", "<svg role=img>".repeat(n / 4)],
  ];
  for (const [index, [language, text]] of bombs.entries()) {
    it(`end in bounded time (${language}, ${index})`, () => {
      const began = process.cpuUsage();
      // A document without a picture would not be read at all.
      findOrRefuse(`${text.slice(0, 1 << 20)}\n\n${PICTURE}`, language);
      // Of the processor, because machines that run tests are busy.
      const { user, system } = process.cpuUsage(began);
      const tookMs = (user + system) / 1000;
      assert.ok(tookMs < MAX_BOMB_MS, `It took ${Math.round(tookMs)} ms.`);
    });
  }
});
