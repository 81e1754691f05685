/** What the review's page shows, and how each message and each deed of the user changes it; pure. */

import { assertNever } from "../../src/base/assert";
import type {
  Decision,
  LookView,
  OutcomeView,
  ProposalsView,
  ProposalView,
  ReviewItemView,
  ReviewNote,
  ReviewQueueView,
  ReviewWork,
  ToReview,
} from "../../src/protocol/views/reviewMessages";

/** Which pictures are gone through; an empty text means all. */
export interface Filter {
  readonly rule: string;
  readonly file: string;
}

export interface PageState {
  /** Undefined until the documents were looked through. */
  readonly queue: ReviewQueueView | undefined;
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly looks: ReadonlyMap<string, LookView>;
  readonly proposals: ReadonlyMap<string, ProposalsView>;
  readonly filter: Filter;
  readonly currentId: string | undefined;
  /** Which proposal is taken by "accept", from zero. */
  readonly chosen: number;
  /** The text while it is being written by hand. */
  readonly draft: string | undefined;
  readonly work: ReviewWork;
  readonly notes: readonly ReviewNote[];
  readonly outcome: Outcome | undefined;
  readonly isHelpOpen: boolean;
  readonly announcement: Announcement;
}

/** What came of the last applying, or of taking it back. */
export type Outcome =
  | ({ readonly kind: "applied" } & OutcomeView)
  | {
      readonly kind: "takenBack";
      readonly nFiles: number;
      readonly failures: readonly string[];
    };

/** What a screen reader is told next; a higher number is a new one, even with the same words. */
export interface Announcement {
  readonly nth: number;
  readonly kind:
    | "nothing"
    | "moved"
    | "decided"
    | "undone"
    | "nothingUndone"
    | "proposed"
    | "refused"
    | "chosen"
    | "outcome"
    | "loaded";
  /** Of the picture that was decided, or that something cannot be decided of. */
  readonly id?: string;
  readonly decision?: Decision["kind"];
}

export type Action = ToReview | LocalAction;

/** What happens on the page itself. */
export type LocalAction =
  | { readonly type: "movedTo"; readonly id: string }
  | { readonly type: "decidedHere"; readonly id: string; readonly decision: Decision }
  | { readonly type: "refused"; readonly decision: Decision["kind"] }
  | { readonly type: "proposalChosen"; readonly index: number }
  | { readonly type: "draftChanged"; readonly draft: string | undefined }
  | { readonly type: "filterChanged"; readonly filter: Filter }
  | { readonly type: "helpToggled" }
  | { readonly type: "outcomeClosed" };

/** The page before it knows anything. */
export const INITIAL_STATE: PageState = {
  queue: undefined,
  decisions: new Map(),
  looks: new Map(),
  proposals: new Map(),
  filter: { rule: "", file: "" },
  currentId: undefined,
  chosen: 0,
  draft: undefined,
  work: "none",
  notes: [],
  outcome: undefined,
  isHelpOpen: false,
  announcement: { nth: 0, kind: "nothing" },
};

/** Pictures are large, and people go back a few; the host has those of before. */
const MAX_LOOKS = 24;

/** The state after an action. What does not fit, such as a decision of an unknown picture, changes nothing. */
export function reduce(state: PageState, action: Action): PageState {
  switch (action.type) {
    case "queueReplaced":
      return replaceQueue(state, action.queue);
    case "decided":
      return { ...state, decisions: withDecision(state, action.id, action.decision) };
    case "undone":
      return action.id === undefined
        ? announce(state, { kind: "nothingUndone" })
        : announce(moveTo(withoutFilterFor(state, action.id), action.id), { kind: "undone" });
    case "looked":
      return { ...state, looks: latest(state.looks, action.id, action.look) };
    case "proposed":
      return addProposals(state, action.id, action.proposals);
    case "notesChanged":
      return { ...state, notes: action.notes };
    case "workChanged":
      return { ...state, work: action.work };
    case "applied":
      return showOutcome(state, { kind: "applied", ...action.outcome });
    case "takenBack": {
      const { nFiles, failures } = action;
      return showOutcome(state, { kind: "takenBack", nFiles, failures });
    }
    default:
      return reduceLocal(state, action);
  }
}

function reduceLocal(state: PageState, action: LocalAction): PageState {
  switch (action.type) {
    case "movedTo":
      if (action.id === state.currentId) return state;
      return announce(moveTo(state, action.id), { kind: "moved" });
    case "decidedHere":
      return decideHere(state, action.id, action.decision);
    case "refused":
      return announce(state, { kind: "refused", decision: action.decision });
    case "proposalChosen":
      if (proposalsOf(state)[action.index] === undefined) return state;
      return announce({ ...state, chosen: action.index }, { kind: "chosen" });
    case "draftChanged":
      return { ...state, draft: action.draft };
    case "filterChanged":
      return applyFilter({ ...state, filter: action.filter });
    case "helpToggled":
      return { ...state, isHelpOpen: !state.isHelpOpen };
    case "outcomeClosed":
      return { ...state, outcome: undefined };
    default:
      return assertNever(action);
  }
}

