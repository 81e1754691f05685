import assert from "node:assert/strict";
import type { TurnView } from "../../../../src/protocol/views/chatMessages";
import { createAnnouncer } from "../../../../webview/chat/components/announcer";
import type { Announcement } from "../../../../webview/chat/state";
import { turnOf } from "../../../helpers/chatViews";
import { freshDocument, pageBench } from "../../../helpers/pageDocument";

const ended: Announcement = { nth: 1, kind: "turnEnded", turnId: "t" };

describe("what a screen reader is told", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("waits politely and is empty at the start", () => {
    const { root } = create();
    assert.equal(root.getAttribute("aria-live"), "polite");
    assert.equal(root.textContent, "");
  });

  const outcomes: readonly (readonly [name: string, turn: Partial<TurnView>, words: string])[] = [
    ["the whole answer", {}, "a dog"],
    ["what speaks against it", { doubts: ["outsideWorld"] }, "a dog. outsideWorld"],
    ["that and where it was stopped", { state: "stopped", answer: "a d" }, "stopped. a d"],
    ["only that it was stopped before its first word", { state: "stopped", answer: "" }, "stopped"],
    [
      "why there is no answer",
      { state: "failed", answer: "", notice: { text: "The engine ended.", actions: [] } },
      "The engine ended.",
    ],
    ["that there is no answer", { state: "failed", answer: "" }, "failed"],
  ];
  for (const [name, changes, words] of outcomes) {
    it(`is ${name}`, () => {
      const { tell } = create();
      assert.equal(tell(ended, [turnOf("t", changes)]), words);
    });
  }

  it("names the picture where there are several", () => {
    const { announcer, root } = create();
    announcer.update({
      announcement: ended,
      turns: [turnOf("t")],
      limits: "",
      hasSeveralPictures: true,
    });
    assert.equal(root.textContent, "p.png: a dog");
  });

  it("is said once, however often the page is drawn", () => {
    const { tell, root } = create();
    tell(ended, [turnOf("t")]);
    const said = root.firstChild;
    tell(ended, [turnOf("t", { answer: "another" })]);
    assert.equal(root.firstChild, said);
    assert.equal(root.textContent, "a dog");
  });

  it("is said again when the same words come again", () => {
    const { tell, root } = create();
    tell({ nth: 1, kind: "copied" }, []);
    const said = root.firstChild;
    assert.equal(tell({ nth: 2, kind: "copied" }, []), "copied");
    assert.notEqual(root.firstChild, said);
  });

  it("is what the chosen model cannot do", () => {
    const { tell } = create();
    assert.equal(tell({ nth: 1, kind: "limits" }, []), "Shapes only.");
  });

  it("is what takes long, without its seconds", () => {
    const { tell } = create();
    const step = { name: "look", elapsedMs: 1000 } as const;
    const turn = turnOf("t", { state: "waiting", answer: "", step });
    assert.equal(tell({ nth: 1, kind: "stepLasts", turnId: "t" }, [turn]), "stepLook");
  });

  it("is nothing when the turn is gone", () => {
    const { tell } = create();
    assert.equal(tell(ended, []), "");
  });
});

function create() {
  const announcer = createAnnouncer(pageBench().context.strings);
  const root = announcer.element;
  return {
    announcer,
    root,
    tell: (announcement: Announcement, turns: readonly TurnView[]) => {
      announcer.update({
        announcement,
        turns,
        limits: "Shapes only.",
        hasSeveralPictures: false,
      });
      return root.textContent;
    },
  };
}
