import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ChatWorld } from "../../../helpers/chatServices";
import { says, settled } from "../../../helpers/chatFakes";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

describe("the sample picture", () => {
  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.files.set(
      FakeUri.file("/extension/media/samples/four-shapes.png").toString(),
      readFileSync("media/samples/four-shapes.png"),
    );
  });

  it("is copied out of the extension's folder, asked about at once, and answered", async () => {
    const world = new ChatWorld();
    world.engine.script = [says("a pink square")];
    await world.run("sightline.trySamplePicture");
    await world.say({ type: "ready" });
    await settled();
    const copy = FakeUri.file("/global/samples/four-shapes.png").toString();
    assert.ok(fakeEditor.files.has(copy));
    const [chat] = world.posted("chatReplaced").map((message) => message.chat);
    assert.equal(chat?.turns[0]?.question, "What is at the top left?");
    assert.equal(chat.turns[0].pictureName, "four-shapes.png");
    const ticked = fakeEditor.executed.filter(([, key]) => key === "sightline.hasAnswered");
    assert.deepEqual(ticked, [["setContext", "sightline.hasAnswered", true]]);
  });

  it("does not tick the step of the walkthrough when no answer came", async () => {
    const world = new ChatWorld();
    world.engine.script = [() => Promise.reject(new Error("The engine is gone."))];
    await world.run("sightline.trySamplePicture");
    await settled();
    assert.ok(!fakeEditor.executed.some(([, key]) => key === "sightline.hasAnswered"));
  });

  it("is what an empty chat offers", async () => {
    const world = new ChatWorld();
    world.open();
    await world.say({ type: "ready" });
    await world.say({ type: "trySample" });
    assert.ok(fakeEditor.executed.some(([id]) => id === "sightline.trySamplePicture"));
  });
});
