/** The whole page of a review: its components in their order, and the keys that work everywhere. */

import { REVIEW_LIMITS } from "../../src/protocol/views/reviewMessages";
import { secondaryButton } from "../render/controls";
import { element, isShown, setShown, setText, type Part } from "../render/dom";
import { createActions } from "./components/actions";
import { createAnnouncer, emptyText } from "./components/announcer";
import { createDetails } from "./components/details";
import { createHeader } from "./components/header";
import { createHelp } from "./components/help";
import { createList } from "./components/list";
import { createNotes, createOutcome } from "./components/outcome";
import { createShownPicture } from "./components/picture";
import { createProposals } from "./components/proposals";
import type { PageContext } from "./context";
import { deedOf, perform } from "./keys";
import { currentItem, INITIAL_STATE, proposalsOf, wantedIds, type PageState } from "./state";

/** Builds the page; nothing is shown before the first update. */
export function createPage(context: PageContext): Part<PageState> {
  const parts = createParts(context);
  let shown = INITIAL_STATE;
  let wanted = "";
  // On the document: a page that nobody has clicked on yet has the keyboard outside of its root.
  document.addEventListener("keydown", (event) => {
    onKey(context, shown, event);
  });
  return {
    element: parts.root,
    update: (state) => {
      const before = shown;
      shown = state;
      for (const part of parts.all) part.update(state);
      const isEmpty = currentItem(state) === undefined;
      setText(parts.emptyWords, emptyText(state, context.strings));
      setShown(parts.empty, { when: isEmpty });
      setShown(parts.undoApplied, {
        when: state.queue?.canUndoApplied === true && state.outcome === undefined,
      });
      setShown(parts.card, { when: !isEmpty });
      keepFocus(parts, { before, state });
      const ids = wantedIds(state, REVIEW_LIMITS.ahead);
      if (state.queue === undefined || ids.join(" ") === wanted) return;
      wanted = ids.join(" ");
      context.post({ type: "look", ids: [...ids] });
    },
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts(context: PageContext) {
  const header = createHeader(context);
  const list = createList(context);
  const picture = createShownPicture(context);
  const details = createDetails(context);
  const proposals = createProposals(context);
  const actions = createActions(context);
  const outcome = createOutcome(context);
  const notes = createNotes(context);
  const announcer = createAnnouncer(context.strings);
  const emptyWords = element("p");
  const undoApplied = secondaryButton(context.strings.undoApplied);
  undoApplied.addEventListener("click", () => {
    context.post({ type: "undoApplied" });
  });
  const empty = element("div", { class: "empty" }, [emptyWords, undoApplied]);
  const side = element("div", { class: "side" }, [details.element, proposals.element]);
  const card = element("div", { class: "card" }, [
    list.element,
    picture.element,
    side,
    actions.element,
  ]);
  const main = element("main", { class: "main" }, [
    header.element,
    notes.element,
    outcome.element,
    card,
    empty,
  ]);
  const help = createHelp(context, main);
  const root = element("div", { class: "page" }, [main, help.element, announcer.element]);
  const all = [
    ...[header, list, picture, details, proposals, actions, outcome, notes, help, announcer],
  ];
  return { root, all, list, proposals, help, empty, emptyWords, undoApplied, card };
}

function onKey(context: PageContext, state: PageState, event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") {
    if (state.isHelpOpen) context.dispatch({ type: "helpToggled" });
    return;
  }
  const deed = deedOf(event);
  if (state.isHelpOpen && deed !== "help") return;
  if (isField(event) && deed !== "apply") return;
  if (deed !== undefined) {
    event.preventDefault();
    perform(context, state, deed);
    return;
  }
  const index = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
  if (event.ctrlKey || event.metaKey || event.altKey || proposalsOf(state)[index] === undefined) {
    return;
  }
  context.dispatch({ type: "proposalChosen", index });
}

/** True where letters and arrows mean something else. */
function isField({ target, key }: KeyboardEvent): boolean {
  const name = (target as Partial<Element> | null)?.tagName?.toLowerCase() ?? "";
  if (["select", "vscode-text-area"].includes(name)) return true;
  return name === "input" && key.startsWith("Arrow");
}

/** The keyboard goes where the work is, and never falls back to the page, far from everything. */
function keepFocus(
  { list, proposals, help }: Parts,
  { before, state }: { readonly before: PageState; readonly state: PageState },
): void {
  const { activeElement } = document;
  if (state.isHelpOpen !== before.isHelpOpen) {
    if (state.isHelpOpen) help.focus();
    else list.focus();
    return;
  }
  if (state.isHelpOpen) return;
  if (state.draft !== undefined && before.draft === undefined) proposals.focusField();
  else if (state.draft === undefined && before.draft !== undefined) list.focus();
  else if (activeElement === null || activeElement === document.body || !isShown(activeElement)) {
    // Somebody may be typing in another editor.
    if (document.hasFocus()) list.focus();
  }
}
