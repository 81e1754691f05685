/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { FromReview } from "../../../../src/protocol/views/reviewMessages";
import { createPage } from "../../../../webview/review/page";
import { restoredFrom, savedOf } from "../../../../webview/review/savedState";
import {
  INITIAL_STATE,
  reduce,
  type Action,
  type PageState,
} from "../../../../webview/review/state";
import { REVIEW_NAMES } from "../../../../webview/review/strings";
import { freshDocument, press, send } from "../../../helpers/pageDocument";
import { itemView, proposalsView, queueView } from "../../../helpers/reviewViews";

const ITEMS = ["a", "b", "c"].map((id, at) =>
  itemView(id, at === 2 ? { file: "other.md", rule: "placeholder", now: "image" } : {}),
);

/** The page, and a host that says nothing by itself. */
function openPage(before: PageState = INITIAL_STATE) {
  freshDocument();
  const posted: FromReview[] = [];
  let state = before;
  const dispatch = (action: Action): void => {
    state = reduce(state, action);
    page.update(state);
  };
  const page = createPage({
    strings: {
      ...REVIEW_NAMES,
      position: "{0}/{1}",
      place: "{0}, {1}",
      isText: "text {0}",
      apply: "apply {0}",
      allDecided: "all, {0}",
      written: "written {0} in {1}",
      empty: "empty {0}",
    },
    locale: "en",
    dispatch,
    post: (message) => posted.push(message),
    now: () => 0,
    after: () => undefined,
  });
  document.body.append(page.element);
  page.update(state);
  const one = (selector: string): HTMLElement => {
    const found = document.querySelector<HTMLElement>(selector);
    assert.ok(found, selector);
    return found;
  };
  return {
    posted,
    dispatch,
    one,
    state: () => state,
    said: () => one("[role=status]").textContent,
    asked: () => posted.filter(({ type }) => type !== "look"),
    button: (deed: string) => one(`[data-deed=${deed}]`),
  };
}

function openQueue(items = ITEMS, more: Parameters<typeof queueView>[1] = {}) {
  const bench = openPage();
  bench.dispatch({ type: "queueReplaced", queue: queueView(items, more) });
  return bench;
}

