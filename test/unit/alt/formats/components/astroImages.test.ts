import assert from "node:assert/strict";
import { findImages } from "../../../../../src/alt/formats/findImages";

describe("imports within an attribute in Astro", () => {
  const CASES = [
    ['<Picture src={import("./a.png")} alt="" />', "module", "./a.png"],
    ["<Image src={import(`../b.png`)} />", "module", "../b.png"],
    ['<Image src={(await import("./c.png")).default} />', "module", "./c.png"],
    ['---\nconst d = import("./d.png");\n---\n<Image src={d} />', "module", "./d.png"],
    ["<Image src={import(e)} />", "dynamic", "import(e)"],
    ['<Image src={import("./f.ts").then((g) => g.h)} />', "dynamic", undefined],
  ] as const;
  for (const [text, kind, value] of CASES) {
    it(`are followed to the file that they name: ${JSON.stringify(text)}`, () => {
      const [image] = findImages(text, "astro");
      assert.equal(image?.target.kind, kind);
      if (value !== undefined) assert.equal(image.target.value, value);
    });
  }
});
