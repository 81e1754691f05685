import assert from "node:assert/strict";
import { firstSrcsetUrl } from "../../../../src/alt/tags/srcset";

describe("firstSrcsetUrl", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["a.png", "a.png"],
    [" a.png 1x, b.png 2x", "a.png"],
    ["a.png, b.png", "a.png"],
    [",,\n a.png 100w", "a.png"],
    ["data:image/png;base64,AA== 2x", "data:image/png;base64,AA=="],
    ["a,b.png", "a,b.png"],
    ["", undefined],
    [" , ", undefined],
  ];
  for (const [srcset, url] of cases) {
    it(`reads ${JSON.stringify(srcset)}`, () => {
      assert.equal(firstSrcsetUrl(srcset), url);
    });
  }
});
