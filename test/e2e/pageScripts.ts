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

/** How many of these elements are animated. */
export function countMoving(elements: readonly Element[]): number {
  return elements.filter((element) => {
    const { animationName, animationDuration } = getComputedStyle(element);
    return animationName !== "none" && Number.parseFloat(animationDuration) > 0;
  }).length;
}

/** Says where a page is too wide, and which of its controls do not fit, are cut off or lie over each other. */
export function findLayoutFaults(page: Element): string[] {
  const nameOf = ({ tagName, className, textContent }: Element): string =>
    `${tagName.toLowerCase()}.${className} "${textContent.trim().slice(0, 40)}"`;
  // Sizes are whole pixels, places are not.
  const isLess = (a: number, b: number): boolean => a < b - 1;
  const outersOf = (element: Element): Element[] => {
    const outer = element.parentElement;
    return outer === null ? [] : [outer, ...outersOf(outer)];
  };
  /** What is left of a control in all that cuts off or scrolls what is in it. */
  const seenPart = (control: Element): DOMRect => {
    let { left, top, right, bottom } = control.getBoundingClientRect();
    for (const outer of outersOf(control)) {
      if (getComputedStyle(outer).overflow === "visible") continue;
      const frame = outer.getBoundingClientRect();
      [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
    return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
  };
  const controls = [...page.querySelectorAll("button, vscode-button, vscode-text-area")].filter(
    (control) => control.getBoundingClientRect().width > 0,
  );
  const insides = controls.flatMap(({ shadowRoot }) => [
    ...(shadowRoot?.querySelectorAll("button, textarea") ?? []),
  ]);
  const faults = [page, ...controls, ...insides]
    .filter(({ clientWidth, scrollWidth }) => isLess(clientWidth, scrollWidth))
    .map((box) => `${box.scrollWidth} in ${box.clientWidth} pixels: ${nameOf(box)}`);
  if (controls.length === 0) faults.push("there are no controls");
  for (const [index, one] of controls.entries()) {
    const a = seenPart(one);
    const { width, height } = one.getBoundingClientRect();
    const scrolls = (axis: "overflowX" | "overflowY"): boolean =>
      outersOf(one).some((outer) => ["auto", "scroll"].includes(getComputedStyle(outer)[axis]));
    const isCut =
      (isLess(a.width, width) && !scrolls("overflowX")) ||
      (isLess(a.height, height) && !scrolls("overflowY"));
    if (isCut) faults.push(`cut off: ${nameOf(one)}`);
    for (const other of controls.slice(index + 1)) {
      const b = seenPart(other);
      const isOver =
        isLess(Math.max(a.left, b.left), Math.min(a.right, b.right)) &&
        isLess(Math.max(a.top, b.top), Math.min(a.bottom, b.bottom));
      // The button that takes a picture out lies on the picture.
      const isMeant = one.parentElement === other.parentElement && other.matches(".tray-remove");
      if (isOver && !isMeant) faults.push(`overlap: ${nameOf(one)} and ${nameOf(other)}`);
    }
  }
  return faults;
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

/** How many of the elements lie in sight of the list that scrolls them, and have no picture yet. */
export function countUndrawn(elements: readonly Element[]): number {
  return elements.filter((element) => {
    const list = element.closest(".grid, .answers-body")?.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    if (list === undefined || bottom <= list.top || top >= list.bottom) return false;
    return element.querySelector("img") === null;
  }).length;
}
