import assert from "node:assert/strict";
import { askAboutMemory, reportOthers } from "../../../../src/editor/engine/memoryQuestion";
import type { OtherEngine } from "../../../../src/roll/engineRoll";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const question = { model: "/models/opt", neededBytes: 3.9e9, availableBytes: 2.1e9, others: [] };
const OTHER: OtherEngine = {
  ...{ pid: 1, address: "a", model: "opt", bytes: 2.9e9 },
  ...{ holder: "window", state: "ready" },
};
const COMMAND: OtherEngine = { ...OTHER, address: "b", holder: "command", state: "busy" };
const smaller = { name: "opt-small", neededBytes: 1.9e9 };

describe("the question about memory", () => {
  beforeEach(resetFakeEditor);

  it("names both sizes, and leaving it is a cancel", async () => {
    assert.equal(await askAboutMemory(question), "cancel");
    assert.equal(
      fakeEditor.messages[0]?.text,
      "opt needs about 3.9 GB of memory, and 2.1 GB are free.",
    );
  });

  it("says when it is the graphics adapter whose memory is missing", async () => {
    await askAboutMemory({ ...question, isOnAdapter: true });
    const { text, detail } = fakeEditor.messages[0] ?? {};
    assert.match(text ?? "", /of the graphics adapter's memory, and 2\.1 GB are free/);
    assert.equal(detail, "Loaded all the same, it may fail or be slow.");
  });

  it("offers a way to a smaller model, or the smaller model that there is", async () => {
    fakeEditor.pressed.add("Get a Smaller One");
    assert.equal(await askAboutMemory(question), "getSmaller");
    assert.equal(await askAboutMemory({ ...question, smaller }), "cancel");
    assert.match(fakeEditor.messages[1]?.detail ?? "", /^opt-small .* needs about 1\.9 GB\. /);
    fakeEditor.pressed.add("Use opt-small");
    assert.equal(await askAboutMemory({ ...question, smaller }), "smaller");
  });

  it("says what other windows hold, and offers to free it", async () => {
    const other = { ...OTHER, model: "/models/opt" };
    const others = [other, { ...other, bytes: 6e8, model: "demo", state: "busy" }] as const;
    fakeEditor.pressed.add("Free Other Windows' Memory");
    assert.equal(await askAboutMemory({ ...question, others }), "endOthers");
    assert.match(
      fakeEditor.messages[0]?.detail ?? "",
      /^Another window's engine holds 2\.9 GB \(opt\)\. Another window's engine holds 600 MB \(demo\) and is answering\. /,
    );
  });

  it("tells of them where there is memory enough, and ends them when that is wished", async () => {
    const ended: string[] = [];
    const end = (isEnded: boolean) => (engine: OtherEngine) => {
      ended.push(engine.address);
      return Promise.resolve(isEnded);
    };
    await reportOthers([OTHER], end(true));
    assert.deepEqual(ended, []);
    fakeEditor.pressed.add("Free It");
    await reportOthers([OTHER, COMMAND], end(true));
    await reportOthers([OTHER], end(false));
    assert.deepEqual(ended, ["a", "a"]);
    const texts = fakeEditor.messages.map(({ text }) => text);
    assert.match(texts.at(-3) ?? "", /^The memory is free\. /);
    assert.match(texts.at(-1) ?? "", /is at work\. Try again/);
  });

  it("says what a command holds, which nobody but its user ends", async () => {
    fakeEditor.pressed.add("Free Other Windows' Memory").add("Free It");
    assert.equal(await askAboutMemory({ ...question, others: [COMMAND] }), "cancel");
    await reportOthers([COMMAND], () => Promise.reject(new Error("It was ended.")));
    for (const { text, detail } of fakeEditor.messages) {
      const words = "A command in a terminal holds 2.9 GB (opt) until it ends.";
      assert.ok(`${text} ${detail}`.includes(words), text);
    }
    const shown = fakeEditor.messages.length;
    // With a window among them there is something to free.
    assert.equal(await askAboutMemory({ ...question, others: [COMMAND, OTHER] }), "endOthers");
    assert.equal(fakeEditor.messages.length, shown + 1);
  });

  it("loads it all the same when that is wished", async () => {
    fakeEditor.pressed.add("Load Anyway");
    assert.equal(await askAboutMemory(question), "loadAnyway");
  });
});
