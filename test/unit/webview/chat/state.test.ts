import assert from "node:assert/strict";
import {
  askedPictures,
  canAsk,
  INITIAL_STATE,
  isAnswering,
  reduce,
  type Action,
  type PageState,
} from "../../../../webview/chat/state";
import { chatOf, pictureOf, turnOf } from "../../../helpers/chatViews";

const waiting = turnOf("t", { state: "waiting", answer: "" });
const streaming = turnOf("t", { state: "streaming", answer: "a " });
const done = turnOf("t");
const notice = { text: "It failed.", actions: [{ id: "x", label: "Help" }] };
const history = [{ id: "c", title: "A dog", updatedAt: 1, isOpen: true }];

/** The state with these parts; what is not named is as at the start. */
function stateOf(changes: Partial<PageState> = {}): PageState {
  return { ...INITIAL_STATE, ...changes };
}

interface Case {
  readonly does: string;
  readonly before: PageState;
  readonly action: Action;
  /** What is different afterwards; everything else must be as before. */
  readonly changes: Partial<PageState>;
}

const withTurn = (turn: typeof done): PageState => stateOf({ chat: chatOf({ turns: [turn] }) });
const replaced: Action = { type: "chatReplaced", chat: chatOf({ turns: [done] }) };

const cases: readonly Case[] = [
  {
    does: "shows the first chat",
    before: stateOf(),
    action: replaced,
    changes: { chat: replaced.chat, isLoaded: true },
  },
  {
    does: "keeps the draft and the place when the same chat comes again",
    before: stateOf({ chat: chatOf(), isLoaded: true, draft: "what", scroll: 40 }),
    action: replaced,
    changes: { chat: replaced.chat },
  },
  {
    does: "goes to the end of another chat and keeps the draft",
    before: stateOf({
      chat: chatOf({ conversationId: "other" }),
      isLoaded: true,
      draft: "what",
      scroll: 40,
      copiedTurnId: "t",
    }),
    action: replaced,
    changes: { chat: replaced.chat, scroll: "end", copiedTurnId: undefined },
  },
  {
    does: "takes new pictures",
    before: stateOf({ chat: chatOf() }),
    action: { type: "picturesChanged", pictures: [pictureOf("p")] },
    changes: { chat: chatOf({ pictures: [pictureOf("p")] }) },
  },
  {
    does: "adds a turn at the end and goes there",
    before: stateOf({ chat: chatOf({ turns: [turnOf("s")] }), scroll: 10 }),
    action: { type: "turnAdded", turn: waiting },
    changes: { chat: chatOf({ turns: [turnOf("s"), waiting] }), scroll: "end" },
  },
  {
    does: "does not add a turn twice",
    before: withTurn(waiting),
    action: { type: "turnAdded", turn: streaming },
    changes: { chat: chatOf({ turns: [streaming] }) },
  },
  {
    does: "makes the first piece of text the start of an answer",
    before: withTurn(waiting),
    action: { type: "textEmitted", turnId: "t", text: "a " },
    changes: { chat: chatOf({ turns: [streaming] }) },
  },
  {
    does: "appends a further piece",
    before: withTurn(streaming),
    action: { type: "textEmitted", turnId: "t", text: "dog" },
    changes: { chat: chatOf({ turns: [{ ...streaming, answer: "a dog" }] }) },
  },
  {
    does: "lets no late text into an answer that has ended",
    before: withTurn(done),
    action: { type: "textEmitted", turnId: "t", text: " late" },
    changes: {},
  },
  {
    does: "ignores text of an unknown turn",
    before: withTurn(waiting),
    action: { type: "textEmitted", turnId: "u", text: "a" },
    changes: {},
  },
  {
    does: "announces an answer when it is whole",
    before: withTurn(streaming),
    action: { type: "turnChanged", turn: done },
    changes: {
      chat: chatOf({ turns: [done] }),
      announcement: { nth: 1, kind: "turnEnded", turnId: "t" },
    },
  },
  {
    does: "announces nothing while an answer runs",
    before: withTurn(waiting),
    action: { type: "turnChanged", turn: streaming },
    changes: { chat: chatOf({ turns: [streaming] }) },
  },
  {
    does: "announces nothing when a turn is asked again",
    before: withTurn(done),
    action: { type: "turnChanged", turn: waiting },
    changes: { chat: chatOf({ turns: [waiting] }) },
  },
  {
    does: "ignores a change of an unknown turn",
    before: withTurn(waiting),
    action: { type: "turnChanged", turn: turnOf("u") },
    changes: {},
  },
  {
    does: "takes new suggestions",
    before: stateOf({ chat: chatOf() }),
    action: { type: "suggestionsChanged", suggestions: ["why?"] },
    changes: { chat: chatOf({ suggestions: ["why?"] }) },
  },
  {
    does: "takes the new history",
    before: stateOf({ chat: chatOf() }),
    action: { type: "historyChanged", history },
    changes: { chat: chatOf({ history }) },
  },
  {
    does: "takes the engine's new state",
    before: stateOf({ chat: chatOf() }),
    action: { type: "engineChanged", engine: { kind: "failed", label: "failed" } },
    changes: { chat: chatOf({ engine: { kind: "failed", label: "failed" } }) },
  },
  {
    does: "asks for the keyboard and closes what lies over the field",
    before: stateOf({ isHistoryOpen: true }),
    action: { type: "composerFocused" },
    changes: { isHistoryOpen: false, nFocusRequests: 1 },
  },
  {
    does: "opens the history",
    before: stateOf(),
    action: { type: "historyToggled" },
    changes: { isHistoryOpen: true },
  },
  {
    does: "closes the history when it is toggled again",
    before: stateOf({ isHistoryOpen: true }),
    action: { type: "historyToggled" },
    changes: { isHistoryOpen: false },
  },
  {
    does: "closes the history",
    before: stateOf({ isHistoryOpen: true }),
    action: { type: "historyClosed" },
    changes: { isHistoryOpen: false },
  },
  {
    does: "shows a notice",
    before: stateOf(),
    action: { type: "noticeShown", notice },
    changes: { notice },
  },
  {
    does: "closes a notice",
    before: stateOf({ notice }),
    action: { type: "noticeClosed" },
    changes: { notice: undefined },
  },
  {
    does: "keeps what is typed",
    before: stateOf(),
    action: { type: "draftChanged", draft: "wh" },
    changes: { draft: "wh" },
  },
  {
    does: "empties the field when a question is asked and goes to the end",
    before: stateOf({ draft: "what?", scroll: 12, notice }),
    action: { type: "questionAsked" },
    changes: { draft: "", scroll: "end", notice: undefined },
  },
  {
    does: "remembers the place",
    before: stateOf(),
    action: { type: "scrolled", scroll: 12 },
    changes: { scroll: 12 },
  },
  {
    does: "keeps places for pictures that are being read",
    before: stateOf({ nPending: 1 }),
    action: { type: "picturesPending", count: 2 },
    changes: { nPending: 3 },
  },
  {
    does: "frees the places of pictures that were read, and never more than there are",
    before: stateOf({ nPending: 1 }),
    action: { type: "picturesRead", count: 2 },
    changes: { nPending: 0 },
  },
  {
    does: "says that an answer was copied",
    before: stateOf(),
    action: { type: "answerCopied", turnId: "t" },
    changes: { copiedTurnId: "t", announcement: { nth: 1, kind: "copied" } },
  },
  {
    does: "says what a turn waits for when that lasts",
    before: stateOf(),
    action: { type: "stepLasts", turnId: "t" },
    changes: { announcement: { nth: 1, kind: "stepLasts", turnId: "t" } },
  },
  {
    does: "forgets the copy after a while",
    before: stateOf({ copiedTurnId: "t" }),
    action: { type: "copyForgotten", turnId: "t" },
    changes: { copiedTurnId: undefined },
  },
  {
    does: "does not forget the copy of another answer",
    before: stateOf({ copiedTurnId: "u" }),
    action: { type: "copyForgotten", turnId: "t" },
    changes: {},
  },
];

