import assert from "node:assert/strict";
import { VIEW_LIMITS } from "../../../../src/protocol/views/chatMessages";
import { chatOf, pictureOf, turnOf } from "../../../helpers/chatViews";
import { restoredFrom, savedOf } from "../../../../webview/chat/savedState";
import { INITIAL_STATE, type PageState } from "../../../../webview/chat/state";

const chat = chatOf({
  pictures: [pictureOf("p", { thumbnail: "data:image/webp;base64,AA==", width: 4, height: 3 })],
  turns: [turnOf("t", { durationMs: 12 }), turnOf("u", { state: "stopped" })],
  suggestions: ["why?"],
  history: [{ id: "c", title: "A dog", updatedAt: 1, isOpen: true }],
});
const saved = savedOf({ ...INITIAL_STATE, chat, draft: "wh", scroll: 17 });

/** As the editor stores it. */
function stored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("what survives while the view is hidden", () => {
  it("is the chat, the draft and the place", () => {
    const expected: PageState = { ...INITIAL_STATE, chat, draft: "wh", scroll: 17, isLoaded: true };
    assert.deepEqual(restoredFrom(stored(saved)), expected);
  });

  it("is not what was over the page or under way", () => {
    const state: PageState = {
      ...INITIAL_STATE,
      chat,
      isHistoryOpen: true,
      notice: { text: "x", actions: [] },
      nPending: 3,
      copiedTurnId: "t",
      nFocusRequests: 4,
    };
    const expected = { ...INITIAL_STATE, chat, isLoaded: true };
    assert.deepEqual(restoredFrom(stored(savedOf(state))), expected);
  });

  it("is that a screen reader was told what the model cannot do", () => {
    const told = savedOf({ ...INITIAL_STATE, toldLimits: "Shapes only." });
    assert.equal(restoredFrom(stored(told)).toldLimits, "Shapes only.");
    assert.equal(restoredFrom(stored({ ...saved, toldLimits: 3 })).toldLimits, undefined);
  });

  it("follows the end again when it did before", () => {
    assert.equal(restoredFrom(stored({ ...saved, scroll: "end" })).scroll, "end");
  });

  it("is cut to what may be asked", () => {
    const draft = "x".repeat(VIEW_LIMITS.questionLength + 1);
    assert.equal(restoredFrom({ ...saved, draft }).draft.length, VIEW_LIMITS.questionLength);
  });

  const junk: readonly (readonly [name: string, value: unknown])[] = [
    ["nothing", undefined],
    ["null", null],
    ["a text", "state"],
    ["a list", []],
    ["an empty object", {}],
    ["another version", { ...saved, version: 2 }],
    ["no version", { ...saved, version: undefined }],
    ["no chat", { ...saved, chat: undefined }],
    ["a chat of another shape", { ...saved, chat: { ...chat, turns: [{ id: 1 }] } }],
    ["a chat that is a text", { ...saved, chat: "chat" }],
    [
      "an unknown state of a turn",
      { ...saved, chat: { ...chat, turns: [{ ...turnOf("t"), state: "?" }] } },
    ],
    ["a draft that is no text", { ...saved, draft: 4 }],
    ["a place above the top", { ...saved, scroll: -1 }],
    ["a place that is no number", { ...saved, scroll: Number.NaN }],
    ["a place without a name", { ...saved, scroll: "middle" }],
  ];
  for (const [name, value] of junk) {
    it(`is left alone when it is ${name}`, () => {
      assert.equal(restoredFrom(value), INITIAL_STATE);
    });
  }
});
