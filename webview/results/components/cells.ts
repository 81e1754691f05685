/** The cells of the results: headings that open and close, groups with their buttons, and pictures. */

import type { GroupAction, ResultItem } from "../../../src/protocol/views/resultsMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { icon } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import { createPicture } from "../../render/picture";
import { actionCell, type ResultRow } from "../rows";
import type { PageContext } from "./context";

/** What cells look up when they are drawn. */
export interface CellState {
  readonly cell: string | undefined;
  readonly thumbnailOf: (itemId: string) => string | undefined;
  readonly isDoubted: (itemId: string) => boolean;
}

/** A row and its cells. @param stateOf what is so now. */
export function createRow(
  context: PageContext,
  row: ResultRow,
  stateOf: () => CellState,
): Part<ResultRow> {
  const root = element("div", { role: "row", class: `row row-${row.kind}` });
  return { element: root, update: contentOf(context, root, { row, stateOf }) };
}

interface Filling {
  readonly row: ResultRow;
  readonly stateOf: () => CellState;
}

function contentOf(
  context: PageContext,
  root: HTMLElement,
  { row, stateOf }: Filling,
): (row: ResultRow) => void {
  switch (row.kind) {
    case "section":
      return fillSection(context, root, stateOf);
    case "group":
      return fillGroup(context, root, { row, stateOf });
    case "tiles":
      return fillTiles(context, root, stateOf);
    case "skipped":
      return fillSkipped(root, stateOf);
  }
}

/** One cell of the row has the keyboard; Tab reaches that one alone. */
function place(target: Element, cell: string, { cell: current }: CellState): void {
  setAttributes(target, { "data-cell": cell, tabindex: cell === current ? 0 : -1 });
}

function fillSection(
  { dispatch }: PageContext,
  root: HTMLElement,
  stateOf: () => CellState,
): (row: ResultRow) => void {
  const title = element("span", { class: "section-title" });
  const cell = element("div", { role: "rowheader", class: "section" }, [icon("chevron"), title]);
  let id = "";
  root.append(cell);
  cell.addEventListener("click", () => {
    dispatch({ type: "sectionToggled", sectionId: id });
  });
  return (row) => {
    if (row.kind !== "section") return;
    ({ id } = row.section);
    setText(title, row.section.title);
    setAttributes(cell, { "aria-expanded": String(!row.isFolded) });
    place(cell, row.key, stateOf());
  };
}

function fillGroup(
  context: PageContext,
  root: HTMLElement,
  { row: first, stateOf }: Filling,
): (row: ResultRow) => void {
  const title = element("span", { role: "gridcell", class: "group-title" });
  root.append(title);
  const actions = first.kind === "group" ? first.group.actions : [];
  const groupId = first.kind === "group" ? first.group.id : "";
  const buttons = actions.map((action) => groupButton(context, groupId, action));
  for (const { cell } of buttons) root.append(cell);
  return (row) => {
    if (row.kind !== "group") return;
    setText(title, row.group.title ?? "");
    if (buttons.length === 0) place(title, row.key, stateOf());
    for (const { action, button } of buttons) {
      // The same words stand at each group, so the name says which.
      setAttributes(button, {
        "aria-label": `${context.strings[action]}: ${row.group.title ?? ""}`,
      });
      place(button, actionCell(groupId, action), stateOf());
    }
  };
}

function groupButton(
  { strings, post }: PageContext,
  groupId: string,
  action: GroupAction,
): { readonly action: GroupAction; readonly cell: HTMLElement; readonly button: HTMLElement } {
  const button = element("button", { class: "group-action" }, [strings[action]]);
  button.addEventListener("click", () => {
    post({ type: "actOnGroup", groupId, action });
  });
  return { action, button, cell: element("span", { role: "gridcell" }, [button]) };
}

function fillTiles(
  context: PageContext,
  root: HTMLElement,
  stateOf: () => CellState,
): (row: ResultRow) => void {
  let section = "";
  // A tile that is moved without need would lose the keyboard.
  const tiles = new KeyedList<ResultItem>(root, {
    keyOf: ({ id }) => id,
    create: ({ id }) => {
      const tile = createTile(context, id);
      const update = (item: ResultItem): void => {
        tile.update({ item, section, state: stateOf() });
      };
      return { element: tile.element, update };
    },
  });
  return (row) => {
    if (row.kind !== "tiles") return;
    ({ section } = row);
    tiles.update(row.items);
  };
}

interface TileProps {
  readonly item: ResultItem;
  readonly section: string;
  readonly state: CellState;
}

function createTile({ strings, dispatch, post }: PageContext, id: string): Part<TileProps> {
  const picture = createPicture("tile-picture");
  const name = element("span", { class: "tile-name" });
  // What is seen is heard in the same order, and the section, which stands above.
  const where = element("span", { class: "visually-hidden" });
  const folder = element("span", { class: "tile-folder" });
  const doubt = element("span", { class: "tile-doubt" }, [strings.doubted]);
  const root = element("div", { role: "gridcell", class: "tile" }, [
    ...[picture.element, name, doubt, where, folder],
  ]);
  root.addEventListener("click", () => {
    dispatch({ type: "cellReached", cell: id, isAsked: true });
  });
  root.addEventListener("dblclick", () => {
    post({ type: "act", itemId: id, action: "open" });
  });
  return {
    element: root,
    update: ({ item, section, state }) => {
      const isDoubted = state.isDoubted(id);
      picture.update(state.thumbnailOf(id));
      setText(name, item.name);
      setText(folder, item.folder);
      setShown(doubt, { when: isDoubted });
      setText(where, isDoubted ? "," : `, ${section},`);
      setAttributes(root, {
        "aria-description": item.detail,
        title: item.folder === "" ? item.name : `${item.folder}/${item.name}`,
        "data-doubted": isDoubted,
        "aria-selected": String(state.cell === id),
      });
      place(root, id, state);
    },
  };
}

function fillSkipped(root: HTMLElement, stateOf: () => CellState): (row: ResultRow) => void {
  const file = element("span", { class: "skipped-file" });
  const why = element("span", { class: "skipped-why" });
  const cell = element("div", { role: "gridcell", class: "skipped" }, [file, why]);
  root.append(cell);
  return (row) => {
    if (row.kind !== "skipped") return;
    setText(file, row.file);
    setText(why, row.why);
    place(cell, row.key, stateOf());
  };
}
