/** Questions that are asked with one click. */

import { element, setShown, setText, type Part } from "../../render/dom";
import { KeyedList } from "../../render/keyedList";
import type { PageContext } from "./context";

export interface SuggestionsProps {
  readonly suggestions: readonly string[];
  /** False while a click could not be answered. */
  readonly isOffered: boolean;
}

/** Shown while there is something to suggest and somebody who can answer. */
export function createSuggestions(context: PageContext): Part<SuggestionsProps> {
  const { strings } = context;
  const root = element("div", {
    class: "suggestions",
    role: "group",
    "aria-label": strings.suggestions,
  });
  const list = new KeyedList(root, {
    keyOf: (suggestion: string) => suggestion,
    create: (suggestion) => createSuggestion(context, suggestion),
  });
  return {
    element: root,
    update: ({ suggestions, isOffered }) => {
      list.update(isOffered ? [...new Set(suggestions)] : []);
      setShown(root, { when: isOffered && suggestions.length > 0 });
    },
  };
}

function createSuggestion(context: PageContext, question: string): Part<string> {
  const button = element("button", { class: "suggestion", type: "button" });
  button.addEventListener("click", () => {
    context.post({ type: "ask", question });
  });
  return {
    element: button,
    update: (words) => {
      setText(button, words);
    },
  };
}
