import assert from "node:assert/strict";
import {
  canMarkDecorative,
  markDecorative,
  readableAlt,
  setAlt,
} from "../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../../src/alt/languages";
import { applyEdits } from "../../../../src/alt/textEdit";
import { AppError } from "../../../../src/base/errors";
import { SeededRandom } from "../../../helpers/random";

/** Documents whose single image is between `«` and `»`, which are taken away before they are read. */
const FRAMES: readonly (readonly [AltLanguage, string])[] = [
  ["markdown", "«![x](a.png)»"],
  ["markdown", "«![x](<a b.png> 'title')»\n"],
  ["markdown", "> - a **«![](a.png)»** b\r\n"],
  ["markdown", "| a |\n| - |\n| «![x](a.png)» |\n"],
  ["markdown", "| a |\n| - |\n| «<img src='a.png'>» |\n"],
  ["markdown", "[«![x][r]»](b)\n\n[r]: a.png"],
  ["markdown", "# «![r][]»\n\n[r]: a.png"],
  ["markdown", "«![r]» text\n\n[r]: a.png"],
  ["markdown", "> <p>\n> «<img\n>   src=a.png\n>   width=3>»\n> </p>\n"],
  ["markdown", "- «![[a.png]]» b\n"],
  ["markdown", "«![[a.png|x]]»"],
  ["markdown", "> «![[a.png|300]]»"],
  ["markdown", "«![[a b.png|x|300x200]]» c"],
  ["markdown", "| a |\n| - |\n| «![[a.png\\|300]]» |\n"],
  ["markdown", "text «<img alt='x' src=a.png>» text"],
  ["markdown", '«![x](a.png){alt="y"}» text'],
  ["markdown", "> «![x](a.png 't'){: .wide alt='y' #a }» `b` *c*\n"],
  ["markdown", "| a |\n| - |\n| «![](a.png){alt=y width=3}» |\n"],
  ["markdown", '«![x][r]{fig-alt="y"}»\n\n[r]: a.png'],
  ["mdx", "«![x](a.png)»\n"],
  ["mdx", "<Card>\n  «<Image src=\"a.png\" alt='x' />»\n</Card>\n"],
  ["mdx", '{on && «<img src="a.png" />»}\n'],
  ["html", '«<img src="a.png" alt="x">»'],
  ["html", "<p>«<img\n src='a.png'\n alt='x'\n>»"],
  ["html", "«<img src=a.png alt=x>»"],
  ["html", "«<img src=a.png alt>»"],
  ["html", "«<img alt=x src=a.png/>»"],
  ["jsx", "const a = «<img src='a.png' alt='x' />»;"],
  ["jsx", "const a = «<img src='a.png' alt={`x`} />»;"],
  ["tsx", "const a = <T,>(b: T) => «<Image src='a.png' />»;"],
  ["vue", '<template>«<img src="a.png" alt="x">»</template>'],
  ["vue", '<template>«<img :alt="\'x\'" src="a.png">»</template>'],
  ["vue", "<template>«<img src='a.png' />»</template>"],
  ["svelte", "«<img src='a.png' alt='x'>»"],
  ["svelte", "«<img src='a.png' alt={'x'} />»"],
  ["svelte", "«<img src='a.png'>»"],
  ["astro", "<p>«<img src='a.png' alt='x'>»</p>"],
  ["astro", "{[1].map(() => «<img src='a.png'/>»)}"],
];

const PIECES = [
  ...[
    "[",
    "]",
    "(",
    ")",
    "\\",
    "`",
    "*",
    "_",
    "~",
    "|",
    "!",
    "<",
    ">",
    "&",
    ";",
    "#",
    "{",
    "}",
    "$",
  ],
  ...[
    '"',
    "'",
    "&amp;",
    "&quot;",
    "&#39;",
    "<b>",
    "</p>",
    "{{",
    "}}",
    "${",
    "](",
    "![",
    "[^1]",
    "<!--",
  ],
  ...[
    "-->",
    "*/",
    "//",
    "http://a.b",
    "www.a.b",
    "a@b.c",
    ":::",
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "\u00a0",
  ],
  ...[
    "\u0000",
    "\u2028",
    "\ud800",
    "😀",
    "é",
    "中",
    "a",
    "B",
    "7",
    "fox",
    "_a_",
    "**b**",
    "~~c~~",
    "===",
  ],
];

function randomText(random: SeededRandom): string {
  const nPieces = 1 + random.int(8);
  return Array.from({ length: nPieces }, () => random.pick(PIECES)).join("");
}

