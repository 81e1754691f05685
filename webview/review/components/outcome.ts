/** What came of applying, what could not be read, and what a person should know of the model. */

import type { ReviewNote } from "../../../src/protocol/views/reviewMessages";
import { element, setShown, setText, type Part } from "../../render/dom";
import { iconButton, secondaryButton } from "../../render/controls";
import { icon } from "../../render/icons";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "../context";
import type { PageState } from "../state";
import { outcomeText } from "./announcer";

export function createOutcome(context: PageContext): Part<PageState> {
  const { strings, post, dispatch } = context;
  const text = element("p", { class: "notice-text" });
  const lines = element("ul", { class: "failures" });
  const undo = secondaryButton(strings.undoApplied);
  const close = iconButton("close", strings.close);
  undo.addEventListener("click", () => {
    post({ type: "undoApplied" });
  });
  close.addEventListener("click", () => {
    dispatch({ type: "outcomeClosed" });
  });
  const root = element("div", { class: "notice outcome", hidden: true }, [
    element("div", { class: "notice-body" }, [text, lines]),
    undo,
    close,
  ]);
  return {
    element: root,
    update: (state) => {
      const { outcome } = state;
      setShown(root, { when: outcome !== undefined });
      if (outcome === undefined) return;
      const failures =
        outcome.kind === "takenBack"
          ? outcome.failures
          : outcome.failures.map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
      setText(text, outcomeText(state, strings));
      lines.replaceChildren(...failures.map((line) => element("li", {}, [line])));
      setShown(lines, { when: failures.length > 0 });
      setShown(undo, {
        when: outcome.kind === "applied" && outcome.nWritten > 0 && state.work === "none",
      });
    },
  };
}

export function createNotes(context: PageContext): Part<PageState> {
  const { strings } = context;
  const root = element("div", { class: "notes" });
  let shown = "";
  return {
    element: root,
    update: ({ notes, queue }) => {
      const { nLost = 0, unread = [] } = queue ?? {};
      const own: ReviewNote[] = [
        ...(nLost > 0 ? [{ text: fillIn(strings.lost, String(nLost)), actions: [] }] : []),
        ...(unread.length > 0
          ? [
              {
                text: [fillIn(strings.unread, String(unread.length)), ...unread].join("\n"),
                actions: [],
              },
            ]
          : []),
      ];
      const all = [...notes, ...own];
      const look = JSON.stringify(all);
      if (look === shown) return;
      shown = look;
      root.replaceChildren(...all.map((note) => noteElement(context, note)));
      setShown(root, { when: all.length > 0 });
    },
  };
}

function noteElement({ post }: PageContext, { text, actions }: ReviewNote): HTMLElement {
  const buttons = actions.map(({ id, label }) => {
    const button = element("button", { class: "link", type: "button" }, [label]);
    button.addEventListener("click", () => {
      post({ type: "runAction", actionId: id });
    });
    return button;
  });
  return element("p", { class: "note" }, [
    icon("alert"),
    element("span", { class: "note-text" }, [text]),
    ...buttons,
  ]);
}