describe("the page's reducer", () => {
  for (const { does, before, action, changes } of cases) {
    it(`${does} (${action.type})`, () => {
      const frozen = structuredClone(before);
      const after = reduce(before, action);
      assert.deepEqual(after, { ...before, ...changes });
      assert.deepEqual(before, frozen, "the state before is left as it was");
      if (Object.keys(changes).length === 0) assert.equal(after, before);
    });
  }

  it("tells what the model cannot do once, and again when it was another model meanwhile", () => {
    const engine = (text?: string): Action => {
      const limits = text === undefined ? {} : { limits: { text, actions: [] } };
      return { type: "engineChanged", engine: { kind: "off", label: "", ...limits } };
    };
    const nth = (...actions: readonly Action[]): number =>
      actions.reduce(reduce, stateOf()).announcement.nth;
    assert.equal(nth(engine("Shapes.")), 1);
    assert.equal(nth(engine("Shapes."), engine("Shapes.")), 1);
    assert.equal(nth(engine("Shapes."), engine(), engine("Shapes.")), 2);
    assert.equal(nth(engine()), 0);
    const told = reduce(stateOf({ toldLimits: "Shapes." }), engine("Shapes."));
    assert.equal(told.announcement.nth, 0);
  });

  it("announces the same words twice as two announcements", () => {
    const copied: Action = { type: "answerCopied", turnId: "t" };
    const twice = reduce(reduce(INITIAL_STATE, copied), copied);
    assert.equal(twice.announcement.nth, 2);
  });

  it("leaves other turns the very same objects, so that they are not drawn again", () => {
    const other = turnOf("s");
    const before = stateOf({ chat: chatOf({ turns: [other, waiting] }) });
    const after = reduce(before, { type: "textEmitted", turnId: "t", text: "a" });
    assert.equal(after.chat.turns[0], other);
    assert.notEqual(after.chat.turns[1], waiting);
  });
});

describe("what can be asked", () => {
  it("is about selected pictures without a problem", () => {
    const pictures = [
      pictureOf("a"),
      pictureOf("b", { isSelected: false }),
      pictureOf("c", { problem: "It is gone." }),
    ];
    assert.deepEqual(
      askedPictures(chatOf({ pictures })).map(({ id }) => id),
      ["a"],
    );
    assert.equal(canAsk(chatOf({ pictures })), true);
    assert.equal(canAsk(chatOf({ pictures: pictures.slice(1) })), false);
  });

  it("needs an engine, but not one that runs already", () => {
    const pictures = [pictureOf("a")];
    const kinds = ["off", "failed", "unsupported"] as const;
    assert.deepEqual(
      kinds.map((kind) => canAsk(chatOf({ pictures, engine: { kind, label: "" } }))),
      [true, true, false],
    );
  });

  it("is being answered while a turn waits or receives text", () => {
    const states = ["waiting", "streaming", "done", "stopped", "failed"] as const;
    assert.deepEqual(
      states.map((state) => isAnswering(chatOf({ turns: [turnOf("t", { state })] }))),
      [true, true, false, false, false],
    );
  });
});
