/** The keys of the review: what each does, wherever the keyboard is but in a field. */

import { REVIEW_LIMITS, type Decision } from "../../src/protocol/views/reviewMessages";
import type { PageContext } from "./context";
import { currentItem, neighbour, nToApply, proposalsOf, type PageState } from "./state";

/** What can be done with the picture that is shown. */
export type Deed =
  | ("accept" | "edit" | "decorative" | "skip" | "suppress")
  | ("undo" | "previous" | "next" | "help" | "apply");

/** As keys are called in `aria-keyshortcuts` and on the page. */
export const KEYS: Readonly<Record<Deed, string>> = {
  accept: "A",
  edit: "E",
  decorative: "D",
  skip: "S",
  suppress: "X",
  undo: "U",
  previous: "ArrowLeft",
  next: "ArrowRight",
  help: "?",
  apply: "Control+Enter",
};

/** As they are drawn. */
export function keyName(deed: Deed): string {
  const names: Partial<Record<Deed, string>> = { previous: "←", next: "→", apply: "Ctrl+Enter" };
  return names[deed] ?? KEYS[deed];
}

/** The deed of a key; undefined for one that means nothing here. */
export function deedOf(event: KeyboardEvent): Deed | undefined {
  const isControl = event.ctrlKey || event.metaKey;
  if (isControl && event.key === "Enter") return "apply";
  if (isControl || event.altKey || event.isComposing) return undefined;
  if (event.key === "?") return "help";
  if (event.key === "ArrowLeft") return "previous";
  if (event.key === "ArrowRight") return "next";
  // Where the letters are others, the key at the place of the Latin letter counts.
  const latin = /^[a-z]$/i.test(event.key) ? event.key : undefined;
  const letter = latin ?? /^Key([A-Z])$/.exec(event.code)?.[1] ?? "";
  const letters: readonly Deed[] = ["accept", "edit", "decorative", "skip", "suppress", "undo"];
  return event.shiftKey ? undefined : letters.find((deed) => KEYS[deed] === letter.toUpperCase());
}

/** Does what a key or a button says. */
export function perform(context: PageContext, state: PageState, deed: Deed): void {
  const { dispatch, post } = context;
  switch (deed) {
    case "accept":
      accept(context, state);
      return;
    case "edit":
      edit(context, state);
      return;
    case "decorative":
    case "skip":
    case "suppress":
      decide(context, state, { kind: deed });
      return;
    case "undo":
      post({ type: "undo" });
      return;
    case "previous":
    case "next": {
      const id = neighbour(state, deed === "next" ? 1 : -1);
      if (id !== undefined) dispatch({ type: "movedTo", id });
      return;
    }
    case "help":
      dispatch({ type: "helpToggled" });
      return;
    case "apply":
      if (nToApply(state) > 0 && state.work === "none") post({ type: "apply" });
      return;
  }
}

/** Decides of the picture that is shown, or says why that is not possible. */
export function decide(
  { dispatch, post }: PageContext,
  state: PageState,
  decision: Decision,
): void {
  const item = currentItem(state);
  if (item === undefined || state.work === "apply") return;
  const { kind } = decision;
  if (kind !== "skip" && !item.can[kind]) {
    dispatch({ type: "refused", decision: kind });
    return;
  }
  const { id } = item;
  dispatch({ type: "decidedHere", id, decision });
  post({ type: "decide", id, decision });
}

function accept(context: PageContext, state: PageState): void {
  const proposal = proposalsOf(state)[state.chosen];
  if (proposal === undefined) context.dispatch({ type: "refused", decision: "text" });
  else decide(context, state, { kind: "text", text: limited(proposal.text) });
}

function edit({ dispatch }: PageContext, state: PageState): void {
  const item = currentItem(state);
  if (item === undefined) return;
  if (!item.can.text) {
    dispatch({ type: "refused", decision: "text" });
    return;
  }
  const decided = state.decisions.get(item.id)?.text;
  const draft = decided ?? proposalsOf(state)[state.chosen]?.text ?? item.now ?? "";
  dispatch({ type: "draftChanged", draft });
}

/** A text that is longer than a message may be is nobody's. */
function limited(text: string): string {
  return text.slice(0, REVIEW_LIMITS.textLength);
}
