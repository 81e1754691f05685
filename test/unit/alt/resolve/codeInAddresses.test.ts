import assert from "node:assert/strict";
import { maskAddresses } from "../../../../src/alt/resolve/codeInAddresses";
import { setAlt } from "../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../src/alt/formats/findImages";
import { applyEdits } from "../../../../src/alt/textEdit";

// Written for this project after mmistakes/minimal-mistakes#2998 and remarkjs/remark-lint#58.
describe("code in the addresses of Markdown", () => {
  const addresses = [
    "{{ site.baseurl }}/assets/a.png",
    '{{ "/assets/a.png" | relative_url }}',
    "{{ site.url }}{{ site.baseurl }}/a.png",
    "{% link assets/a b.png %}",
    "/assets/{{ page.name | slugify: 'x (y)' }}.png",
    "<%= asset_path 'a.png' %>",
  ];
  for (const address of addresses) {
    it(`finds a picture at ${address}`, () => {
      for (const text of [
        `a ![](${address}) b`,
        `| ![]( ${address} "A title") |`,
        `![a][x]\n\n[x]: ${address}\n`,
        `[![](${address})](${address})`,
      ]) {
        const images = findImages(text, "markdown");
        assert.deepEqual(
          images.map(({ target }) => target),
          [{ kind: "url", value: address }],
          text,
        );
      }
    });
  }

  it("changes the text alone", () => {
    const text = '![]({{ "/a.png" | relative_url }} "T")\n\n![]({{ x }})';
    const [first] = findImages(text, "markdown");
    assert.ok(first !== undefined);
    assert.equal(
      applyEdits(text, setAlt(text, first, "A fox")),
      '![A fox]({{ "/a.png" | relative_url }} "T")\n\n![]({{ x }})',
    );
  });

  it("leaves code blocks, plain braces and code over lines alone", () => {
    for (const text of [
      "`![]({{ a b }})`",
      "    ![]({{ a b }})",
      "![]({ a b })",
      "![]({{ a\n\nb }})",
    ]) {
      assert.deepEqual(findImages(text, "markdown"), [], text);
    }
  });

  it("takes linear time", () => {
    const started = maskAddresses(`${"{{ a }}".repeat(60_000)}![]({{ b }})`);
    assert.equal(started.codes.length, 1);
    assert.ok(maskAddresses("](".repeat(1000) + "{{ a }}".repeat(60_000)).codes.length < 1000);
    assert.equal(findImages("![]({{ a }})\n".repeat(2_000), "markdown").length, 2_000);
  });
});
