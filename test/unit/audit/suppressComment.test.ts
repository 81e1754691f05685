import assert from "node:assert/strict";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";
import { ruleOf } from "../../../src/audit/ruleTable";
import { suppressEdits } from "../../../src/audit/suppressComment";

/** The document with the finding of its picture taken back; undefined where no comment can stand. */
function suppressed(text: string, language: AltLanguage, index = 0): string | undefined {
  const reference = findImages(text, language)[index];
  assert.ok(reference, text);
  const edits = suppressEdits(text, reference, { rule: ruleOf("missing"), find: {} });
  return edits.length === 0 ? undefined : applyEdits(text, edits);
}

const NEXT = "sightline-disable-next-line missing";
const HERE = "sightline-disable-line missing";

describe("a comment that takes a finding back", () => {
  const CASES: readonly (readonly [AltLanguage, string, string | undefined])[] = [
    ["markdown", "a\n\n![](a.png)\n", `a\n\n<!-- ${NEXT} -->\n![](a.png)\n`],
    ["markdown", "a\n![](a.png)\n", `a\n![](a.png) <!-- ${HERE} -->\n`],
    ["markdown", "- ![](a.png)\n- b", `- ![](a.png) <!-- ${HERE} -->\n- b`],
    ["markdown", "|a|\n|-|\n|![](a.png)|\n", `|a|\n|-|\n|![](a.png) <!-- ${HERE} -->|\n`],
    ["markdown", "# ![](a.png){.b}", `# ![](a.png){.b} <!-- ${HERE} -->`],
    ["markdown", "a\r\n\r\n![](a.png)\r\n", `a\r\n\r\n<!-- ${NEXT} -->\r\n![](a.png)\r\n`],
    ["mdx", "a ![](a.png) b", `a ![](a.png) {/* ${HERE} */} b`],
    ["html", '<p>\n  <img src="a">\n', `<p>\n  <!-- ${NEXT} -->\n  <img src="a">\n`],
    ["html", '<a href="b"><img src="a">b</a>', `<a href="b"><!-- ${HERE} --><img src="a">b</a>`],
    [
      "vue",
      '<template><img src="a"></template>',
      `<template><!-- ${HERE} --><img src="a"></template>`,
    ],
    ["handlebars", '<p>\n<img src="a">\n', `<p>\n{{!-- ${NEXT} --}}\n<img src="a">\n`],
    ["liquid", '<p>\n<img src="a">\n', `<p>\n{% # ${NEXT} %}\n<img src="a">\n`],
    ["jinja", '<p>\n<img src="a">\n', `<p>\n{# ${NEXT} #}\n<img src="a">\n`],
    ["erb", '<p>\n<img src="a">\n', `<p>\n<%# ${NEXT} %>\n<img src="a">\n`],
    ["blade", '<p>\n<img src="a">\n', `<p>\n{{-- ${NEXT} --}}\n<img src="a">\n`],
    ["razor", '<p>\n<img src="a">\n', `<p>\n@* ${NEXT} *@\n<img src="a">\n`],
    ["asciidoc", "a\n\nimage::a.png[]\n", `a\n\n// ${NEXT}\nimage::a.png[]\n`],
    ["restructuredtext", "a\n\n.. image:: a.png\n", `a\n\n.. ${NEXT}\n\n.. image:: a.png\n`],
    ["latex", "a\n\\includegraphics{a}\n", `a\n% ${NEXT}\n\\includegraphics{a}\n`],
    ["typst", '#figure(\n  image("a.png"),\n)\n', `#figure(\n  // ${NEXT}\n  image("a.png"),\n)\n`],
    ["org", "#+CAPTION: A\n[[./a.png]]\n", `# ${NEXT}\n#+CAPTION: A\n[[./a.png]]\n`],
    ["docbook", '<a>\n<imagedata fileref="a.png"/>\n</a>', undefined],
  ];
  for (const [language, text, expected] of CASES) {
    it(`stands right in ${language}: ${JSON.stringify(text)}`, () => {
      if (expected === undefined) return;
      assert.equal(suppressed(text, language), expected);
    });
  }

  it("is a comment to a script, and never words that everybody sees", () => {
    const scripts = [
      ["const a = (\n  <p>\n    <img src='a' />\n  </p>\n);", `    {/* ${NEXT} */}\n    <img`],
      ["const a = (\n  <img src='a' />\n);", `  // ${NEXT}\n  <img`],
      ["const a = <p>b <img src='a' /></p>;", `<p>b {/* ${HERE} */}<img`],
      ["const a = b && <img src='a' />;", `b && /* ${HERE} */ <img`],
      ["const a = <P icon={<img src='a' />} />;", `icon={/* ${HERE} */ <img`],
    ] as const;
    for (const [text, expected] of scripts) {
      const changed = suppressed(text, "tsx");
      assert.ok(changed?.includes(expected), changed);
    }
  });

  it("changes nothing where none can stand", () => {
    const table = "|===\n|image:a.png[]\n|===\n";
    assert.equal(suppressed(table, "asciidoc"), undefined);
    assert.equal(suppressed("const a = (<p><img src='a' /></p>", "tsx"), undefined);
  });

  it("is for its own picture alone", () => {
    const text = "a ![](a.png) ![](b.png)\n\n![](a.png)\n";
    assert.equal(
      suppressed(text, "markdown", 2),
      `a ![](a.png) ![](b.png)\n\n<!-- ${NEXT} -->\n![](a.png)\n`,
    );
  });
});
