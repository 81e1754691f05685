/** All pictures that are gone through, with what was decided of each; letters do here what they do elsewhere. */

import type { ReviewItemView } from "../../../src/protocol/views/reviewMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { icon, type IconName } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import type { PageContext } from "../context";
import { neighbour, shownItems, type PageState } from "../state";
import { decisionText } from "./announcer";

export interface ItemList extends Part<PageState> {
  focus(): void;
}

interface Row {
  readonly item: ReviewItemView;
  readonly state: PageState;
}

export function createList(context: PageContext): ItemList {
  const { strings, dispatch } = context;
  const root = element("ul", {
    class: "list",
    role: "listbox",
    tabindex: 0,
    "aria-label": strings.pictures,
  });
  const rows = new KeyedList<Row>(root, {
    keyOf: ({ item }) => item.id,
    create: ({ item }) => createRow(context, item.id),
  });
  let shown: PageState | undefined;
  let currentId: string | undefined;
  root.addEventListener("keydown", (event) => {
    if (shown === undefined) return;
    const id = keyTarget(shown, event.key);
    if (id === undefined) return;
    event.preventDefault();
    dispatch({ type: "movedTo", id });
  });
  return {
    element: root,
    focus: () => {
      root.focus();
    },
    update: (state) => {
      shown = state;
      const items = shownItems(state);
      rows.update(items.map((item) => ({ item, state })));
      setShown(root, { when: items.length > 0 });
      const row = rows.elements.find(({ id }) => id === rowId(state.currentId ?? ""));
      setAttributes(root, { "aria-activedescendant": row?.id });
      if (state.currentId !== currentId) row?.scrollIntoView({ block: "nearest" });
      currentId = state.currentId;
    },
  };
}

/** Where a key of the list leads; undefined for any other key. */
function keyTarget(state: PageState, key: string): string | undefined {
  const items = shownItems(state);
  switch (key) {
    case "ArrowDown":
      return neighbour(state, 1);
    case "ArrowUp":
      return neighbour(state, -1);
    case "Home":
      return items[0]?.id;
    case "End":
      return items.at(-1)?.id;
    default:
      return undefined;
  }
}

function createRow({ strings, dispatch }: PageContext, id: string): Part<Row> {
  const mark = element("span", { class: "row-mark" });
  const name = element("span", { class: "row-name" });
  // Of a long path its end is shown, which tells one file of a folder from the next.
  const place = element("bdi");
  // What mark and tooltip say to eyes.
  const heard = element("span", { class: "visually-hidden" });
  const root = element("li", { class: "row", role: "option", id: rowId(id) }, [
    mark,
    element("span", { class: "row-words" }, [
      name,
      element("span", { class: "row-place" }, [place]),
      heard,
    ]),
  ]);
  root.addEventListener("click", () => {
    dispatch({ type: "movedTo", id });
  });
  let kind: string | undefined = "unknown";
  let last: readonly unknown[] = [];
  return {
    element: root,
    update: ({ item, state }) => {
      const decision = state.decisions.get(id);
      const isCurrent = id === state.currentId;
      // There may be thousands of rows, and most stay as they are.
      const now = [item, decision, isCurrent];
      if (now.every((part, at) => part === last[at])) return;
      last = now;
      setText(name, item.name);
      setText(place, `${item.file}:${item.line}`);
      setText(heard, `. ${item.ruleTitle}. ${decisionText(decision, strings)}.`);
      setAttributes(root, {
        "aria-selected": isCurrent ? "true" : "false",
        title: decisionText(decision, strings),
        "data-decision": decision?.kind ?? "open",
      });
      if (kind === decision?.kind) return;
      kind = decision?.kind;
      mark.replaceChildren(...(decision === undefined ? [] : [icon(MARKS[decision.kind])]));
    },
  };
}

const MARKS = {
  text: "check",
  decorative: "decorative",
  skip: "skip",
  suppress: "suppress",
} as const satisfies Readonly<Record<string, IconName>>;

function rowId(id: string): string {
  return `row-${id}`;
}
