/** What is known of the picture that the keyboard is at, and what can be done with it. */

import type { ItemAction, ResultItem } from "../../../src/protocol/views/resultsMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { secondaryButton } from "../../render/controls";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "./context";

export interface DetailProps {
  readonly item: ResultItem | undefined;
  readonly actions: readonly ItemAction[];
}

/** A bar below the grid; Tab leads into it from any picture. */
export function createDetailBar({ strings, post }: PageContext): Part<DetailProps> {
  const name = element("span", { class: "detail-name" });
  const folder = element("span", { class: "detail-folder" });
  const detail = element("p", { class: "detail-words" });
  const buttons = element("div", { class: "detail-actions", role: "group" });
  const words = element("div", { class: "detail-text" }, [
    element("p", {}, [name, " ", folder]),
    detail,
  ]);
  const root = element("div", { class: "detail" }, [words, buttons]);
  let item: ResultItem | undefined;
  let shown = "";
  const button = (action: ItemAction): HTMLElement => {
    const made = secondaryButton(strings[action]);
    made.addEventListener("click", () => {
      if (item !== undefined) post({ type: "act", itemId: item.id, action });
    });
    return made;
  };
  return {
    element: root,
    update: ({ item: next, actions }) => {
      item = next;
      if (actions.join() !== shown) buttons.replaceChildren(...actions.map(button));
      shown = actions.join();
      setText(name, item?.name ?? strings.choose);
      setText(folder, item?.folder ?? "");
      setText(detail, item?.detail ?? "");
      setShown(detail, { when: item?.detail !== undefined });
      setShown(buttons, { when: item !== undefined });
      setAttributes(buttons, { "aria-label": fillIn(strings.actionsFor, item?.name ?? "") });
    },
  };
}
