/** The buttons below the picture: the same as the keys, for those who do not use these. */

import { element, setShown, type Part } from "../../render/dom";
import { setEnabled } from "../../render/controls";
import type { PageContext } from "../context";
import { perform, type Deed } from "../keys";
import { currentItem, neighbour, proposalsOf, type PageState } from "../state";
import { keyButton } from "./keyButton";

export function createActions(context: PageContext): Part<PageState> {
  const { strings } = context;
  let shown: PageState | undefined;
  const make = (deed: Deed, label: string, look?: "primary" | "secondary"): HTMLElement => {
    const { element: button } = keyButton(deed, label, look);
    button.addEventListener("click", () => {
      if (shown !== undefined) perform(context, shown, deed);
    });
    return button;
  };
  const accept = make("accept", strings.accept, "primary");
  const edit = make("edit", strings.edit);
  const decorative = make("decorative", strings.decorative);
  const skip = make("skip", strings.skip);
  const suppress = make("suppress", strings.suppress);
  const undo = make("undo", strings.undo);
  const previous = make("previous", strings.previous);
  const next = make("next", strings.next);
  const root = element("div", { class: "actions" }, [
    element("div", { class: "action-group" }, [accept, edit, decorative, skip, suppress]),
    element("div", { class: "action-group" }, [undo, previous, next]),
  ]);
  return {
    element: root,
    update: (state) => {
      shown = state;
      const item = currentItem(state);
      setShown(root, { when: item !== undefined });
      const canText = item?.can.text === true;
      setEnabled(accept, { when: canText && proposalsOf(state).length > 0 });
      setEnabled(edit, { when: canText });
      setEnabled(decorative, { when: item?.can.decorative === true });
      setEnabled(suppress, { when: item?.can.suppress === true });
      setEnabled(undo, { when: state.decisions.size > 0 });
      setEnabled(previous, { when: neighbour(state, -1) !== undefined });
      setEnabled(next, { when: neighbour(state, 1) !== undefined });
    },
  };
}
