/** The earlier conversations, over the page, until one is chosen or Escape is pressed. */

import type { ConversationView } from "../../../src/protocol/views/chatMessages";
import { element, isShown, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { KeyedList } from "../../render/keyedList";
import type { PageState } from "../state";
import { fillIn } from "../../shell/strings";
import { describeTime } from "../../shell/when";
import { iconButton, secondaryButton, setLabel } from "../../render/controls";
import type { PageContext } from "./context";

export type HistoryProps = Pick<PageState, "isHistoryOpen"> & {
  readonly history: readonly ConversationView[];
};

/** How far each key moves in the list. */
const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };
const TITLE_ID = "history-title";

export interface HistoryPanel extends Part<HistoryProps> {
  /** Moves the keyboard to where it goes when the panel opens. */
  focus(): void;
}

/** @param behind What cannot be reached while the panel is open. */
export function createHistoryPanel(context: PageContext, behind: HTMLElement): HistoryPanel {
  const { strings } = context;
  const list = element("ul", { class: "history-list" });
  const none = element("p", { class: "history-none" }, [strings.historyEmpty]);
  const conversations = new KeyedList(list, {
    keyOf: (conversation: ConversationView) => conversation.id,
    create: ({ id }) => createConversation(context, id),
  });
  const root = element(
    "section",
    { class: "history", role: "dialog", "aria-labelledby": TITLE_ID, hidden: true },
    [createHeader(context), none, list],
  );
  root.addEventListener("keydown", (event) => {
    onKey(event, list);
  });
  const opening = createOpening(root, behind);
  return {
    element: root,
    focus: () => {
      firstStop(root)?.focus();
    },
    update: ({ history, isHistoryOpen }) => {
      // Times go stale, so they are written when somebody looks at them.
      conversations.update(isHistoryOpen ? history : []);
      setShown(none, { when: history.length === 0 });
      setShown(list, { when: history.length > 0 });
      opening.update({ isHistoryOpen });
    },
  };
}

/** Moves the keyboard into the panel, and back to where it was. */
function createOpening(
  root: HTMLElement,
  behind: HTMLElement,
): Pick<Part<Pick<HistoryProps, "isHistoryOpen">>, "update"> {
  let before: Element | null = null;
  return {
    update: ({ isHistoryOpen }) => {
      if (isHistoryOpen === isShown(root)) return;
      if (isHistoryOpen) before = document.activeElement;
      setShown(root, { when: isHistoryOpen });
      setAttributes(behind, { inert: isHistoryOpen });
      if (isHistoryOpen) firstStop(root)?.focus();
      else if (before !== null && behind.contains(before) && isShown(before)) {
        (before as HTMLElement).focus();
      }
    },
  };
}

/** The open conversation, else the newest, else the first button. */
function firstStop(root: HTMLElement): HTMLElement | null {
  return (
    root.querySelector<HTMLElement>("[aria-current]") ??
    root.querySelector<HTMLElement>(".conversation-open") ??
    root.querySelector<HTMLElement>(".history-close")
  );
}

function createHeader({ strings, dispatch, post }: PageContext): HTMLElement {
  const create = secondaryButton(strings.newConversation);
  const close = iconButton("close", strings.close);
  create.classList.add("history-new");
  close.classList.add("history-close");
  create.addEventListener("click", () => {
    dispatch({ type: "historyClosed" });
    post({ type: "newConversation" });
  });
  close.addEventListener("click", () => {
    dispatch({ type: "historyClosed" });
  });
  return element("header", { class: "history-header" }, [
    element("h2", { id: TITLE_ID, class: "history-title" }, [strings.history]),
    close,
    create,
  ]);
}

function createConversation(context: PageContext, conversationId: string): Part<ConversationView> {
  const { strings, dispatch, post } = context;
  const title = element("span", { class: "conversation-title" });
  const time = element("span", { class: "conversation-time" });
  const open = element("button", { class: "conversation-open", type: "button" }, [title, time]);
  const remove = iconButton("remove", "");
  const item = element("li", { class: "conversation" }, [open, remove]);
  open.addEventListener("click", () => {
    dispatch({ type: "historyClosed" });
    post({ type: "openConversation", conversationId });
  });
  remove.addEventListener("click", () => {
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    neighbour?.querySelector<HTMLElement>(".conversation-open")?.focus();
    post({ type: "deleteConversation", conversationId });
  });
  return {
    element: item,
    update: (conversation) => {
      setText(title, conversation.title);
      setText(
        time,
        describeTime(conversation.updatedAt, { now: context.now(), locale: context.locale }),
      );
      setAttributes(open, {
        "aria-current": conversation.isOpen ? "true" : undefined,
        title: fillIn(strings.openConversation, conversation.title),
      });
      setLabel(remove, fillIn(strings.deleteConversation, conversation.title));
    },
  };
}

function onKey(event: KeyboardEvent, list: HTMLElement): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const buttons = [...list.querySelectorAll<HTMLElement>(".conversation-open")];
  const here = buttons.findIndex((button) =>
    button.parentElement?.contains(document.activeElement),
  );
  const next = buttons[here < 0 ? 0 : here + step];
  if (next === undefined) return;
  next.focus();
  event.preventDefault();
}
