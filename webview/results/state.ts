/** What the page of found pictures shows, and how messages and deeds change it; pure. */

import { assertNever } from "../../src/base/assert";
import type {
  ResultProgress,
  ResultsView,
  ToResults,
} from "../../src/protocol/views/resultsMessages";
import { type Thumbnails, withThumbnail } from "../shell/thumbnails";

export interface ResultsState {
  /** Undefined until the first came. */
  readonly results: ResultsView | undefined;
  readonly progress: ResultProgress | undefined;
  readonly thumbnails: Thumbnails;
  readonly doubted: ReadonlySet<string>;
  /** Sections that are closed. */
  readonly folded: ReadonlySet<string>;
  /** The cell that has the keyboard, or gets it with the next Tab. */
  readonly cell: string | undefined;
  /** Each further number puts the keyboard there. */
  readonly nFocusRequests: number;
  /** Beside each other. */
  readonly nColumns: number;
  readonly isStale: boolean;
  readonly told: { readonly text: string; readonly nth: number };
}

export type ResultsAction =
  | ToResults
  | { readonly type: "cellReached"; readonly cell: string; readonly isAsked: boolean }
  | { readonly type: "sectionToggled"; readonly sectionId: string }
  | { readonly type: "widthChanged"; readonly nColumns: number };

export const INITIAL_STATE: ResultsState = {
  results: undefined,
  progress: undefined,
  thumbnails: new Map(),
  doubted: new Set(),
  folded: new Set(),
  cell: undefined,
  nFocusRequests: 0,
  nColumns: 4,
  isStale: false,
  told: { text: "", nth: 0 },
};

/** The state after a message of the extension or a deed of the user. */
export function reduce(state: ResultsState, action: ResultsAction): ResultsState {
  switch (action.type) {
    case "resultsReplaced":
      return replaced(state, action.results);
    case "progressChanged":
      return { ...state, progress: action.progress };
    case "itemsDoubted":
      return { ...state, doubted: new Set([...state.doubted, ...action.itemIds]) };
    case "thumbnailMade":
      return { ...state, thumbnails: withThumbnail(state.thumbnails, action) };
    case "becameStale":
      return { ...state, isStale: true };
    case "told":
      return { ...state, told: { text: action.text, nth: action.nth } };
    case "cellReached": {
      const { cell, isAsked } = action;
      const nFocusRequests = state.nFocusRequests + (isAsked ? 1 : 0);
      return cell === state.cell && !isAsked ? state : { ...state, cell, nFocusRequests };
    }
    case "sectionToggled": {
      const folded = new Set(state.folded);
      if (!folded.delete(action.sectionId)) folded.add(action.sectionId);
      return { ...state, folded };
    }
    case "widthChanged":
      return action.nColumns === state.nColumns ? state : { ...state, nColumns: action.nColumns };
    default:
      return assertNever(action);
  }
}

/** The same search with more in it keeps what is open and where the keyboard is. */
function replaced(state: ResultsState, results: ResultsView): ResultsState {
  const isSame = state.results?.id === results.id;
  const fresh = results.sections.filter(
    ({ id, isFolded }) =>
      isFolded && !(isSame && state.results.sections.some((section) => section.id === id)),
  );
  return {
    ...state,
    results,
    isStale: false,
    // Ids are those of what is shown.
    thumbnails: isSame ? state.thumbnails : new Map(),
    doubted: isSame ? state.doubted : new Set(),
    folded: new Set([...(isSame ? state.folded : []), ...fresh.map(({ id }) => id)]),
    cell: isSame ? state.cell : undefined,
  };
}

/** Of the state, what survives while the page is hidden: the extension tells the rest again. */
export interface SavedResults {
  readonly version: typeof VERSION;
  readonly id: string;
  readonly folded: readonly string[];
  readonly cell: string;
}

const VERSION = 1;

export function savedOf({ results, folded, cell }: ResultsState): SavedResults {
  return { version: VERSION, id: results?.id ?? "", folded: [...folded], cell: cell ?? "" };
}

/** Keeps its place for the same results; of anything strange nothing is taken. */
export function restoredFrom(saved: unknown): ResultsState {
  if (typeof saved !== "object" || saved === null) return INITIAL_STATE;
  const { version, id, folded, cell } = saved as Partial<Record<keyof SavedResults, unknown>>;
  const isKnown = version === VERSION && typeof id === "string" && typeof cell === "string";
  if (!isKnown || id === "" || !Array.isArray(folded)) return INITIAL_STATE;
  const names = folded.filter((name): name is string => typeof name === "string");
  const results: ResultsView = { id, title: "", actions: [], sections: [], skipped: [] };
  const sections = names.map((name) => ({ id: name, title: "", isFolded: true, groups: [] }));
  const known = { ...results, sections };
  return {
    ...INITIAL_STATE,
    results: known,
    folded: new Set(names),
    cell: cell === "" ? undefined : cell,
  };
}
