import assert from "node:assert/strict";
import { setAlt } from "../../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../../src/alt/formats/findImages";
import { applyEdits } from "../../../../../src/alt/textEdit";

/** A single picture whose text its list gives. */
const GIVEN = [
  '![](a.png){alt="foo"}',
  "![x](a.png){fig-alt='foo'}",
  '![x](a.png){alt="no" fig-alt="foo"}',
  "![x](a.png){#id .class width=300 alt=foo}",
  '![x](a.png){ .a-b data-x="}" alt="foo" - }',
  '![x](a.png){: alt="foo"}',
  "![x](a.png){:.wide alt='foo' height=\"50%\"}",
  '![x](a.png){: .wide}{: alt="foo"}',
  '![x](a.png){.wide\n  alt="foo"}',
  '![x][r]{alt="foo"}\n\n[r]: a.png',
  '![r][]{#id alt="foo" width=3}\n\n[r]: a.png',
  '![r]{: alt="foo" }\n\n[r]: a.png',
  '- *a ![x](a.png){alt="foo"}* b',
  '| a |\n| - |\n| ![x](a.png){alt="foo"} |',
  "\ufeff![x](a.png){alt=foo}",
];

/** A single picture whose text is the one between the brackets. */
const NONE = [
  '![x](a.png) {alt="foo"}',
  "![x](a.png){width=3 .alt #alt data-alt=foo}",
  '![x](a.png){{< b alt="foo" >}}',
  '![x](a.png){% b alt="foo" %}',
  '![x](a.png){b, alt="foo"}',
  '![x](a.png){alt="foo"',
  '![x](a.png){.b\n\nalt="foo"}',
  // It belongs to the paragraph.
  '![x](a.png)\n{: alt="foo"}',
  "![x](a.png){alt}",
];

describe("lists of attributes behind a picture", () => {
  for (const text of GIVEN) {
    it(`give its text: ${text}`, () => {
      const [image, ...others] = findImages(text, "markdown");
      assert.equal(others.length, 0);
      assert.equal(image?.alt, "foo");
      assert.equal(image.target.value, "a.png");
      assert.equal(text.slice(image.altSpan?.start, image.altSpan?.end), "foo");
      const edited = applyEdits(text, setAlt(text, image, "Fox"));
      assert.equal(
        edited,
        text.replace(/(["']?)foo\1/, (_, quote: string) => `${quote || '"'}Fox${quote || '"'}`),
      );
    });
  }

  for (const text of NONE) {
    it(`are none, or have no text: ${text}`, () => {
      const [image] = findImages(text, "markdown");
      assert.equal(image?.alt, "x");
      const edited = applyEdits(text, setAlt(text, image, "Fox"));
      assert.equal(edited, text.replace("[x]", "[Fox]"));
    });
  }

  it("are code in MDX", () => {
    const [image] = findImages('![x](a.png){alt = "foo"}', "mdx");
    assert.equal(image?.alt, "x");
  });

  it("have escapes and entities", () => {
    const [image] = findImages('![](a){alt="a \\"b\\" &amp; c"}', "markdown");
    assert.equal(image?.alt, 'a "b" & c');
  });

  it("say that a picture carries no meaning", () => {
    const [image] = findImages('![A caption](a.png){alt=""}', "markdown");
    assert.equal(image?.isDecorative, true);
  });

  it("are no words of the link around", () => {
    const [image] = findImages('[![](a.png){alt="foo"}](b)', "markdown");
    assert.equal(image?.isLink, true);
  });

  it("are read in a bounded time for each picture", () => {
    for (const part of ["![](a){", "![](a){b ", '![](a){b="', "![](a){a=b=", "![](a){.b}{"]) {
      const text = part.repeat(2000);
      assert.equal(findImages(text, "markdown").length, 2000);
    }
  });
});
