/** What the page of answers shows, and how messages and deeds change it; pure. */

import { assertNever } from "../../src/base/assert";
import type {
  AnswerRowView,
  AnswersProgress,
  AnswersView,
  ToAnswers,
} from "../../src/protocol/views/answersMessages";
import { type Thumbnails, withThumbnail } from "../shell/thumbnails";

export type Column = "file" | "answer";

export interface Order {
  readonly column: Column;
  readonly isDown: boolean;
}

export interface AnswersState {
  /** Undefined until the first came; its rows are in `rows`. */
  readonly answers: Omit<AnswersView, "rows"> | undefined;
  /** By id, in the order of the files. */
  readonly rows: ReadonlyMap<string, AnswerRowView>;
  readonly progress: AnswersProgress | undefined;
  readonly thumbnails: Thumbnails;
  /** Undefined: in the order of the files. */
  readonly order: Order | undefined;
  readonly filter: string;
  /** The row that has the keyboard, or gets it with the next Tab. */
  readonly current: string | undefined;
  /** Each further number puts the keyboard there. */
  readonly nFocusRequests: number;
}

export type AnswersAction =
  | ToAnswers
  | { readonly type: "rowReached"; readonly id: string }
  | { readonly type: "sorted"; readonly column: Column }
  | { readonly type: "filtered"; readonly filter: string };

export const INITIAL_STATE: AnswersState = {
  answers: undefined,
  rows: new Map(),
  progress: undefined,
  thumbnails: new Map(),
  order: undefined,
  filter: "",
  current: undefined,
  nFocusRequests: 0,
};

/** The state after a message of the extension or a deed of the user. */
export function reduce(state: AnswersState, action: AnswersAction): AnswersState {
  switch (action.type) {
    case "answersReplaced": {
      const { rows, ...answers } = action.answers;
      const isSame = state.answers?.id === answers.id;
      const kept = isSame ? state : { ...INITIAL_STATE, nFocusRequests: state.nFocusRequests };
      return { ...kept, answers, rows: byId(rows), progress: state.progress };
    }
    case "rowsChanged":
      return { ...state, rows: new Map([...state.rows, ...byId(action.rows)]) };
    case "progressChanged":
      return { ...state, progress: action.progress };
    case "thumbnailMade":
      return { ...state, thumbnails: withThumbnail(state.thumbnails, action) };
    case "rowReached":
      return { ...state, current: action.id, nFocusRequests: state.nFocusRequests + 1 };
    case "sorted":
      return { ...state, order: nextOrder(state.order, action.column) };
    case "filtered":
      return { ...state, filter: action.filter };
    default:
      return assertNever(action);
  }
}

function byId(rows: readonly AnswerRowView[]): ReadonlyMap<string, AnswerRowView> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Up, down, and as the files are. */
function nextOrder(order: Order | undefined, column: Column): Order | undefined {
  if (order?.column !== column) return { column, isDown: false };
  return order.isDown ? undefined : { column, isDown: true };
}

/** The rows that are shown, in their order. Answers that are not there yet stand last. */
export function shownRows(
  { rows, order, filter }: Pick<AnswersState, "rows" | "order" | "filter">,
  locale: string,
): readonly AnswerRowView[] {
  const wanted = filter.trim().toLowerCase();
  const shown = [...rows.values()].filter(({ name, folder, answer = "" }) =>
    `${folder}/${name}\n${answer}`.toLowerCase().includes(wanted),
  );
  if (order === undefined) return shown;
  const { compare } = new Intl.Collator(locale, { numeric: true });
  const sign = order.isDown ? -1 : 1;
  const textOf = ({ name, answer = "" }: AnswerRowView): string =>
    order.column === "file" ? name : answer;
  return shown.sort((a, b) => {
    const [one, other] = [textOf(a), textOf(b)];
    if (one === "" || other === "") return Number(one === "") - Number(other === "");
    return sign * compare(one, other);
  });
}

interface SavedAnswers {
  readonly version: typeof VERSION;
  readonly id: string;
  readonly order: Order | undefined;
  readonly filter: string;
}

const VERSION = 1;

/** What survives while the page is hidden; the extension tells the rest again. */
export function savedOf({ answers, order, filter }: AnswersState): SavedAnswers {
  return { version: VERSION, id: answers?.id ?? "", order, filter };
}

/** Of anything strange nothing is taken. */
export function restoredFrom(saved: unknown): AnswersState {
  if (typeof saved !== "object" || saved === null) return INITIAL_STATE;
  const { version, id, order, filter } = saved as Partial<Record<keyof SavedAnswers, unknown>>;
  if (version !== VERSION || typeof id !== "string" || typeof filter !== "string") {
    return INITIAL_STATE;
  }
  const answers = { id, question: "", place: "" };
  return { ...INITIAL_STATE, answers, filter, order: readOrder(order) };
}

function readOrder(value: unknown): Order | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { column, isDown } = value as Partial<Record<keyof Order, unknown>>;
  if ((column !== "file" && column !== "answer") || typeof isDown !== "boolean") return undefined;
  return { column, isDown };
}
