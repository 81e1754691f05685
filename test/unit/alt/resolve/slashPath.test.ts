import assert from "node:assert/strict";
import {
  folderOf,
  isWithin,
  joinPath,
  relativePath,
  toSlashes,
} from "../../../../src/alt/resolve/slashPath";

describe("slashPath", () => {
  it("joins and takes out dots", () => {
    assert.equal(joinPath("/a/b", "../c/./d.png"), "/a/c/d.png");
    assert.equal(joinPath("/a", "../../.."), "/");
    assert.equal(joinPath("C:/a", "b"), "C:/a/b");
    assert.equal(joinPath("a", "../../b"), "../b");
    assert.equal(joinPath("a", ".."), ".");
    assert.equal(joinPath("/a/", ""), "/a");
  });

  it("knows folders and what lies in them", () => {
    assert.equal(folderOf("/a/b.md"), "/a");
    assert.equal(folderOf("/b.md"), "/");
    assert.equal(folderOf("b.md"), ".");
    assert.equal(isWithin("/a/b", "/a"), true);
    assert.equal(isWithin("/ab", "/a"), false);
    assert.equal(isWithin("/ab", "/"), true);
  });

  it("keeps backslashes that are letters of a name", () => {
    assert.equal(toSlashes("C:\\a\\b"), "C:/a/b");
    assert.equal(toSlashes("/a\\b"), "/a\\b");
  });

  it("finds the way from a folder to a file", () => {
    assert.equal(relativePath("/a/b", "/a/b/c.png"), "c.png");
    assert.equal(relativePath("/a/b", "/a/c/d.png"), "../c/d.png");
    assert.equal(relativePath("/", "/a.png"), "a.png");
    assert.equal(relativePath("/a/b", "/a/b"), "../b");
    assert.equal(relativePath("/c:/x", "/d:/y.png"), "../../d:/y.png");
  });
});
