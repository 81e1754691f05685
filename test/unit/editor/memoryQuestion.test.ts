import { fakeWindow, resetFakeWindow } from "../../helpers/fakeWindow";
import assert from "node:assert/strict";
import { askAboutMemory } from "../../../src/editor/memoryQuestion";

const question = { model: "/models/opt", neededBytes: 3.9e9, availableBytes: 2.1e9 };
const smaller = { name: "opt-small", neededBytes: 1.9e9 };

describe("the question about memory", () => {
  beforeEach(resetFakeWindow);

  it("names both sizes, and leaving it is a cancel", async () => {
    assert.equal(await askAboutMemory(question), "cancel");
    assert.equal(
      fakeWindow.messages[0]?.text,
      "opt needs about 3.9 GB of memory, and 2.1 GB are free.",
    );
  });

  it("says when it is the graphics adapter whose memory is missing", async () => {
    await askAboutMemory({ ...question, isOnAdapter: true });
    const { text, detail } = fakeWindow.messages[0] ?? {};
    assert.match(text ?? "", /of the graphics adapter's memory, and 2\.1 GB are free/);
    assert.equal(detail, "Loaded all the same, it may fail or be slow.");
  });

  it("offers a way to a smaller model, or the smaller model that there is", async () => {
    fakeWindow.pressed.add("Get a Smaller One");
    assert.equal(await askAboutMemory(question), "getSmaller");
    assert.equal(await askAboutMemory({ ...question, smaller }), "cancel");
    assert.match(fakeWindow.messages[1]?.detail ?? "", /^opt-small .* needs about 1\.9 GB\. /);
    fakeWindow.pressed.add("Use opt-small");
    assert.equal(await askAboutMemory({ ...question, smaller }), "smaller");
  });

  it("loads it all the same when that is wished", async () => {
    fakeWindow.pressed.add("Load Anyway");
    assert.equal(await askAboutMemory(question), "loadAnyway");
  });
});
