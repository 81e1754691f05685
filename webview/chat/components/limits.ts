/** What the chosen model cannot do, above the field where questions are typed, with what helps; it stays. */

import type { ActionView, NoticeView } from "../../../src/protocol/views/chatMessages";
import { element, setShown, setText, type Part } from "../../render/dom";
import { icon } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import type { PageContext } from "./context";

/** Shown while there are limits. No live region: it would speak at each showing; the announcer does once. */
export function createLimits(context: PageContext): Part<NoticeView | undefined> {
  const text = element("span", { class: "limits-text" });
  const links = element("span", { class: "limits-links" });
  const actions = new KeyedList(links, {
    keyOf: (action: ActionView) => action.id,
    create: ({ id }) => createLink(context, id),
  });
  const root = element("div", { class: "limits", role: "note", hidden: true }, [
    icon("alert"),
    element("p", { class: "limits-body" }, [text, " ", links]),
  ]);
  return {
    element: root,
    update: (limits) => {
      setText(text, limits?.text ?? "");
      actions.update(limits?.actions ?? []);
      setShown(root, { when: limits !== undefined });
    },
  };
}

/** In the line of the sentence, so that both together take no more than two lines. */
function createLink(context: PageContext, actionId: string): Part<ActionView> {
  const button = element("button", { class: "limits-link", type: "button" });
  button.addEventListener("click", () => {
    context.post({ type: "runAction", actionId });
  });
  return {
    element: button,
    update: ({ label }) => {
      setText(button, label);
    },
  };
}
