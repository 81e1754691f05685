/// <reference lib="dom" />
import assert from "node:assert/strict";
import { createPage } from "../../../../webview/chat/page";
import { INITIAL_STATE, reduce, type Action, type PageState } from "../../../../webview/chat/state";
import { chatOf, pictureOf, turnOf } from "../../../helpers/chatViews";
import { freshDocument, pageBench, press, send } from "../../../helpers/pageDocument";

const asked = { pictures: [pictureOf("p")] };
const waiting = turnOf("t", { state: "waiting", answer: "" });
const conversations = ["c", "d"].map((id) => ({ id, title: id, updatedAt: 1, isOpen: id === "c" }));

describe("the field for questions", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("asks with Enter, empties itself and keeps the keyboard", () => {
    const { type, posted, field, state } = openPage(asked);
    type(" what is it? ");
    assert.equal(press("Enter"), false);
    assert.deepEqual(posted, [{ type: "ask", question: "what is it?" }]);
    assert.equal(field.value, "");
    assert.equal(state().draft, "");
    assert.equal(document.activeElement, field);
  });

  it("makes a new line with Shift+Enter, and leaves Enter to an input method", () => {
    const { type, posted } = openPage(asked);
    type("what");
    assert.equal(press("Enter", { shiftKey: true }), true);
    assert.equal(press("Enter", { isComposing: true }), true);
    assert.deepEqual(posted, []);
  });

  it("asks nothing when it is empty, and says what is missing without a picture", () => {
    const { type, posted, state } = openPage();
    type("  ");
    press("Enter");
    assert.equal(state().notice, undefined);
    type("what?");
    press("Enter");
    assert.deepEqual(posted, []);
    assert.equal(state().notice?.text, "questionPlaceholderNoPicture");
    assert.equal(state().draft, "what?");
  });

  it("takes a question while the model is still loaded, or is not there yet", () => {
    for (const kind of ["off", "starting", "loading", "busy", "failed"] as const) {
      freshDocument();
      const engine = { kind, label: "Loading opt…", progress: 0.3 };
      const { type, posted, field } = openPage({ ...asked, engine });
      assert.equal(field.hasAttribute("disabled"), false, kind);
      type("what?");
      press("Enter");
      assert.deepEqual(posted, [{ type: "ask", question: "what?" }], kind);
    }
  });

  it("says above it what the model cannot do, with what helps, and which question it answers", () => {
    const limits = { text: "Shapes only.", actions: [{ id: "getModel", label: "Get a Model" }] };
    const engine = { kind: "off", label: "demo", limits, example: "How many stars?" } as const;
    const { field, posted } = openPage({ ...asked, engine });
    const note = document.querySelector<HTMLElement>("[role=note]");
    assert.equal(note?.textContent, "Shapes only. Get a Model");
    assert.equal(note.hidden, false);
    note.querySelector("button")?.click();
    assert.deepEqual(posted, [{ type: "runAction", actionId: "getModel" }]);
    assert.equal(field.getAttribute("placeholder"), "questionPlaceholder");
  });

  it("says nothing there of a model that knows photographs", () => {
    openPage({ ...asked, engine: { kind: "off", label: "opt" } });
    assert.equal(document.querySelector<HTMLElement>("[role=note]")?.hidden, true);
  });

  it("says why nothing can be asked where there is no engine", () => {
    const engine = { kind: "unsupported", label: "none", detail: "No engine for this." } as const;
    const { type, state } = openPage({ ...asked, engine });
    type("what?");
    press("Enter");
    assert.equal(state().notice?.text, "No engine for this.");
  });

  it("offers Ask or Stop, and both when more was typed meanwhile", () => {
    const { type, dispatch, shownOf, buttonsNamed } = openPage(asked);
    assert.deepEqual(shownOf(".ask", ".stop"), [true, false]);
    dispatch({ type: "turnAdded", turn: waiting });
    assert.deepEqual(shownOf(".ask", ".stop"), [false, true]);
    assert.deepEqual(buttonsNamed("stop"), ["stop"]);
    type("and");
    assert.deepEqual(shownOf(".ask", ".stop"), [true, true]);
  });

  it("gets the keyboard when the extension asks for it", () => {
    const { dispatch, field } = openPage(asked);
    dispatch({ type: "composerFocused" });
    assert.equal(document.activeElement, field);
  });
});

