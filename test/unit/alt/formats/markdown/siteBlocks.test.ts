import assert from "node:assert/strict";
import { setAlt } from "../../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../../src/alt/formats/findImages";
import { applyEdits } from "../../../../../src/alt/textEdit";

const addresses = (text: string): string[] =>
  findImages(text, "markdown").map(({ target }) => target.value);

describe("blocks of sites in Markdown", () => {
  it("hold pictures below the marks of Python-Markdown, however deep", () => {
    const text = [
      '!!! note "Look"',
      "",
      "    ![A](a.png){ .off-glb }",
      "",
      "    ??? tip inline end",
      "        Words ![](b.png)",
      "",
      '===! "Tab"',
      "",
      '    <img src="c.png">',
      "",
      "    ```",
      "    ![](no.png)",
      "    ```",
      "",
      "1.  Step",
      "",
      "    ???+ example",
      "",
      "        ![](d.png)",
      "",
      "![](e.png)",
    ].join("\n");
    for (const shown of [text, text.replaceAll("\n", "\r\n"), text.replaceAll("    ", "\t")]) {
      assert.deepEqual(addresses(shown), ["a.png", "b.png", "c.png", "d.png", "e.png"], shown);
    }
  });

  it("give a picture there a text, and change nothing else", () => {
    const text = '=== "Tab"\n\n    | a |\n    |---|\n    | ![](b.png) |\n';
    const [image] = findImages(text, "markdown");
    assert.ok(image);
    const edits = setAlt(text, image, "A | B");
    assert.equal(applyEdits(text, edits), text.replace("![]", "![A \\| B]"));
  });

  it("are none where nothing deeper follows, and leave code what it is", () => {
    const text = "!!! wow\n\n    ![](no.png)".replace("    ", "  ");
    assert.deepEqual(addresses(text), ["no.png"]);
    assert.deepEqual(addresses("Title\n=====\n\n    ![](no.png)\n"), []);
    assert.deepEqual(addresses("```\n!!! note\n\n    ![](no.png)\n```\n"), []);
    assert.deepEqual(addresses("    !!! note\n\n        ![](no.png)\n"), []);
  });

  it("show or drop what they hold in Liquid, Hexo and Hugo", () => {
    const pairs = [
      ["{% comment %}", "{% endcomment %}"],
      ["{%- highlight html linenos -%}", "{%- endhighlight -%}"],
      ["{% codeblock a.html lang:html %}", "{% endcodeblock %}"],
      ["{{< highlight html >}}", "{{< /highlight >}}"],
      ["{{% comment %}}", "{{% /comment %}}"],
    ] as const;
    for (const [open, close] of pairs) {
      const block = `![](a.png)\n\n${open}\n![](no.png)\n\n<img src="no.png">\n{% include figure.html src="no.png" %}\n${close}\n\n![](b.png)\n`;
      assert.deepEqual(addresses(block), ["a.png", "b.png"], open);
    }
  });

  it("hide nothing that a manual of such marks shows", () => {
    const manual =
      "```\n{% comment %}\n```\n\n![](a.png)\n\n```\n{% endcomment %}\n```\n\n![](b.png)\n";
    assert.deepEqual(addresses(manual), ["a.png", "b.png"]);
    const prose = "Between `{% comment %}` and ![](a.png) `{% endcomment %}`.\n";
    assert.deepEqual(addresses(prose), ["a.png"]);
    assert.deepEqual(addresses("{% comment %}\n\n![](a.png)\n"), ["a.png"]);
  });
});
