import assert from "node:assert/strict";
import { findImages } from "../../../../src/alt/formats/findImages";
import {
  freeName,
  insertedAt,
  markdownImage,
  urisInList,
} from "../../../../src/host/documents/pastePlan";
import { isPictureName } from "../../../../src/model/ask/pictureNames";

describe("isPictureName", () => {
  it("goes by the extension", () => {
    assert.deepEqual(
      ["a.png", "A.JPEG", "a.b.webp", "a.md", "png", ".png", "a."].map(isPictureName),
      [true, true, true, false, false, false, false],
    );
  });
});

describe("freeName", () => {
  const among =
    (...taken: readonly string[]) =>
    (name: string): Promise<boolean> =>
      Promise.resolve(taken.includes(name));

  it("keeps a name that is free and counts on from one that is not", async () => {
    const given = { name: "image.png", type: "image/png" };
    assert.equal(await freeName(given, among()), "image.png");
    assert.equal(await freeName(given, among("image.png", "image-1.png")), "image-2.png");
  });

  const names: readonly (readonly [name: string, type: string, free: string])[] = [
    ["", "image/png", "image.png"],
    ["", "image/jpeg", "image.jpg"],
    ["photo", "image/webp", "photo.webp"],
    ["a b.JPG", "image/jpeg", "a b.JPG"],
    ["../../secret.png", "image/png", "secret.png"],
    ["C:\\Users\\me\\x.png", "image/png", "x.png"],
    ["..", "image/png", "image.png"],
    [".png", "image/png", "png.png"],
    ['a<b>:"|?*.png', "image/png", "ab.png"],
    ["\u0000\u001f", "image/gif", "image.gif"],
  ];
  for (const [name, type, free] of names) {
    it(`calls ${JSON.stringify(name)} of type ${type} ${free}`, async () => {
      assert.equal(await freeName({ name, type }, among()), free);
    });
  }

  it("gives up on a folder where every name is taken", async () => {
    const given = { name: "image.png", type: "image/png" };
    assert.equal(await freeName(given, () => Promise.resolve(true)), undefined);
  });
});

describe("markdownImage", () => {
  it("writes the way from the document's folder", () => {
    assert.equal(markdownImage("/w/docs", "/w/docs/a.png"), "![](a.png)");
    assert.equal(markdownImage("/w/docs", "/w/images/a.png"), "![](../images/a.png)");
    assert.equal(markdownImage("/w", "/w/a/b.png"), "![](a/b.png)");
  });

  for (const name of [
    "a b.png",
    "a(1).png",
    "100%.png",
    "a#b?.png",
    "[x].png",
    "é.png",
    "a'b.png",
  ]) {
    it(`reads back as ${name}`, () => {
      const [reference] = findImages(markdownImage("/w", `/w/${name}`), "markdown");
      assert.equal(decodeURIComponent(reference?.target.value ?? ""), name);
      assert.equal(reference?.alt, "");
    });
  }
});

describe("insertedAt", () => {
  it("finds the text in the change that brought it", () => {
    const text = "![](a.png)";
    assert.deepEqual(insertedAt([{ rangeOffset: 7, rangeLength: 0, text }], text), [7]);
    const within = { rangeOffset: 7, rangeLength: 2, text: `x ${text} y` };
    assert.deepEqual(insertedAt([within], text), [9]);
    assert.deepEqual(insertedAt([{ rangeOffset: 7, rangeLength: 0, text: "b" }], text), []);
  });

  it("counts what other changes of the event moved, in whatever order they come", () => {
    const text = "![](a.png)";
    const changes = [
      { rangeOffset: 20, rangeLength: 3, text },
      { rangeOffset: 5, rangeLength: 0, text },
    ];
    assert.deepEqual(insertedAt(changes, text), [5, 30]);
  });
});

describe("urisInList", () => {
  it("reads the addresses without comments", () => {
    const list = "# from somewhere\r\nfile:///a.png\r\n\r\nfile:///b.png\n";
    assert.deepEqual(urisInList(list), ["file:///a.png", "file:///b.png"]);
  });
});
