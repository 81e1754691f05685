import assert from "node:assert/strict";
import { canSetAlt, readableAlt, setAlt } from "../../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../../src/alt/formats/findImages";
import { findShortcodeImages } from "../../../../../src/alt/formats/markdown/shortcodeImages";
import { applyEdits } from "../../../../../src/alt/textEdit";

/** Documents; the address, the text or its state, and the document with the text "B". */
const CASES: readonly (readonly [string, string, string, string | null])[] = [
  ['{{< figure src="a.png" >}}', "a.png", "(absent)", '{{< figure src="a.png" alt="B" >}}'],
  ['{{<figure src="a.png">}}', "a.png", "(absent)", '{{<figure src="a.png" alt="B">}}'],
  ['{{% img src=a.png alt=`c "d` %}}', "a.png", 'c "d', '{{% img src=a.png alt="B" %}}'],
  [
    '{{< figure\n  src="a.png"\n  alt="c \\"d\\" e"\n  width=1\n/>}}',
    "a.png",
    'c "d" e',
    '{{< figure\n  src="a.png"\n  alt="B"\n  width=1\n/>}}',
  ],
  [
    '{{< figure src="a.png" caption="c" >}}',
    "a.png",
    "(absent)",
    '{{< figure src="a.png" alt="B" caption="c" >}}',
  ],
  [
    '{{< theme/lightbox image="/i/a.jpg" alt="c" >}}',
    "/i/a.jpg",
    "c",
    '{{< theme/lightbox image="/i/a.jpg" alt="B" >}}',
  ],
  ['{{< img "a.png" "c" >}}', "a.png", "(dynamic)", null],
  [
    '{% include figure image_path="/a.jpg" alt="c" caption="d" %}',
    "/a.jpg",
    "c",
    '{% include figure image_path="/a.jpg" alt="B" caption="d" %}',
  ],
  [
    '{%- include_cached parts/image.html src="a.png" -%}',
    "a.png",
    "(absent)",
    '{%- include_cached parts/image.html src="a.png" alt="B" -%}',
  ],
  ["{% include img.html src=page.cover alt=page.title %}", "dynamic:page.cover", "(dynamic)", null],
  [
    "{% asset_img left a.png 300 200 \"c 'd e'\" %}",
    "a.png",
    "d e",
    "{% asset_img left a.png 300 200 \"c 'B'\" %}",
  ],
  ['{% asset_img "a b.png" "c" %}', "a b.png", "(named)", '{% asset_img "a b.png" "c \'B\'" %}'],
  ["{% asset_img a.png %}", "a.png", "(absent)", null],
  ["{% asset_img a.png c d %}", "a.png", "(named)", null],
];

const NONE = [
  '```\n{{< figure src="a.png" >}}\n```\n',
  '`{{< figure src="a.png" >}}`',
  '    {{< figure src="a.png" >}}',
  '{{< video src="a.png" >}}',
  "{{< relref a.png >}}",
  '{{</* figure src="a.png" */>}}',
  '{{< figure src="a.png"',
  '{% include head.html title="a.png" %}',
  "{% if img == 'a.png' %}",
];

describe("pictures by a site's template", () => {
  for (const [text, address, said, written] of CASES) {
    it(text, () => {
      const document = `a\r\n\r\n${text}\r\n\r\n![c](d.png)\r\n`;
      const [image, other, ...more] = findImages(document, "markdown");
      assert.ok(image !== undefined && more.length === 0);
      assert.equal(other?.target.value, "d.png");
      const { kind, value } = image.target;
      assert.equal(kind === "url" ? value : `${kind}:${value}`, address);
      assert.equal(image.altState === "text" ? image.alt : `(${image.altState})`, said);
      const { start, end } = image.span;
      assert.equal(document.slice(start, end), text);
      if (written === null) {
        assert.equal(canSetAlt(image), false);
        return;
      }
      const edited = applyEdits(document, setAlt(document, image, "B"));
      assert.equal(
        edited,
        document.replace(text, () => written),
      );
      for (const alt of ["A 'b' \"c\" \\", "{{< d >}} {% e %}", 'f\\"g', "`h` = i"]) {
        const again = findImages(applyEdits(document, setAlt(document, image, alt)), "markdown");
        assert.equal(again[0]?.alt, readableAlt(image, alt));
        assert.equal(again.length, 2);
      }
    });
  }

  it("are decorative where their text is empty, which a template passes on", () => {
    for (const [text, isDecorative] of [
      ['{{< figure src="a.png" alt="" >}}', true],
      ["{% include figure.html src='a.png' alt='' %}", true],
      ["{% asset_img a.png \"c ''\" %}", true],
      ['{{< figure src="a.png" alt="A" >}}', false],
      ['{{< figure src="a.png" >}}', false],
      ['{{< figure src="a.png" title="" >}}', false],
    ] as const) {
      const [image] = findImages(text, "markdown");
      assert.equal(image?.isDecorative, isDecorative, text);
    }
  });

  for (const text of NONE) {
    it(`none: ${text}`, () => {
      assert.deepEqual(findImages(text, "markdown"), []);
    });
  }

  it("are read in linear time", () => {
    for (const part of [
      '{{< figure src="',
      "{% img ",
      "{{< figure a='b' ",
      '{{< img "',
      "{{< a ",
    ]) {
      const text = part.repeat(20_000);
      findShortcodeImages({ text, language: "markdown", components: [] }, () => false);
    }
  });
});
