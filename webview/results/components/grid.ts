/** All results as one grid: a virtual list of rows, and one cell that has the keyboard. */

import { element, setAttributes, type Part } from "../../render/dom";
import { createWanting } from "../../shell/thumbnails";
import { VirtualList } from "../../render/virtualList";
import {
  itemOf,
  type ResultRow,
  rowIndexOf,
  rowsOf,
  type Step,
  stepFrom,
  TILE_WIDTH,
} from "../rows";
import { INITIAL_STATE, type ResultsState } from "../state";
import { createRow } from "./cells";
import type { PageContext } from "./context";

const STEPS: Readonly<Partial<Record<string, Step>>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "rowStart",
  End: "rowEnd",
};

/** Room on both sides of the rows, in CSS pixels; `panel.css` has it too. */
const PADDING = 32;

export interface Grid extends Part<ResultsState> {
  /** The rows as they are now. */
  readonly rows: readonly ResultRow[];
}

/** The grid; asks for the small copies of what is in sight. */
export function createGrid(context: PageContext): Grid {
  const { strings, dispatch } = context;
  let state = INITIAL_STATE;
  let rows: readonly ResultRow[] = [];
  let nFocusRequests = 0;
  const root = element("div", { class: "grid", role: "grid", "aria-label": strings.pictures });
  const stateOf = () => ({
    cell: state.cell ?? rows[0]?.cells[0],
    thumbnailOf: (id: string) => state.thumbnails.get(id) ?? undefined,
    isDoubted: (id: string) => state.doubted.has(id),
  });
  const wanting = createWanting(context, () => {
    const inSight = list.shown.flatMap((row) => (row.kind === "tiles" ? row.items : []));
    return { ids: inSight.map(({ id }) => id), made: state.thumbnails, of: state.results?.id };
  });
  const list = new VirtualList<ResultRow>(root, {
    create: (row) => createRow(context, row, stateOf),
    onShown: wanting,
  });
  root.append(list.element);
  root.addEventListener("keydown", (event) => {
    const cell = stateOf().cell;
    const next = stepOf(event, list.pageHeight);
    if (next !== undefined) {
      event.preventDefault();
      const to = stepFrom(rows, cell, next);
      if (to !== undefined) dispatch({ type: "cellReached", cell: to, isAsked: true });
    } else if (event.key === "Enter" || event.key === " ") {
      // Buttons of groups know what Enter means.
      if ((event.target as Element).matches("button")) return;
      event.preventDefault();
      act(context, { rows, state }, { cell, isInsert: event.ctrlKey || event.metaKey });
    }
  });
  followWidth(root, (nColumns) => {
    dispatch({ type: "widthChanged", nColumns });
  });
  const update = (next: ResultsState): void => {
    const isOther = next.results?.id !== state.results?.id;
    state = next;
    rows = rowsOf(state, `${strings.skipped} (${state.results?.skipped.length ?? 0})`);
    const cell = stateOf().cell;
    const row = rows[rowIndexOf(rows, cell)];
    if (isOther) root.scrollTop = 0;
    list.update(rows, row?.key);
    setAttributes(root, { "aria-rowcount": rows.length });
    if (state.nFocusRequests !== nFocusRequests && row !== undefined) {
      list.reveal(row.key);
      focusCell(root, cell);
    }
    ({ nFocusRequests } = state);
    wanting();
  };
  return {
    element: root,
    update,
    get rows() {
      return rows;
    },
  };
}

/** Enter opens what a cell stands for; with Ctrl it inserts a picture. */
function act(
  { post, dispatch }: PageContext,
  { rows, state }: { readonly rows: readonly ResultRow[]; readonly state: ResultsState },
  { cell, isInsert }: { readonly cell: string | undefined; readonly isInsert: boolean },
): void {
  const item = itemOf(rows, cell);
  const row = rows[rowIndexOf(rows, cell)];
  if (item !== undefined) {
    const canInsert = state.results?.actions.includes("insert") === true;
    post({ type: "act", itemId: item.id, action: isInsert && canInsert ? "insert" : "open" });
  } else if (row?.kind === "section") {
    dispatch({ type: "sectionToggled", sectionId: row.section.id });
  }
}

function stepOf(
  { key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  pageHeight: number,
): Step | undefined {
  if (altKey) return undefined;
  const isFar = ctrlKey || metaKey;
  if (key === "Home" && isFar) return "first";
  if (key === "End" && isFar) return "last";
  if (key === "PageDown") return { pixels: pageHeight };
  if (key === "PageUp") return { pixels: -pageHeight };
  return isFar ? undefined : STEPS[key];
}

function focusCell(root: Element, cell: string | undefined): void {
  for (const found of root.querySelectorAll<HTMLElement>("[data-cell]")) {
    if (found.dataset["cell"] === cell) found.focus();
  }
}

/** Tells how many tiles have room beside each other. */
function followWidth(root: HTMLElement, tell: (nColumns: number) => void): void {
  // Tests have a document without a layout.
  if (typeof ResizeObserver === "undefined") return;
  new ResizeObserver(() => {
    tell(Math.max(1, Math.floor((root.clientWidth - PADDING) / TILE_WIDTH)));
  }).observe(root);
}
