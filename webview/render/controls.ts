/** Buttons and fields of the component library; the rest of the page does not know their tags. */

import { element, setAttributes, setText } from "./dom";
import { icon, type IconName } from "./icons";

/** The custom elements in use. */
const TAGS = { button: "vscode-button", textArea: "vscode-text-area" } as const;

/** A field for several lines of text. */
export type TextArea = HTMLElement & { value: string };

/** A quiet button that is only a drawing; its label is its name and its tooltip. */
export function iconButton(name: IconName, label: string): HTMLElement {
  return element(TAGS.button, { appearance: "icon", "aria-label": label, title: label }, [
    icon(name),
  ]);
}

/** The one button of its place that most people want. */
export function primaryButton(label: string): HTMLElement {
  return element(TAGS.button, { appearance: "primary" }, [label]);
}

/** Any other button with words on it. */
export function secondaryButton(label: string): HTMLElement {
  return element(TAGS.button, { appearance: "secondary" }, [label]);
}

/** Gives an icon button another name. */
export function setLabel(button: HTMLElement, label: string): void {
  setAttributes(button, { "aria-label": label, title: label });
}

/** Gives a button with words other words. */
export function setWords(button: HTMLElement, words: string): void {
  setText(button, words);
}

/** A disabled button cannot be focused, so its tooltip says why. */
export function setEnabled(button: HTMLElement, enabled: { readonly when: boolean }): void {
  setAttributes(button, { disabled: !enabled.when });
}

/** @param maxLength In UTF-16 units. */
export function textArea(label: string, maxLength: number): TextArea {
  // The element names its field by its own text, which the stylesheet hides.
  const field = element(TAGS.textArea, { maxlength: maxLength }, [label]);
  return Object.assign(field, { value: "" });
}
