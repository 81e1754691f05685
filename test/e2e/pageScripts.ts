/// <reference lib="dom" />
/** What runs inside the pages of the editor. Each function travels as text, so it uses nothing from outside itself. */

import type { AxeResults } from "axe-core";

/** A file that is pasted or dropped. */
export interface OfferedFile {
  readonly name: string;
  /** MIME type. */
  readonly type: string;
  readonly base64: string;
}

export interface OfferedFiles {
  readonly event: "paste" | "drop";
  readonly files: readonly OfferedFile[];
}

/** What a user of a screen reader hears about an element, shortened. */
export interface FocusedElement {
  readonly tag: string;
  readonly role: string;
  readonly name: string;
}

/** What can be read of one question in the chat. */
export interface ShownTurn {
  readonly picture: string;
  readonly question: string;
  readonly answer: string;
  /** As the page marks it: waiting, streaming, done, stopped or failed. */
  readonly state: string;
}

/** Lays an invisible pane over the whole page, so that no mouse reaches what is below, frames included. */
export function coverPage(): void {
  const pane = document.createElement("div");
  pane.setAttribute("aria-hidden", "true");
  // The highest value that browsers take.
  pane.style.cssText = "position: fixed; inset: 0; z-index: 2147483647;";
  document.body.append(pane);
}

/** The element that has the focus, through shadow roots; undefined when none has it. */
export function deepActiveElement(): Element | undefined {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element === null || element === document.body ? undefined : element;
}

/** Describes an element by its label, its title or its text. */
export function describeElement(element: Element): FocusedElement {
  const labels = (element as Partial<HTMLInputElement>).labels;
  const host = (element.getRootNode() as Partial<ShadowRoot>).host;
  const ids = (element.getAttribute("aria-labelledby") ?? "").split(" ");
  const candidates = [
    element.getAttribute("aria-label"),
    ...ids.map((id) => (id === "" ? null : document.getElementById(id)?.textContent)),
    labels?.[0]?.textContent,
    element.getAttribute("title"),
    element.getAttribute("placeholder"),
    element.textContent,
    host?.getAttribute("aria-label"),
    host?.textContent,
  ];
  const name = candidates.find((text) => (text ?? "").trim() !== "") ?? "";
  return {
    tag: element.tagName.toLowerCase(),
    role: element.getAttribute("role") ?? "",
    name: name.trim().replace(/\s+/g, " ").slice(0, 200),
  };
}

/** The text in the clipboard, empty when it holds something else. */
export async function readClipboard(): Promise<string> {
  return navigator.clipboard.readText();
}

/** Hands files to an element as the clipboard or the hand of a user does. */
export function offerFiles(element: Element, { event, files }: OfferedFiles): void {
  const data = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  const common = { bubbles: true, cancelable: true, composed: true };
  if (event === "paste") {
    element.dispatchEvent(new ClipboardEvent("paste", { ...common, clipboardData: data }));
    return;
  }
  const { left, top, width, height } = element.getBoundingClientRect();
  const place = { clientX: left + width / 2, clientY: top + height / 2 };
  for (const name of ["dragenter", "dragover", "drop"]) {
    element.dispatchEvent(new DragEvent(name, { ...common, ...place, dataTransfer: data }));
  }
}

/** Runs axe-core, whose script the frame must have. */
export async function runAxe(): Promise<AxeResults> {
  const { axe } = globalThis as unknown as { axe: { run: () => Promise<AxeResults> } };
  // The frame is transparent, and axe-core takes what it cannot see for white.
  const { style } = document.documentElement;
  style.backgroundColor = "var(--vscode-sideBar-background)";
  try {
    return await axe.run();
  } finally {
    style.backgroundColor = "";
  }
}

/** Reads the turns of the chat at one moment. */
export function readTurns(turns: readonly Element[]): ShownTurn[] {
  return turns.map((turn) => {
    const textOf = (part: string): string => turn.querySelector(part)?.textContent ?? "";
    return {
      picture: textOf(".turn-name"),
      question: textOf(".turn-question"),
      answer: textOf(".answer"),
      state: turn.getAttribute("data-state") ?? "",
    };
  });
}