describe("keys that work everywhere on the page", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("stop an answer with Escape, even when nothing was clicked on yet", () => {
    const { dispatch, posted } = openPage(asked);
    press("Escape");
    assert.deepEqual(posted, []);
    dispatch({ type: "turnAdded", turn: waiting });
    assert.equal(document.activeElement, document.body);
    press("Escape");
    press("Escape", { isComposing: true });
    assert.deepEqual(posted, [{ type: "stop" }]);
  });

  it("close the history with Escape first, and give the keyboard back", () => {
    const { dispatch, posted, page, state } = openPage({ ...asked, turns: [waiting] });
    const engine = page.querySelector<HTMLElement>(".engine");
    engine?.focus();
    dispatch({ type: "historyChanged", history: conversations });
    dispatch({ type: "historyToggled" });
    assert.equal(document.activeElement?.getAttribute("aria-current"), "true");
    assert.equal(page.querySelector("main")?.hasAttribute("inert"), true);
    press("Escape");
    assert.equal(state().isHistoryOpen, false);
    assert.equal(page.querySelector("main")?.hasAttribute("inert"), false);
    assert.equal(document.activeElement, engine);
    assert.deepEqual(posted, []);
  });

  it("take pasted files wherever the keyboard is, and leave text alone", async () => {
    const { posted, state, settled } = openPage();
    const files = [
      new File([Uint8Array.of(1, 2)], "image.png", { type: "image/png" }),
      new File(["x"], "notes.pdf", { type: "application/pdf" }),
    ];
    assert.equal(send(document.body, "paste", { clipboardData: { files: [] } }), true);
    assert.equal(send(document.body, "paste", { clipboardData: { files } }), false);
    assert.equal(state().nPending, 1);
    await settled();
    assert.deepEqual(posted, [
      { type: "addPictures", pictures: [{ name: "image.png", bytes: Uint8Array.of(1, 2) }] },
    ]);
    assert.equal(state().nPending, 0);
    assert.equal(state().notice?.text, "notAPicture");
  });
});

describe("the keyboard's place", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("goes to the field when the button under it goes", () => {
    const { dispatch, page, field } = openPage({ ...asked, turns: [waiting] });
    page.querySelector<HTMLElement>(".stop")?.focus();
    dispatch({ type: "turnChanged", turn: turnOf("t") });
    assert.equal(document.activeElement, field);
  });

  it("stays in the history when the last conversation is deleted", () => {
    const { dispatch, page } = openPage({ history: conversations.slice(0, 1) });
    dispatch({ type: "historyToggled" });
    page.querySelector<HTMLElement>(".conversation > vscode-button")?.focus();
    dispatch({ type: "historyChanged", history: [] });
    assert.equal(document.activeElement?.className, "history-close");
  });

  it("moves through the history with the arrow keys", () => {
    const { dispatch, posted } = openPage({ history: conversations });
    dispatch({ type: "historyToggled" });
    const title = () => document.activeElement?.querySelector(".conversation-title")?.textContent;
    const path = [title()];
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp"]) {
      press(key);
      path.push(title());
    }
    assert.deepEqual(path, ["c", "d", "d", "c"]);
    (document.activeElement as HTMLElement).click();
    assert.deepEqual(posted, [{ type: "openConversation", conversationId: "c" }]);
  });
});

