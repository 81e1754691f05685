import assert from "node:assert/strict";
import { mock } from "node:test";
import { AltWorld } from "../../../helpers/altServices";
import { settled } from "../../../helpers/chatFakes";
import { followCursor } from "../../../../src/editor/offers/altCursor";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";

describe("what menus and keys are told", () => {
  beforeEach(() => {
    resetFakeEditor();
    mock.timers.enable({ apis: ["setTimeout"] });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  /** The context keys that are set once the editor was looked at. */
  async function told(): Promise<unknown[]> {
    const following = followCursor(new AltWorld().services);
    mock.timers.tick(1000);
    await settled();
    following.dispose();
    return fakeEditor.executed.map(([, ...key]) => key);
  }

  it("is that the cursor is in a picture, and that there are pictures", async () => {
    openDocument("markdown", "words ![](a.png)\n", "![");
    assert.deepEqual(await told(), [
      ["sightline.imageAtCursor", true],
      ["sightline.documentHasImages", true],
    ]);
  });

  it("is only that there are pictures when the cursor is beside them", async () => {
    openDocument("markdown", "words ![](a.png)\n", "words");
    assert.deepEqual(await told(), [["sightline.documentHasImages", true]]);
  });

  it("is nothing in a document without pictures, and in one of another language", async () => {
    openDocument("markdown", "words\n");
    assert.deepEqual(await told(), []);
    resetFakeEditor();
    openDocument("python", "# ![](a.png)\n");
    assert.deepEqual(await told(), []);
  });

  it("is that there may be pictures where nobody looks unasked", async () => {
    openDocument("markdown", `![](a.png)\n${"words ".repeat(60_000)}`);
    assert.deepEqual(await told(), [["sightline.documentHasImages", true]]);
  });

  it("is the same beside a mistake", async () => {
    openDocument("mdx", "<img src='a' />\n\n{broken\n", "<img");
    assert.deepEqual(await told(), [
      ["sightline.imageAtCursor", true],
      ["sightline.documentHasImages", true],
    ]);
  });
});
