import assert from "node:assert/strict";
import { isBelow } from "../../../src/disk/belowFolder";

describe("isBelow", () => {
  it("takes the folder itself and what lies in it, and nothing beside it", () => {
    for (const file of ["/a/b", "/a/b/", "/a/b/c.png", "/a/b/..c", "/a/b/c/../d"]) {
      assert.ok(isBelow(file, "/a/b", "linux"), file);
    }
    for (const file of ["/a", "/a/bc", "/a/b/../c", "/", "/A/b/c"]) {
      assert.ok(!isBelow(file, "/a/b", "linux"), file);
    }
    assert.ok(isBelow("/anything", "/", "linux"));
  });

  it("heeds case where the file system does, and drives where there are any", () => {
    assert.ok(isBelow("/A/B/c.png", "/a/b", "darwin"));
    assert.ok(isBelow("c:\\Users\\Me\\a.png", "C:\\users\\me", "win32"));
    assert.ok(isBelow("c:/users/me/a.png", "C:\\users\\me", "win32"));
    assert.ok(!isBelow("d:\\users\\me\\a.png", "c:\\users\\me", "win32"));
    assert.ok(!isBelow("\\\\server\\users\\me", "c:\\users\\me", "win32"));
  });
});
