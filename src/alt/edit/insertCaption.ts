/** Edits that put a visible caption to a picture. */

import { documentError } from "../documentError";
import { outerEdits } from "./embeddedEdits";
import {
  captionLiteral,
  escapeElementText,
  escapeMarkdown,
  escapeMarkdownTitle,
  oneLineText,
} from "./escape";
import type { CaptionSlot, ImageReference, TextEdit } from "../imageReference";

/**
 * Ways to write a caption: `title`, shown by many Markdown renderers as a caption; `emphasis`, a
 * paragraph in italics below the picture; `figcaption`, in a `<figure>` around the element; `own`, where
 * the language has a place for it.
 */
export type CaptionStyle = "title" | "emphasis" | "figcaption" | "own";

/** The styles that a picture can have, the most usual first. */
export function captionStyles({ captionSlot }: ImageReference): CaptionStyle[] {
  if (captionSlot.form === "none") return [];
  if (captionSlot.form === "own") return ["own"];
  if (captionSlot.form === "figure") return ["figcaption"];
  const styles: CaptionStyle[] = [];
  if (captionSlot.title !== null) styles.push("title");
  if (captionSlot.linePrefix !== null) styles.push("emphasis");
  return styles;
}

/**
 * Edits that insert a caption, or replace the title or figcaption that is there.
 * @param text the document that the reference was found in.
 * @throws AppError `document.notEditable` for an empty caption or a style that the picture cannot
 * have.
 */
export function insertCaption(
  text: string,
  reference: ImageReference,
  given: { readonly caption: string; readonly style?: CaptionStyle },
): TextEdit[] {
  const caption = oneLineText(given.caption);
  if (caption === "") {
    throw documentError("document.notEditable", "A caption cannot be empty. Give a text.");
  }
  const style = given.style ?? captionStyles(reference)[0];
  const slot = reference.captionSlot;
  const { embedded } = reference;
  if (embedded !== undefined) {
    return outerEdits(embedded, insertCaption(embedded.text, embedded.reference, given));
  }
  if (slot.form === "own" && style === "own") {
    const { start, end } = slot.span;
    const newText = slot.prefix + captionLiteral(caption, slot.dialect) + slot.suffix;
    return [{ start, end, newText }];
  }
  if (slot.form === "figure" && style === "figcaption") return figureEdits(text, slot, caption);
  if (slot.form === "markdown") {
    if (style === "title" && slot.title !== null) {
      const newText = `${slot.titlePrefix}"${escapeMarkdownTitle(caption, slot)}"`;
      return [{ ...slot.title, newText }];
    }
    if (style === "emphasis" && slot.linePrefix !== null) {
      const at = reference.span.end;
      const lineBreak = lineBreakOf(text);
      // On the next line of the same paragraph it would stand beside a small picture, and the marks
      // of a hard break are a backslash to some renderers and trimmed white space to some editors.
      const emptyLine = lineBreak + slot.linePrefix.trimEnd();
      const line = `*${escapeMarkdown(caption, slot)}*`;
      return [{ start: at, end: at, newText: emptyLine + lineBreak + slot.linePrefix + line }];
    }
  }
  throw documentError(
    "document.notEditable",
    `The picture ${reference.target.value} cannot have a caption of the style ${style ?? "title"} where it stands. Write one by hand.`,
  );
}

function figureEdits(
  text: string,
  slot: Extract<CaptionSlot, { form: "figure" }>,
  caption: string,
): TextEdit[] {
  const content = escapeElementText(caption, slot.dialect);
  if (slot.caption !== null) return [{ ...slot.caption, newText: content }];
  const element = `<figcaption>${content}</figcaption>`;
  if (slot.figureEnd !== null) {
    const at = slot.figureEnd;
    return [{ start: at, end: at, newText: element }];
  }
  const { start, end } = slot.element;
  const indent = indentOf(text, start);
  const lineBreak = lineBreakOf(text);
  if (indent === undefined) {
    return [
      { start, end: start, newText: "<figure>" },
      { start: end, end, newText: `${element}</figure>` },
    ];
  }
  const inner = `${lineBreak}${indent}${indent.includes("\t") ? "\t" : "  "}`;
  return [
    { start, end: start, newText: `<figure>${inner}` },
    { start: end, end, newText: `${inner}${element}${lineBreak}${indent}</figure>` },
  ];
}

/** The white space before an element that begins its line; undefined when something else does. */
function indentOf(text: string, start: number): string | undefined {
  const indent = text.slice(Math.max(text.lastIndexOf("\n", start - 1), -1) + 1, start);
  return indent.trim() === "" ? indent : undefined;
}

/** The line break that the document uses. */
function lineBreakOf(text: string): string {
  const feed = text.indexOf("\n");
  if (feed > 0 && text.charAt(feed - 1) === "\r") return "\r\n";
  return feed < 0 && text.includes("\r") ? "\r" : "\n";
}
