import assert from "node:assert/strict";
import { cleanCaption, isLongAlt, textProblem } from "../../../../src/alt/wording/altText";

describe("cleanCaption", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a photo of a red fox in the snow\n", "A red fox in the snow"],
    ["An image of two cats.", "Two cats"],
    ["the picture of a dog..", "A dog"],
    ["a close-up photo of a photo of a bee", "A bee"],
    ["this is a picture of a boat", "A boat"],
    ["a black and white photograph of a bridge", "A bridge"],
    ["a painting of a bridge", "A painting of a bridge"],
    ["a photographer in a street", "A photographer in a street"],
    ["image processing on a screen", "Image processing on a screen"],
    ["photo: a tree", "A tree"],
    ['"a cat"', "A cat"],
    ["two  men\n and\ta dog ", "Two men and a dog"],
    ["a cat. a dog.", "A cat. a dog."],
    ["éclairs on a plate", "Éclairs on a plate"],
    ["a sign that says what?", "A sign that says what?"],
    ["and so on...", "And so on..."],
    ["a photo of", ""],
    [" . ", ""],
    ["", ""],
  ];
  for (const [caption, alt] of cases) {
    it(`${JSON.stringify(caption)} → ${JSON.stringify(alt)}`, () => {
      assert.equal(cleanCaption(caption), alt);
    });
  }

  it("never cuts a long text, but it is a problem", () => {
    const long = `a photo of ${"very ".repeat(60)}long`;
    const alt = cleanCaption(long);
    assert.equal(alt.length, "very ".repeat(60).length + 4);
    assert.equal(textProblem(alt), "too-long");
  });

  it("gives what has none of the problems that it mends", () => {
    for (const [caption] of cases) {
      const problem = textProblem(cleanCaption(caption));
      assert.ok(problem === null || problem === "missing", caption);
    }
  });
});

describe("textProblem", () => {
  const problems = {
    missing: ["", "  ", "\n\t", "\u2028"],
    placeholder: [
      ...[
        "alt text",
        "Alt text",
        "Alt Text Here",
        "image",
        "Image 3",
        "img",
        "IMG",
        "TODO",
        "todo:",
      ],
      ...[
        "…",
        "...",
        "-",
        "photo",
        "Screenshot",
        "[insert alt text]",
        "<alt>",
        "figure-12",
        "untitled",
      ],
      ...["enter image description here", "placeholder", "N/A"],
    ],
    filename: [
      ...["IMG_1234.png", "IMG_1234", "DSC00042.JPG", "photo.jpeg", "my holiday photo.webp"],
      ...["../img/a.svg", "image-12345.png", "PXL_20240101_120000", "logo@2x.png"],
      ...["https://example.org/a", "data:image/png;base64,iVBORw0KGgo="],
      ...["Screenshot 2024-01-02 at 10.11.12", "Screen Shot 2022-03-04 at 5.06.07 PM"],
    ],
    "redundant-prefix": [
      "a photo of a cat",
      "Image of a dog",
      "picture showing snow",
      "Graphic: x y",
    ],
    "too-long": ["a".repeat(251), `${"word ".repeat(60)}end`, "-".repeat(100_000)],
  } as const;
  for (const [problem, texts] of Object.entries(problems)) {
    for (const text of texts) {
      it(`${problem}: ${JSON.stringify(text.slice(0, 40))}`, () => {
        assert.equal(textProblem(text), problem);
      });
    }
  }

  it("leaves good texts alone", () => {
    const good = [
      ...[
        "A red fox",
        "Screenshot of the settings page",
        "Chart of sales by month",
        "Logo of ACME",
      ],
      ...["Photographers at work", "Imagery of war", "C++", "42", "😀", "a".repeat(250), "中文"],
      ...[
        "Image sensor of a camera",
        "Photograph of a bridge",
        "Your photo",
        "Download file.txt",
        "Go to example.com",
      ],
      ...["Step 1: open a.png, then close it"],
    ];
    assert.deepEqual(
      good.filter((text) => textProblem(text) !== null),
      [],
    );
  });

  it("counts characters, not UTF-16 units", () => {
    assert.equal(textProblem("😀".repeat(250)), null);
    assert.equal(textProblem("😀".repeat(251)), "too-long");
  });
});

describe("isLongAlt", () => {
  it("counts characters and not units, and what is heard", () => {
    assert.equal(isLongAlt("x".repeat(250)), false);
    assert.equal(isLongAlt("x".repeat(251)), true);
    assert.equal(isLongAlt("🦊".repeat(250)), false);
    assert.equal(isLongAlt(`${"x".repeat(250)}   `), false);
  });
});