describe("the page of a review", () => {
  it("shows the first picture, says where one is, and asks for what comes next", () => {
    const { one, said, posted, state } = openQueue();
    assert.equal(state().currentId, "a");
    assert.equal(one(".name").textContent, "a.png");
    assert.equal(said(), "1/3. a.png. page.md, 3. What is wrong with a.");
    assert.deepEqual(posted, [{ type: "look", ids: ["a", "b", "c"] }]);
    assert.equal(document.activeElement, one("[role=listbox]"));
    assert.equal(one("[role=listbox]").getAttribute("aria-activedescendant"), "row-a");
  });

  it("accepts the proposal that is chosen, and goes on to the next picture", () => {
    const { dispatch, asked, state, said } = openQueue();
    dispatch({ type: "proposed", id: "a", proposals: proposalsView("A fox", "A red fox") });
    assert.equal(said(), "A fox.");
    press("2");
    assert.equal(said(), "A red fox.");
    assert.equal(press("a"), false);
    const decision = { kind: "text", text: "A red fox" };
    assert.deepEqual(asked(), [{ type: "decide", id: "a", decision }]);
    assert.equal(state().currentId, "b");
    assert.equal(said(), "text A red fox. 2/3. b.png. page.md, 3. What is wrong with b.");
  });

  it("accepts nothing while there is nothing to accept, and says so", () => {
    const { asked, said, one, state } = openQueue();
    press("a");
    assert.deepEqual(asked(), []);
    assert.equal(said(), "noProposalYet");
    assert.equal(one(".refused").textContent, "noProposalYet");
    assert.equal(state().currentId, "a");
    press("ArrowRight");
    assert.equal(one(".refused").hidden, true);
  });

  it("decides by each key, also where the letters are others", () => {
    const { asked, state, said } = openQueue();
    press("d");
    press("ы", { code: "KeyS" });
    press("X");
    assert.deepEqual(
      asked().map((message) => (message.type === "decide" ? message.decision.kind : message.type)),
      ["decorative", "skip", "suppress"],
    );
    assert.equal(state().currentId, "c");
    assert.equal(said(), "isSuppressed. all, 2.");
  });

  it("leaves keys with Control, and those in fields, to others", () => {
    const { asked, one } = openQueue();
    for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) {
      assert.equal(press("a", more), true);
      assert.equal(press("d", more), true);
    }
    one("select").focus();
    assert.equal(press("s"), true);
    assert.deepEqual(asked(), []);
  });

  it("refuses what cannot be carried out, and says why", () => {
    const can = { text: false, decorative: false, suppress: false };
    const { asked, said, button } = openQueue([itemView("a", { can })]);
    for (const [key, words] of [
      ["d", "cannotDecorative"],
      ["x", "cannotSuppress"],
      ["e", "cannotText"],
      ["a", "cannotText"],
    ] as const) {
      press(key);
      assert.equal(said(), words);
    }
    assert.deepEqual(asked(), []);
    for (const deed of ["accept", "edit", "decorative", "suppress"]) {
      assert.equal(button(deed).hasAttribute("disabled"), true, deed);
    }
    assert.equal(button("skip").hasAttribute("disabled"), false);
  });

  it("has a field for one's own text, which begins with the proposal", () => {
    const { dispatch, asked, one, state } = openQueue();
    dispatch({ type: "proposed", id: "a", proposals: proposalsView("A fox") });
    press("e");
    const field = one("vscode-text-area") as HTMLElement & { value: string };
    assert.equal(field.value, "A fox");
    assert.equal(document.activeElement, field);
    field.value = "A fox in the snow ";
    send(field, "input");
    assert.equal(press("d"), true);
    press("Enter");
    const decision = { kind: "text", text: "A fox in the snow" };
    assert.deepEqual(asked(), [{ type: "decide", id: "a", decision }]);
    assert.equal(state().draft, undefined);
    assert.equal(document.activeElement, one("[role=listbox]"));
  });

  it("forgets a text with Escape, and takes none that is empty", () => {
    const { asked, one, state } = openQueue();
    press("e");
    const field = one("vscode-text-area") as HTMLElement & { value: string };
    field.value = "   ";
    send(field, "input");
    press("Enter");
    assert.equal(state().draft, "   ");
    press("Escape");
    assert.equal(state().draft, undefined);
    assert.deepEqual(asked(), []);
    assert.equal(state().currentId, "a");
  });

  it("moves by arrows to the ends and no further, and looks ahead at what is open", () => {
    const { posted, state } = openQueue();
    press("s");
    press("ArrowLeft");
    press("ArrowLeft");
    assert.equal(state().currentId, "a");
    assert.deepEqual(posted.at(-1), { type: "look", ids: ["a", "b", "c"] });
    press("ArrowRight");
    assert.deepEqual(posted.at(-1), { type: "look", ids: ["b", "c"] });
    press("End");
    press("ArrowRight");
    assert.equal(state().currentId, "c");
    press("ArrowUp");
    assert.equal(state().currentId, "b");
  });

  it("asks for the last decision to be taken back, and shows that picture", () => {
    const { dispatch, asked, state, said, one } = openQueue();
    press("s");
    press("u");
    assert.deepEqual(asked().at(-1), { type: "undo" });
    dispatch({ type: "filterChanged", filter: { rule: "placeholder", file: "" } });
    assert.equal(state().currentId, "c");
    dispatch({ type: "decided", id: "a" });
    dispatch({ type: "undone", id: "a" });
    assert.equal(state().currentId, "a");
    assert.equal(state().filter.rule, "");
    assert.match(said(), /^undone\. 1\/3/);
    dispatch({ type: "undone" });
    assert.equal(one(".refused").textContent, "nothingToUndo");
  });

  it("goes through the pictures of one rule or one file", () => {
    const { one, state } = openQueue();
    const [rules, files] = [...document.querySelectorAll("select")];
    assert.ok(rules && files);
    assert.deepEqual(
      [...rules.querySelectorAll("option")].map((option) => option.getAttribute("value")),
      ["", "missing", "placeholder"],
    );
    Object.defineProperty(rules, "value", { value: "placeholder", writable: true });
    Object.defineProperty(files, "value", { value: "", writable: true });
    send(rules, "change");
    assert.equal(state().currentId, "c");
    assert.equal(document.querySelectorAll("[role=option]").length, 1);
    assert.equal(one(".position").textContent, "1/1");
  });

  it("applies with Control and Enter once there is something to write", () => {
    const { asked, button, dispatch } = openQueue();
    press("Enter", { ctrlKey: true });
    press("s");
    press("Enter", { ctrlKey: true });
    assert.equal(button("apply").hasAttribute("disabled"), true);
    press("d");
    assert.match(button("apply").textContent, /^apply 1/);
    press("Enter", { metaKey: true });
    assert.deepEqual(asked().at(-1), { type: "apply" });
    dispatch({ type: "workChanged", work: "apply" });
    const { length } = asked();
    press("Enter", { ctrlKey: true });
    press("d");
    assert.equal(asked().length, length);
  });

  it("says what was written, names what was not, and offers to take it back", () => {
    const { dispatch, one, said, asked } = openQueue();
    const failures = [{ id: "b", file: "page.md", line: 3, reason: "It changed." }];
    dispatch({ type: "applied", outcome: { nWritten: 2, nFiles: 1, failures } });
    assert.equal(said(), "written 2 in 1. notWritten.");
    assert.equal(one(".failures li").textContent, "page.md:3: It changed.");
    one(".outcome vscode-button").click();
    assert.deepEqual(asked(), [{ type: "undoApplied" }]);
    dispatch({ type: "takenBack", nFiles: 0, failures: ["page.md holds something else."] });
    assert.equal(said(), "nothingTakenBack");
    assert.equal(one(".failures li").textContent, "page.md holds something else.");
  });

  it("says its keys in a dialog that keeps the keyboard, and gives it back", () => {
    const { one, asked, state } = openQueue();
    press("?");
    assert.equal(one(".help-veil").hidden, false);
    assert.equal(one("main").hasAttribute("inert"), true);
    press("d");
    assert.deepEqual(asked(), []);
    press("Escape");
    assert.equal(state().isHelpOpen, false);
    assert.equal(document.activeElement, one("[role=listbox]"));
  });

  it("says that there is nothing, or that nothing is of a rule", () => {
    const { one, said } = openQueue([], { canUndoApplied: true });
    assert.equal(said(), "empty 7.");
    assert.equal(one(".card").hidden, true);
    assert.equal(one(".empty vscode-button").hidden, false);
  });

  it("shows a picture of another machine only after a question", () => {
    const { dispatch, one, asked } = openQueue();
    dispatch({ type: "looked", id: "a", look: { state: "remote" } });
    assert.equal(one(".shown-words").textContent, "pictureRemote");
    one(".shown-instead vscode-button").click();
    assert.deepEqual(asked(), [{ type: "fetch", id: "a" }]);
    dispatch({ type: "looked", id: "a", look: { state: "shown", picture: "data:x" } });
    assert.equal(one(".shown-image").getAttribute("src"), "data:x");
    assert.equal(one(".shown-instead").hidden, true);
  });

  it("shows what stands around the picture, without reading any of it as markup", () => {
    const item = itemView("a", {
      now: "<b>now</b>",
      caption: "A caption",
      beside: "Words",
      names: "link",
      source: { before: "<script>", picture: "![](a)", after: "</script>" },
    });
    const { one, dispatch } = openQueue([item]);
    dispatch({ type: "proposed", id: "a", proposals: { state: "off", texts: [], nowFit: 0.256 } });
    assert.equal(document.querySelector("script, b"), null);
    assert.equal(one(".source").textContent, "<script>![](a)</script>");
    assert.match(one(".facts").textContent, /<b>now<\/b>fit.*A caption.*Words/);
    assert.equal(one(".names").textContent, "ofLink");
  });

  it("keeps place and half a text while it is hidden", () => {
    const { dispatch, state } = openQueue();
    press("ArrowRight");
    dispatch({ type: "draftChanged", draft: "half a" });
    const again = openPage(restoredFrom(JSON.parse(JSON.stringify(savedOf(state())))));
    again.dispatch({ type: "queueReplaced", queue: queueView(ITEMS, { current: "c" }) });
    assert.equal(again.state().currentId, "b");
    assert.equal(again.state().draft, "half a");
    for (const broken of [null, 3, {}, { version: 1, draft: 5, rule: {} }, { version: 2 }]) {
      assert.equal(restoredFrom(broken).draft, undefined);
    }
  });

  it("shows the picture that the extension remembers where it remembers none itself", () => {
    const { state } = openQueue(ITEMS, { current: "c" });
    assert.equal(state().currentId, "c");
  });
});