/** The pictures that are gone through. */
export function shownItems({ queue, filter }: PageState): readonly ReviewItemView[] {
  return (queue?.items ?? []).filter(
    ({ rule, file }) =>
      (filter.rule === "" || rule === filter.rule) && (filter.file === "" || file === filter.file),
  );
}

export function currentItem(state: PageState): ReviewItemView | undefined {
  return state.queue?.items.find(({ id }) => id === state.currentId);
}

/** Of the picture that is shown. */
export function proposalsOf({ proposals, currentId = "" }: PageState): readonly ProposalView[] {
  return proposals.get(currentId)?.texts ?? [];
}

/** How many pictures would be written. */
export function nToApply({ decisions }: PageState): number {
  return [...decisions.values()].filter(({ kind }) => kind !== "skip").length;
}

/** The picture before or behind the one that is shown; undefined at the ends. */
export function neighbour(state: PageState, step: 1 | -1): string | undefined {
  const items = shownItems(state);
  const at = items.findIndex(({ id }) => id === state.currentId);
  return at < 0 ? items[0]?.id : items[at + step]?.id;
}

/** What is shown, and what comes next of what is not decided. */
export function wantedIds(state: PageState, count: number): readonly string[] {
  const { currentId } = state;
  if (currentId === undefined) return [];
  return [currentId, ...openBehind(state)].slice(0, count);
}

/** Pictures without a decision, from the one that is shown on, and then from the beginning. */
function openBehind(state: PageState): readonly string[] {
  const items = shownItems(state);
  const at = items.findIndex(({ id }) => id === state.currentId);
  return [...items.slice(at + 1), ...items.slice(0, Math.max(0, at))]
    .map(({ id }) => id)
    .filter((id) => !state.decisions.has(id));
}

function replaceQueue(state: PageState, queue: ReviewQueueView): PageState {
  const isFirst = state.queue === undefined;
  const decisions = new Map(queue.decisions.map(({ id, decision }) => [id, decision]));
  const replaced = { ...state, queue, decisions };
  const ids = new Set(queue.items.map(({ id }) => id));
  const kept = [state.currentId, queue.current].find((id) => id !== undefined && ids.has(id));
  const isSame = kept !== undefined && kept === state.currentId;
  const next: PageState = {
    ...replaced,
    currentId: kept,
    ...(isSame ? {} : { draft: undefined, chosen: 0 }),
  };
  const shown = applyFilter(next);
  return isFirst ? announce(shown, { kind: "loaded" }) : shown;
}

/** Shows another picture where the one that is shown is not among those that are gone through. */
function applyFilter(state: PageState): PageState {
  const items = shownItems(state);
  if (items.some(({ id }) => id === state.currentId)) return state;
  const first = items.find(({ id }) => !state.decisions.has(id)) ?? items[0];
  return moveTo(state, first?.id);
}

function withoutFilterFor(state: PageState, id: string): PageState {
  const isShown = shownItems(state).some((item) => item.id === id);
  return isShown ? state : { ...state, filter: INITIAL_STATE.filter };
}

function moveTo(state: PageState, id: string | undefined): PageState {
  if (id === state.currentId) return { ...state, draft: undefined };
  return { ...state, currentId: id, chosen: 0, draft: undefined };
}

/** The next picture comes by itself, and where there is none the one that was decided stays. */
function decideHere(state: PageState, id: string, decision: Decision): PageState {
  const decided = { ...state, draft: undefined, decisions: withDecision(state, id, decision) };
  const [next] = openBehind(decided);
  const moved = next === undefined ? decided : moveTo(decided, next);
  return announce(moved, { kind: "decided", id, decision: decision.kind });
}

function withDecision(
  { decisions }: PageState,
  id: string,
  decision: Decision | undefined,
): ReadonlyMap<string, Decision> {
  const after = new Map(decisions);
  if (decision === undefined) after.delete(id);
  else after.set(id, decision);
  return after;
}

function addProposals(state: PageState, id: string, proposals: ProposalsView): PageState {
  const before = state.proposals.get(id);
  const added = { ...state, proposals: latest(state.proposals, id, proposals) };
  const isNews = id === state.currentId && before?.state !== proposals.state;
  return isNews && proposals.state === "done" ? announce(added, { kind: "proposed" }) : added;
}

function latest<T>(known: ReadonlyMap<string, T>, id: string, value: T): ReadonlyMap<string, T> {
  const after = new Map(known);
  after.delete(id);
  after.set(id, value);
  for (const oldest of after.keys()) {
    if (after.size <= MAX_LOOKS) break;
    after.delete(oldest);
  }
  return after;
}

function showOutcome(state: PageState, outcome: Outcome): PageState {
  return announce({ ...state, outcome }, { kind: "outcome" });
}

function announce(state: PageState, what: Omit<Announcement, "nth">): PageState {
  return { ...state, announcement: { ...what, nth: state.announcement.nth + 1 } };
}