describe("the transcript", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("follows new text at its end, and stays where the user scrolled to", () => {
    const { dispatch, transcript } = openPage({ ...asked, turns: [waiting] });
    let height = 300;
    let top = 0;
    Object.defineProperties(transcript, {
      clientHeight: { get: () => 100 },
      scrollHeight: { get: () => height },
      scrollTop: { get: () => top, set: (value: number) => (top = Math.min(value, height - 100)) },
    });
    dispatch({ type: "textEmitted", turnId: "t", text: "a " });
    assert.equal(top, 200);
    top = 50;
    send(transcript, "scroll");
    height = 400;
    dispatch({ type: "textEmitted", turnId: "t", text: "dog" });
    assert.equal(top, 50);
    top = 290;
    send(transcript, "scroll");
    height = 500;
    dispatch({ type: "textEmitted", turnId: "t", text: " and" });
    assert.equal(top, 400);
    top = 0;
    send(transcript, "scroll");
    dispatch({ type: "turnAdded", turn: turnOf("u") });
    assert.equal(top, 400);
  });

  it("says nothing of a conversation that is opened again, and each question that is new", () => {
    const { dispatch, transcript } = openPage({ ...asked, turns: [turnOf("s")] });
    assert.equal(transcript.getAttribute("aria-live"), "off");
    dispatch({ type: "turnAdded", turn: waiting });
    assert.equal(transcript.getAttribute("aria-live"), "polite");
  });

  it("streams into the same node, marked as busy until the answer is whole", () => {
    const { dispatch, transcript, announced } = openPage({ ...asked, turns: [waiting] });
    const turn = transcript.querySelector(".turn");
    dispatch({ type: "textEmitted", turnId: "t", text: "<b>a" });
    const node = turn?.querySelector(".answer")?.firstChild;
    dispatch({ type: "textEmitted", turnId: "t", text: "</b>" });
    assert.equal(turn?.querySelector(".answer")?.firstChild, node);
    assert.equal(node?.textContent, "<b>a</b>");
    assert.equal(turn?.getAttribute("aria-busy"), "true");
    assert.equal(turn.querySelector(".answer")?.getAttribute("aria-live"), "off");
    assert.equal(announced(), "");
    dispatch({ type: "turnChanged", turn: turnOf("t", { answer: "<b>a</b>" }) });
    assert.equal(turn.getAttribute("aria-busy"), "false");
    assert.equal(announced(), "<b>a</b>");
  });

  it("shows below an answer what speaks against it", () => {
    const { dispatch, transcript } = openPage({ ...asked, turns: [turnOf("t")] });
    const line = transcript.querySelector(".doubt");
    assert.equal(line?.hasAttribute("hidden"), true);
    dispatch({ type: "turnChanged", turn: turnOf("t", { doubts: ["oneColor"] }) });
    assert.equal(line.hasAttribute("hidden"), false);
    assert.equal(line.textContent, "oneColor");
  });

  it("offers what can be done with a turn in its state", () => {
    const { transcript, dispatch } = openPage({ ...asked, turns: [waiting] });
    const offered = () =>
      [...transcript.querySelectorAll(".turn-actions vscode-button:not([hidden])")].map(
        (button) => button.getAttribute("aria-label") ?? button.textContent,
      );
    assert.deepEqual(offered(), []);
    dispatch({ type: "turnChanged", turn: turnOf("t", { state: "failed", answer: "" }) });
    assert.deepEqual(offered(), ["retry"]);
    dispatch({ type: "turnChanged", turn: turnOf("t") });
    assert.deepEqual(offered(), ["copy", "insert", "retry"]);
  });

  it("says for a moment that an answer was copied", () => {
    const { transcript, posted, later, announced } = openPage({ ...asked, turns: [turnOf("t")] });
    const copy = transcript.querySelector<HTMLElement>("[aria-label=copy]");
    copy?.click();
    assert.deepEqual(posted, [{ type: "copy", turnId: "t" }]);
    assert.equal(copy?.getAttribute("aria-label"), "copied");
    assert.equal(announced(), "copied");
    for (const { work } of later) work();
    assert.equal(copy.getAttribute("aria-label"), "copy");
  });

  it("never says that an answer took no time", () => {
    const turns = [turnOf("a", { durationMs: 4 }), turnOf("b", { durationMs: 1234 })];
    const { transcript } = openPage({ ...asked, turns });
    const durations = [...transcript.querySelectorAll(".duration")];
    assert.deepEqual(
      durations.map(({ textContent }) => textContent),
      ["0.1 s", "1.2 s"],
    );
  });
});

/** A page with this chat, which draws itself as the real one does. */
function openPage(changes: Parameters<typeof chatOf>[0] = {}) {
  const bench = pageBench();
  let state: PageState = INITIAL_STATE;
  const dispatch = (action: Action): void => {
    state = reduce(state, action);
    part.update(state);
  };
  const part = createPage({ ...bench.context, dispatch });
  const page = part.element;
  document.body.append(page);
  dispatch({ type: "chatReplaced", chat: chatOf(changes) });
  const find = (selector: string): HTMLElement => {
    const found = page.querySelector<HTMLElement>(selector);
    assert.ok(found !== null, selector);
    return found;
  };
  const field = find("vscode-text-area") as HTMLElement & { value: string };
  return {
    page,
    posted: bench.posted,
    later: bench.later,
    dispatch,
    field,
    transcript: find(".transcript"),
    state: () => state,
    type: (text: string) => {
      field.focus();
      field.value = text;
      send(field, "input");
    },
    shownOf: (...selectors: readonly string[]) =>
      selectors.map((selector) => !find(selector).hasAttribute("hidden")),
    /** Names of the buttons of this name that are shown. */
    buttonsNamed: (name: string) =>
      [...page.querySelectorAll("vscode-button:not([hidden])")]
        .map((button) => button.getAttribute("aria-label") ?? button.textContent)
        .filter((label) => label === name),
    announced: () => find("[role=status]").textContent,
    /** Resolves when the bytes of files in memory were read. */
    settled: async () => {
      while (bench.posted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
