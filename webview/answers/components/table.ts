/** The answers as a table: a head that sorts, and a virtual list of rows, one of which has the keyboard. */

import type { AnswerRowView } from "../../../src/protocol/views/answersMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { createPicture } from "../../render/picture";
import { VirtualList, type VirtualRow } from "../../render/virtualList";
import { createWanting } from "../../shell/thumbnails";
import { type AnswersState, type Column, INITIAL_STATE, shownRows } from "../state";
import type { PageContext } from "./context";

/** CSS pixels; `answers.css` fits what is in it. */
const ROW_HEIGHT = 60;

type TableRow = VirtualRow & { readonly view: AnswerRowView; readonly nth: number };

export interface Table extends Part<AnswersState> {
  /** How many rows the filter lets through. */
  readonly nShown: number;
}

/** The table; asks for the small copies of what is in sight. */
export function createTable(context: PageContext): Table {
  const { strings, dispatch, post, locale } = context;
  let state = INITIAL_STATE;
  let rows: readonly TableRow[] = [];
  let nFocusRequests = 0;
  const head = createHead(context);
  const body = element("div", { class: "answers-body", role: "rowgroup" });
  const root = element(
    "div",
    { class: "answers-table", role: "grid", "aria-label": strings.table },
    [head.element, body],
  );
  const current = (): string | undefined =>
    rows.some(({ key }) => key === state.current) ? state.current : rows[0]?.key;
  const wanting = createWanting(context, () => ({
    ids: list.shown.map(({ key }) => key),
    made: state.thumbnails,
    of: state.answers?.id,
  }));
  const list = new VirtualList<TableRow>(body, {
    create: (row) =>
      createRow(context, row.key, () => ({ current: current(), thumbnails: state.thumbnails })),
    onShown: wanting,
  });
  body.append(list.element);
  body.addEventListener("keydown", (event) => {
    const at = rows.findIndex(({ key }) => key === current());
    const to = rows[placeAfter(event.key, { at, count: rows.length, page: pageOf(list) })];
    if (to !== undefined) {
      event.preventDefault();
      dispatch({ type: "rowReached", id: to.key });
    } else if (event.key === "Enter" && rows[at] !== undefined) {
      event.preventDefault();
      post({ type: "open", itemId: rows[at].key });
    }
  });
  return {
    element: root,
    get nShown() {
      return rows.length;
    },
    update: (next) => {
      state = next;
      rows = shownRows(state, locale).map((view, nth) => ({
        ...{ key: view.id, height: ROW_HEIGHT, view, nth },
      }));
      head.update(state);
      const key = current();
      list.update(rows, key);
      setAttributes(root, { "aria-rowcount": rows.length + 1 });
      if (state.nFocusRequests !== nFocusRequests && key !== undefined) {
        list.reveal(key);
        focusRow(body, key);
      }
      ({ nFocusRequests } = state);
      wanting();
    },
  };
}

function pageOf(list: VirtualList<TableRow>): number {
  return Math.max(1, Math.floor(list.pageHeight / ROW_HEIGHT) - 1);
}

/** The place that a key leads to; -1 for one that leads nowhere. */
function placeAfter(
  key: string,
  { at, count, page }: { readonly at: number; readonly count: number; readonly page: number },
): number {
  const steps: Readonly<Partial<Record<string, number>>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? -1 : Math.min(count - 1, Math.max(0, to));
}

function focusRow(root: Element, key: string): void {
  for (const found of root.querySelectorAll<HTMLElement>("[data-row]")) {
    if (found.dataset["row"] === key) found.focus();
  }
}

function createHead({ strings, dispatch }: PageContext): Part<AnswersState> {
  const columns = (["file", "answer"] as const).map((column: Column) => {
    const button = element("button", { class: "answers-sort" }, [strings[column]]);
    button.addEventListener("click", () => {
      dispatch({ type: "sorted", column });
    });
    const cell = element("div", { role: "columnheader", class: `cell-${column}` }, [button]);
    return { column, cell };
  });
  const picture = element("div", { role: "columnheader", class: "cell-picture" }, [
    element("span", { class: "visually-hidden" }, [strings.picture]),
  ]);
  const row = element(
    "div",
    { role: "row", class: "answers-row answers-head", "aria-rowindex": "1" },
    [picture, ...columns.map(({ cell }) => cell)],
  );
  return {
    element: element("div", { role: "rowgroup" }, [row]),
    update: ({ order }) => {
      for (const { column, cell } of columns) {
        const isSorted = order?.column === column;
        const words = order?.isDown === true ? "descending" : "ascending";
        setAttributes(cell, { "aria-sort": isSorted ? words : "none" });
      }
    },
  };
}

interface RowState {
  readonly current: string | undefined;
  readonly thumbnails: AnswersState["thumbnails"];
}

function createRow(
  { strings, dispatch, post }: PageContext,
  id: string,
  stateOf: () => RowState,
): Part<TableRow> {
  const picture = createPicture("answers-picture");
  const name = element("span", { class: "answers-name" });
  const folder = element("span", { class: "answers-folder" });
  const words = element("span");
  const none = element("span", { class: "visually-hidden" }, [strings.noAnswer]);
  const answer = element("div", { role: "gridcell", class: "cell-answer" }, [words, none]);
  const root = element("div", { role: "row", class: "answers-row" }, [
    element("div", { role: "gridcell", class: "cell-picture" }, [picture.element]),
    element("div", { role: "gridcell", class: "cell-file" }, [name, folder]),
    answer,
  ]);
  root.addEventListener("click", () => {
    dispatch({ type: "rowReached", id });
  });
  root.addEventListener("dblclick", () => {
    post({ type: "open", itemId: id });
  });
  return {
    element: root,
    update: ({ view, nth }) => {
      const { current, thumbnails } = stateOf();
      picture.update(thumbnails.get(id) ?? undefined);
      setText(name, view.name);
      setText(folder, view.folder);
      setText(words, view.answer ?? view.problem ?? "");
      setShown(none, { when: view.answer === undefined && view.problem === undefined });
      setAttributes(answer, {
        "data-problem": view.answer === undefined && view.problem !== undefined,
        title: view.answer ?? view.problem,
      });
      setAttributes(root, {
        "data-row": id,
        tabindex: id === current ? 0 : -1,
        "aria-selected": String(id === current),
        "aria-rowindex": nth + 2,
      });
    },
  };
}
