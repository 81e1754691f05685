import assert from "node:assert/strict";
import { mock } from "node:test";
import { followDocuments } from "../../../../src/editor/offers/documentFollowers";
import { AltWorld } from "../../../helpers/altServices";
import { settled } from "../../../helpers/chatFakes";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";

describe("what follows documents", () => {
  beforeEach(() => {
    resetFakeEditor();
    mock.timers.enable({ apis: ["setTimeout"] });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  const isFollowing = (): boolean => fakeEditor.documentChanged.nListeners > 0;

  async function pass(): Promise<void> {
    mock.timers.tick(1000);
    await settled();
  }

  it("waits for a document that may have pictures, and ends with the extension", async () => {
    const following = followDocuments(new AltWorld().services);
    await pass();
    await fakeEditor.documentOpened.fire(openDocument("python", ""));
    await pass();
    assert.equal(isFollowing(), false);
    await fakeEditor.documentOpened.fire(openDocument("markdown", "![](a.png)"));
    await pass();
    assert.equal(isFollowing(), true);
    following.dispose();
    assert.equal(isFollowing(), false);
  });

  it("begins with a document that is open already, once", async () => {
    const document = openDocument("markdown", "![](a.png)");
    const following = followDocuments(new AltWorld().services);
    await pass();
    const { nListeners } = fakeEditor.documentChanged;
    await fakeEditor.documentOpened.fire(document);
    await pass();
    assert.equal(fakeEditor.documentChanged.nListeners, nListeners);
    following.dispose();
  });

  it("loads nothing any more when it has ended", async () => {
    openDocument("markdown", "![](a.png)");
    const following = followDocuments(new AltWorld().services);
    mock.timers.tick(1000);
    following.dispose();
    await settled();
    assert.equal(isFollowing(), false);
  });
});
