import assert from "node:assert/strict";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../../src/alt/languages";
import {
  altOwner,
  findAgain,
  findMarked,
  imageTouching,
  isWorthSearching,
  markOf,
  type FoundImages,
} from "../../../../src/host/documents/altPlan";

function found(text: string, language: AltLanguage = "markdown"): FoundImages {
  return { text, references: findImages(text, language) };
}

function ownerOf(text: string, language: AltLanguage = "markdown"): string | undefined {
  const [reference] = found(text, language).references;
  return reference === undefined ? undefined : altOwner(reference);
}

describe("altOwner", () => {
  const cases: readonly (readonly [string, AltLanguage, string])[] = [
    ["![](a.png)", "markdown", "nobody"],
    ["![alt text](a.png)", "markdown", "nobody"],
    ["![a.png](a.png)", "markdown", "nobody"],
    ["![A red fox](a.png)", "markdown", "person"],
    ["![image of a fox](a.png)", "markdown", "person"],
    ['<img src="a.png">', "html", "nobody"],
    ['<img src="a.png" alt="">', "html", "decorative"],
    ['<img src="a.png" alt="A fox">', "html", "person"],
    ["const a = <img src='a.png' alt={text} />;", "tsx", "program"],
    ["const a = <img src='a.png' {...rest} />;", "tsx", "program"],
  ];
  for (const [text, language, owner] of cases) {
    it(`${text} belongs to ${owner}`, () => {
      assert.equal(ownerOf(text, language), owner);
    });
  }
});

describe("isWorthSearching", () => {
  it("is false only where no picture can be", () => {
    assert.equal(isWorthSearching("# Title\n\nwords < more", []), false);
    for (const text of [
      "![](a.png)",
      "image::a.png[]",
      ".. figure:: a.png",
      "\\includegraphics{a}",
    ]) {
      assert.equal(isWorthSearching(text, []), true, text);
    }
    assert.equal(isWorthSearching("<IMG src=a>", []), true);
    assert.equal(isWorthSearching("<Photo src='a' />", []), false);
    assert.equal(isWorthSearching("<Photo src='a' />", ["Photo"]), true);
  });

  it("is false for a document that takes long to parse", () => {
    assert.equal(isWorthSearching(`![](a.png)${" ".repeat(400_000)}`, []), false);
  });
});

describe("imageTouching", () => {
  const { text, references } = found("![a](a.png)![b](b.png) ![c](c.png)");
  const targetAt = (offset: number): string | undefined =>
    imageTouching(references, { start: offset, end: offset })?.target.value;

  it("finds the picture that holds the cursor, its end included", () => {
    assert.equal(targetAt(0), "a.png");
    assert.equal(targetAt(5), "a.png");
    assert.equal(targetAt(22), "b.png");
    assert.equal(targetAt(text.length), "c.png");
  });

  it("takes the one that begins where two meet", () => {
    assert.equal(targetAt(11), "b.png");
  });

  it("takes the first that a selection touches", () => {
    assert.equal(imageTouching(references, { start: 3, end: 30 })?.target.value, "a.png");
  });

  it("finds none beside pictures", () => {
    const other = found("words ![a](a.png) words");
    assert.equal(imageTouching(other.references, { start: 2, end: 3 }), undefined);
  });
});

describe("findAgain", () => {
  /** What becomes of the picture `index` when the document changes. */
  const movedTo = (before: string, index: number, after: string): number | undefined => {
    const old = found(before);
    return findAgain(old.references[index]!, old, found(after))?.span.start;
  };

  it("finds a picture after edits before or behind it", () => {
    assert.equal(movedTo("a ![](x.png) b", 0, "longer ![](x.png) b"), 7);
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![](x.png) b and more"), 2);
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![](x.png) b"), 2);
  });

  it("tells pictures apart that look the same", () => {
    const before = "![](x.png) and ![](x.png)";
    assert.equal(movedTo(before, 1, `new ${before}`), 19);
    assert.equal(movedTo(before, 0, `${before} new`), 0);
  });

  it("keeps the order of equal pictures when edits are on both sides", () => {
    assert.equal(movedTo("a ![](x.png) b ![](x.png) c", 1, "A ![](x.png) b ![](x.png) C"), 15);
  });

  it("gives up when equal pictures came or went on both sides", () => {
    assert.equal(movedTo("a ![](x.png) b", 0, "![](x.png) A ![](x.png) B"), undefined);
  });

  it("does not find a picture whose text or address was changed", () => {
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![typed](x.png) b"), undefined);
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![](y.png) b"), undefined);
    assert.equal(movedTo("a ![](x.png) b", 0, "a b"), undefined);
    assert.equal(movedTo("![][x]\n\n[x]: x.png", 0, "![][x]\n\n[x]: y.png"), undefined);
  });
});

describe("a picture's mark", () => {
  /** Where the picture `index` is in another text, by its mark alone. */
  const movedTo = (before: string, index: number, after: string): number | undefined => {
    const old = found(before);
    return findMarked(markOf(old.references[index]!, old), found(after))?.span.start;
  };

  it("finds it after edits on both sides, among others that look the same", () => {
    assert.equal(movedTo("a ![](x.png) b", 0, "longer ![y](x.png) ![](x.png) B"), 19);
    assert.equal(movedTo("a ![](x.png) b ![](x.png) c", 1, "A ![](x.png) b ![](x.png) C"), 15);
  });

  it("finds nothing when it is gone, was changed, or cannot be told from another", () => {
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![typed](x.png) b"), undefined);
    assert.equal(movedTo("a ![](x.png) b", 0, "a ![](y.png) b"), undefined);
    assert.equal(movedTo("a ![](x.png) b", 0, "![](x.png) ![](x.png)"), undefined);
  });

  it("is short, because it stands in links, also for a picture within the document", () => {
    const old = found(`![](data:image/png;base64,${"A".repeat(5000)})`);
    assert.ok(JSON.stringify(markOf(old.references[0]!, old)).length < 100);
  });
});
