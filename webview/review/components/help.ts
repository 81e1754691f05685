/** What each key does. */

import type { ReviewStrings } from "../../../src/protocol/views/reviewStrings";
import { element, setAttributes, setShown, type Part } from "../../render/dom";
import { iconButton } from "../../render/controls";
import type { PageContext } from "../context";
import { keyName, type Deed } from "../keys";
import type { PageState } from "../state";

export interface Help extends Part<PageState> {
  focus(): void;
}

/** @param rest cannot be reached while it is open. */
export function createHelp({ strings, dispatch }: PageContext, rest: HTMLElement): Help {
  const close = iconButton("close", strings.close);
  close.addEventListener("click", () => {
    dispatch({ type: "helpToggled" });
  });
  const heading = element("h2", { id: "help-heading", class: "help-heading" }, [strings.keys]);
  const rows = [...rowsOf(strings), ["1 2 3", strings.keysChoose] as const];
  const list = element(
    "dl",
    { class: "help-keys" },
    rows.flatMap(([key, words]) => [
      element("dt", {}, [element("kbd", { class: "key" }, [key])]),
      element("dd", {}, [words]),
    ]),
  );
  const dialog = element(
    "div",
    { class: "help", role: "dialog", "aria-modal": "true", "aria-labelledby": "help-heading" },
    [element("div", { class: "help-top" }, [heading, close]), list],
  );
  const root = element("div", { class: "help-veil", hidden: true }, [dialog]);
  return {
    element: root,
    focus: () => {
      close.focus();
    },
    update: ({ isHelpOpen }) => {
      setShown(root, { when: isHelpOpen });
      setAttributes(rest, { inert: isHelpOpen });
    },
  };
}

function rowsOf(strings: ReviewStrings): (readonly [key: string, words: string])[] {
  const deeds: readonly (readonly [Deed, string])[] = [
    ["accept", strings.accept],
    ["edit", strings.edit],
    ["decorative", strings.decorative],
    ["skip", strings.skip],
    ["suppress", strings.suppress],
    ["undo", strings.undo],
    ["previous", strings.previous],
    ["next", strings.next],
    ["apply", strings.apply.replace("{0}", "").trim()],
    ["help", strings.help],
  ];
  return deeds.map(([deed, words]) => [keyName(deed), words]);
}
