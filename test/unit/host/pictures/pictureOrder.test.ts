import assert from "node:assert/strict";
import { orderPictures } from "../../../../src/host/pictures/pictureOrder";

const files = [
  "/w/z.png",
  "/w/docs/img/b2.png",
  "/w/docs/img/b10.png",
  "/w/docs/a.png",
  "/w/x/y/c.png",
];
const pictures = files.map((path) => ({ uri: `file://${path}`, path }));
const paths = (some: readonly { path: string }[]): string[] => some.map(({ path }) => path);

describe("orderPictures", () => {
  it("sorts by name where nothing is known, numbers as numbers", () => {
    const { recent, near, others } = orderPictures(pictures, { recent: [], near: undefined });
    assert.deepEqual([recent, near], [[], []]);
    assert.deepEqual(paths(others), [
      "/w/docs/a.png",
      "/w/docs/img/b2.png",
      "/w/docs/img/b10.png",
      "/w/x/y/c.png",
      "/w/z.png",
    ]);
  });

  it("puts those beside the document before those elsewhere, the nearest first", () => {
    const { near, others } = orderPictures(pictures, { recent: [], near: "/w/docs/readme.md" });
    assert.deepEqual(paths(near), ["/w/docs/a.png", "/w/docs/img/b2.png", "/w/docs/img/b10.png"]);
    assert.deepEqual(paths(others), ["/w/z.png", "/w/x/y/c.png"]);
  });

  it("puts what was used last first, and nowhere else", () => {
    const recent = ["file:///w/x/y/c.png", "file:///gone.png", "file:///w/docs/a.png"];
    const order = orderPictures(pictures, { recent, near: "/w/docs/readme.md" });
    assert.deepEqual(paths(order.recent), ["/w/x/y/c.png", "/w/docs/a.png"]);
    assert.deepEqual(paths(order.near), ["/w/docs/img/b2.png", "/w/docs/img/b10.png"]);
    assert.deepEqual(paths(order.others), ["/w/z.png"]);
  });

  it("does not take a folder for its namesake", () => {
    const siblings = [{ uri: "u", path: "/w/docs-old/a.png" }];
    const { near, others } = orderPictures(siblings, { recent: [], near: "/w/docs/readme.md" });
    assert.deepEqual([near.length, others.length], [0, 1]);
  });

  it("takes a document at the top and pictures without a folder", () => {
    const flat = [{ uri: "u", path: "a.png" }];
    assert.equal(orderPictures(flat, { recent: [], near: "/readme.md" }).others.length, 1);
  });
});
