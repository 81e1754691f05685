/** A button that says which key does the same. */

import { element, setAttributes } from "../../render/dom";
import { primaryButton, secondaryButton } from "../../render/controls";
import { KEYS, keyName, type Deed } from "../keys";

export interface KeyButton {
  readonly element: HTMLElement;
  setWords(words: string): void;
}

export function keyButton(
  deed: Deed,
  label: string,
  look: "primary" | "secondary" = "secondary",
): KeyButton {
  const root = look === "primary" ? primaryButton("") : secondaryButton("");
  // The library makes a square of every element in a button but of text.
  const words = document.createTextNode(label);
  // The shortcut is an attribute, so that it is not read as a part of the name.
  const key = element("kbd", { class: "key", "aria-hidden": "true" }, [keyName(deed)]);
  root.replaceChildren(words, key);
  setAttributes(root, { "aria-keyshortcuts": KEYS[deed], "data-deed": deed });
  return {
    element: root,
    setWords: (text) => {
      if (words.data !== text) words.data = text;
    },
  };
}