describe("setAlt", () => {
  for (const [language, frame] of FRAMES) {
    it(`reads back exactly and leaves the rest alone: ${language} ${JSON.stringify(frame)}`, () => {
      const text = frame.replace("«", "").replace("»", "");
      const before = frame.indexOf("«");
      const tail = frame.length - frame.indexOf("»") - 1;
      const random = new SeededRandom(frame.length);
      for (let round = 0; round < 60; round++) {
        // A lonely number is a size in a wikilink, and refused.
        const made = randomText(random);
        const alt = /^\s*\d+\s*$/.test(made) ? `${made} a` : made;
        const [image, ...others] = findImages(text, language);
        assert.equal(others.length, 0);
        const edited = applyEdits(text, setAlt(text, image!, alt));
        const [after, ...more] = findImages(edited, language);
        assert.equal(more.length, 0, edited);
        assert.equal(after?.alt, readableAlt(image!, alt), edited);
        assert.deepEqual(after.target, image!.target);
        assert.equal(edited.slice(0, before), text.slice(0, before));
        assert.equal(edited.slice(edited.length - tail), text.slice(text.length - tail));
      }
    });
  }

  it("keeps a byte order mark and Windows line ends", () => {
    const text = "\ufeff# a\r\n\r\n![](a.png)\r\n<img src=b.png>\r\n";
    const edits = findImages(text, "markdown").flatMap((image) => setAlt(text, image, "Fox"));
    const expected = '\ufeff# a\r\n\r\n![Fox](a.png)\r\n<img src=b.png alt="Fox">\r\n';
    assert.equal(applyEdits(text, edits), expected);
  });

  it("changes nothing when the text is that already", () => {
    const text = "<img src=a.png alt='a &amp; b'>";
    const [image] = findImages(text, "html");
    assert.deepEqual(setAlt(text, image!, " a  & b "), []);
  });

  it("keeps quotes and the place of attributes", () => {
    const text = "<img alt='x' src=a.png>";
    const [image] = findImages(text, "html");
    assert.equal(applyEdits(text, setAlt(text, image!, "it's")), "<img alt='it&#39;s' src=a.png>");
  });

  it("writes what a wikilink cannot hold as the marks that read most like it", () => {
    const text = "![[a.png|300]]";
    const [image] = findImages(text, "markdown");
    const edited = applyEdits(text, setAlt(text, image!, "A [red] fox | dog \\ cat"));
    assert.equal(edited, "![[a.png|A (red) fox / dog / cat|300]]");
  });

  it("writes a text where a list of attributes has one, else between the brackets", () => {
    const text =
      '![](a){.b alt="c" d=3} ![e](f){: alt=g } ![](h){.b d=3} ![r]{fig-alt=s}\n\n[r]: t';
    const edits = findImages(text, "markdown").flatMap((image) => setAlt(text, image, 'A "{5}"'));
    assert.equal(
      applyEdits(text, edits),
      '![](a){.b alt="A \u201d(5)\u201d" d=3} ![e](f){: alt="A \u201d(5)\u201d" } ![A "{5}"](h){.b d=3} ![r]{fig-alt="A \u201d(5)\u201d"}\n\n[r]: t',
    );
  });

  it("refuses a number in a wikilink, which would be a size", () => {
    const text = "![[a.png]]";
    const [image] = findImages(text, "markdown");
    assert.throws(
      () => setAlt(text, image!, "300"),
      (thrown) => thrown instanceof AppError && thrown.code === "document.notEditable",
    );
  });

  const DYNAMIC: readonly (readonly [AltLanguage, string])[] = [
    ["jsx", "<img src='a.png' alt={title} />"],
    ["jsx", "<img src='a.png' {...props} />"],
    ["jsx", "<img src='a.png' alt={`a ${b}`} />"],
    ["vue", "<template><img src='a.png' :alt='title'></template>"],
    ["vue", "<template><img src='a.png' v-bind='props'></template>"],
    ["svelte", "<img src='a.png' {alt}>"],
    ["svelte", "<img src='a.png' alt='a {b}'>"],
    ["astro", "<img src='a.png' alt={title}>"],
    ["astro", "<img src='a.png' {alt} />"],
    ["mdx", "<img src='a.png' alt={props.title} />"],
  ];
  for (const [language, text] of DYNAMIC) {
    it(`refuses a text that the program computes: ${language} ${text}`, () => {
      const [image] = findImages(text, language);
      assert.equal(image?.altState, "dynamic");
      assert.equal(image.alt, null);
      assert.throws(
        () => setAlt(text, image, "Fox"),
        (thrown) => thrown instanceof AppError && thrown.code === "document.notEditable",
      );
    });
  }
});

