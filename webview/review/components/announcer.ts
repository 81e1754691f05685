/** What a screen reader is told: where one is, what was decided, and what came of it, once each. */

import type { Decision, ReviewItemView } from "../../../src/protocol/views/reviewMessages";
import type { ReviewStrings } from "../../../src/protocol/views/reviewStrings";
import { element, type Part } from "../../render/dom";
import { fillIn } from "../../shell/strings";
import { currentItem, nToApply, proposalsOf, shownItems, type PageState } from "../state";
import { fitText } from "./fit";

/** An invisible live region. */
export function createAnnouncer(strings: ReviewStrings): Part<PageState> {
  const root = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  let nth = 0;
  return {
    element: root,
    update: (state) => {
      if (state.announcement.nth === nth) return;
      nth = state.announcement.nth;
      // A new element each time: the same words again would be no change, and stay unsaid.
      root.replaceChildren(element("span", {}, [wordsOf(state, strings)]));
    },
  };
}

function wordsOf(state: PageState, strings: ReviewStrings): string {
  const { kind, id, decision } = state.announcement;
  switch (kind) {
    case "nothing":
      return "";
    case "loaded":
    case "moved":
      return sentences(whereText(state, strings), restText(state, strings));
    case "undone":
      return sentences(strings.undone, whereText(state, strings));
    case "nothingUndone":
      return strings.nothingToUndo;
    case "decided": {
      const words = decisionText(id === undefined ? undefined : state.decisions.get(id), strings);
      const isLast = id === state.currentId;
      const next = isLast
        ? fillIn(strings.allDecided, String(nToApply(state)))
        : whereText(state, strings);
      return sentences(words, next);
    }
    case "proposed":
    case "chosen":
      return proposalText(state, strings);
    case "refused":
      return refusalText(state, decision, strings);
    case "outcome":
      return outcomeText(state, strings);
  }
}

/** Where one is, and what is wrong there. */
function whereText(state: PageState, strings: ReviewStrings): string {
  const item = currentItem(state);
  if (item === undefined) return emptyText(state, strings);
  const items = shownItems(state);
  const at = items.findIndex(({ id }) => id === item.id);
  const position = fillIn(strings.position, String(at + 1), String(items.length));
  const place = fillIn(strings.place, item.file, String(item.line));
  const now = item.now === undefined ? "" : `${strings.now}: ${item.now}`;
  return sentences(position, item.name, place, item.message, now);
}

/** What was decided of it, and what is proposed. */
function restText(state: PageState, strings: ReviewStrings): string {
  const { currentId } = state;
  const decision = currentId === undefined ? undefined : state.decisions.get(currentId);
  return decision === undefined ? proposalText(state, strings) : decisionText(decision, strings);
}

export function emptyText({ queue, filter }: PageState, strings: ReviewStrings): string {
  if (queue === undefined) return strings.searching;
  const isFiltered = filter.rule !== "" || filter.file !== "";
  return isFiltered ? strings.emptyFilter : fillIn(strings.empty, String(queue.nDocuments));
}

/** A decision in words. */
export function decisionText(decision: Decision | undefined, strings: ReviewStrings): string {
  switch (decision?.kind) {
    case undefined:
      return strings.isOpen;
    case "text":
      return fillIn(strings.isText, decision.text ?? "");
    case "decorative":
      return strings.isDecorative;
    case "skip":
      return strings.isSkipped;
    case "suppress":
      return strings.isSuppressed;
  }
}

function proposalText(state: PageState, strings: ReviewStrings): string {
  const proposal = proposalsOf(state)[state.chosen];
  if (proposal === undefined) return "";
  const doubts = proposal.doubts.map((doubt) => strings[doubt]);
  return sentences(proposal.text, fitText(proposal.fit, strings), ...doubts);
}

function refusalText(
  state: PageState,
  decision: Decision["kind"] | undefined,
  strings: ReviewStrings,
): string {
  const item: ReviewItemView | undefined = currentItem(state);
  if (decision === "decorative") return strings.cannotDecorative;
  if (decision === "suppress") return strings.cannotSuppress;
  return item?.can.text === false ? strings.cannotText : strings.noProposalYet;
}

/** What was written or taken back, for eyes and for the announcer. */
export function outcomeText({ outcome }: PageState, strings: ReviewStrings): string {
  if (outcome === undefined) return "";
  const nFiles = String(outcome.nFiles);
  if (outcome.kind === "applied") {
    const nLeft = outcome.failures.length;
    const written = fillIn(strings.written, String(outcome.nWritten), nFiles);
    return sentences(written, nLeft === 0 ? "" : fillIn(strings.notWritten, String(nLeft)));
  }
  return outcome.nFiles === 0 ? strings.nothingTakenBack : fillIn(strings.takenBack, nFiles);
}

function sentences(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

/** Why the last key did nothing, for eyes; empty where it did something. */
export function refusedWords(state: PageState, strings: ReviewStrings): string {
  const { kind, decision } = state.announcement;
  if (kind === "nothingUndone") return strings.nothingToUndo;
  return kind === "refused" ? refusalText(state, decision, strings) : "";
}
