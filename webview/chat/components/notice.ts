/** A sentence about something that went wrong, with the buttons that help. */

import type { ActionView, NoticeView } from "../../../src/protocol/views/chatMessages";
import { element, setShown, setText, type Part } from "../../render/dom";
import { icon } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import { secondaryButton, setWords } from "../../render/controls";
import type { PageContext } from "./context";

/** Shown while there is a notice. */
export function createNotice(context: PageContext): Part<NoticeView | undefined> {
  const text = element("p", { class: "notice-text" });
  const buttons = element("div", { class: "notice-actions" });
  const actions = new KeyedList(buttons, {
    keyOf: (action: ActionView) => action.id,
    create: ({ id }) => createAction(context, id),
  });
  const root = element("div", { class: "notice", hidden: true }, [
    icon("alert"),
    element("div", { class: "notice-body" }, [text, buttons]),
  ]);
  return {
    element: root,
    update: (notice) => {
      setText(text, notice?.text ?? "");
      actions.update(notice?.actions ?? []);
      setShown(buttons, { when: (notice?.actions.length ?? 0) > 0 });
      setShown(root, { when: notice !== undefined });
    },
  };
}

function createAction(context: PageContext, actionId: string): Part<ActionView> {
  const button = secondaryButton("");
  button.addEventListener("click", () => {
    context.post({ type: "runAction", actionId });
  });
  return {
    element: button,
    update: ({ label }) => {
      setWords(button, label);
    },
  };
}