describe("markDecorative", () => {
  const CASES: readonly (readonly [string, AltLanguage, string, string])[] = [
    ["an attribute", "html", "<img src=a.png>", '<img src=a.png alt="">'],
    ["a value", "tsx", "<img src='a.png' alt={'x'} />", "<img src='a.png' alt=\"\" />"],
    ["a value in quotes", "astro", "<img src='a.png' alt='x'>", "<img src='a.png' alt=''>"],
    ["an image", "markdown", "a ![x](a.png) b", 'a <img src="a.png" alt=""> b'],
    ["an image alone", "markdown", "![](a.png)\n\n*b*\n", '<img src="a.png" alt="">\n\n*b*\n'],
    [
      "a title and an address with marks",
      "markdown",
      '![](<a "b" &amp; c.png> \'T "t"\') d',
      '<img src="a &quot;b&quot; &amp; c.png" alt="" title="T &quot;t&quot;"> d',
    ],
    [
      "a reference",
      "markdown",
      "See ![r].\n\n[r]: a.png 'T'",
      'See <img src="a.png" alt="" title="T">.\n\n[r]: a.png \'T\'',
    ],
    ["a link with words", "markdown", "[![](a.png) b](c)", '[<img src="a.png" alt=""> b](c)'],
    [
      "a link with words in emphasis",
      "markdown",
      "[**![](a.png)** *b*](c)",
      '[**<img src="a.png" alt="">** *b*](c)',
    ],
    [
      "a table",
      "markdown",
      "| a |\n| - |\n| ![](b\\|c) |",
      '| a |\n| - |\n| <img src="b&#124;c" alt=""> |',
    ],
    [
      "the lists of a list",
      "markdown",
      "- ![](a)\n- ![](b)",
      '- <img src="a" alt="">\n- <img src="b" alt="">',
    ],
    ["a list with a text", "markdown", "![](a){: .b alt=c }", '![](a){: .b alt="" }'],
    ["a hard break", "markdown", "![](a)\\\n*b*", '<img src="a" alt="">\\\n*b*'],
    ["a task", "markdown", "- [ ] ![](a)\n  b", '- [ ] <img src="a" alt="">\n  b'],
    ["MDX", "mdx", '![x](a.png "T")\nb', '<img src="a.png" alt="" title="T" />\nb'],
  ];
  for (const [name, language, text, expected] of CASES) {
    it(`says it so that it is read: ${name} (${language})`, () => {
      const images = findImages(text, language);
      const edited = applyEdits(
        text,
        images.flatMap((image) => markDecorative(text, image)),
      );
      assert.equal(edited, expected);
      const after = findImages(edited, language);
      assert.deepEqual(
        after.map(({ target, isDecorative }) => [target.value, isDecorative]),
        images.map(({ target }) => [target.value, true]),
      );
    });
  }

  const REFUSED: readonly (readonly [string, AltLanguage, string, RegExp])[] = [
    ["the only content of a link", "markdown", "[**![](a.png)**](b)", /link's name/],
    ["attributes in braces", "markdown", "![](a.png){width=3}", /braces/],
    ["a link around a picture with a list", "markdown", "[![](a.png){alt=b}](c)", /link's name/],
    ["code in a list", "markdown", '![](a.png){: alt="{{ b }}"}', /computes/],
    ["a line right below", "markdown", "![](a.png)\n*b*", /next line/],
    ["a heading right below", "markdown", "![](a.png)\n# b", /next line/],
    ["a heading of two lines", "markdown", "![](a.png)\n===", /next line/],
    ["a wikilink", "markdown", "![[a.png]]", /wikilink/],
    ["a computed text", "tsx", "<img src='a.png' alt={b} />", /computes/],
  ];
  for (const [name, language, text, words] of REFUSED) {
    it(`refuses what would not say it, with the reason: ${name}`, () => {
      const [image] = findImages(text, language);
      assert.equal(canMarkDecorative(image!), false);
      assert.throws(
        () => markDecorative(text, image!),
        (thrown) =>
          thrown instanceof AppError &&
          thrown.code === "document.notEditable" &&
          words.test(thrown.message),
      );
    });
  }
});
