import assert from "node:assert/strict";
import { captionText } from "../../../../src/engine/text/captionText";

describe("captionText", () => {
  it("is what LAVIS feeds", () => {
    assert.equal(captionText('A "Cat" (on a wall)!\n Two; three.'), "a cat on a wall two three");
    assert.equal(captionText("word ".repeat(60)).split(" ").length, 50);
  });
});
