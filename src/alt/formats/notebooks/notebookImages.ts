/** Pictures in the Markdown of Jupyter notebooks: documents within the strings of one in JSON. */

import type { FindContext } from "../findContext";
import type { ImageReference, TextSpan } from "../../imageReference";
import { jsonTree, type JsonNode } from "../../jsonc";
import { findMarkdownImages } from "../markdown/markdownImages";

/** @throws SyntaxError for what is no notebook, whose texts cannot be told then. */
export function findNotebookImages(context: FindContext): ImageReference[] {
  const { text } = context;
  const cells = fieldOf(jsonTree(text), "cells");
  if (cells?.type !== "array") throw new SyntaxError("This is no notebook.");
  return (cells.children ?? []).flatMap((cell) => {
    if (fieldOf(cell, "cell_type")?.value !== "markdown") return [];
    const source = fieldOf(cell, "source");
    return source === undefined ? [] : cellImages(cell, source, context);
  });
}

function fieldOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.type !== "object") return undefined;
  return node.children?.find(({ children }) => children?.[0]?.value === name)?.children?.[1];
}

function cellImages(cell: JsonNode, source: JsonNode, context: FindContext): ImageReference[] {
  const { text, offsets } = joined(source, context.text);
  const outer = ({ start, end }: TextSpan): TextSpan => ({
    start: offsets[start] ?? 0,
    end:
      end === start
        ? (offsets[start] ?? 0)
        : (offsets[end - 1] ?? 0) + unitWidth(context.text, offsets[end - 1] ?? 0),
  });
  const inner: FindContext = { text, language: "markdown", components: context.components };
  return findMarkdownImages(inner).map((reference) => ({
    ...reference,
    language: "notebook",
    span: outer(reference.span),
    altSpan: reference.altSpan === null ? null : outer(reference.altSpan),
    target: { ...reference.target, ...attachmentOf(cell, reference.target.value) },
    embedded: { text, reference, offsets },
  }));
}

/** A picture that the cell holds itself. */
function attachmentOf(cell: JsonNode, address: string): { data?: string } {
  if (!address.startsWith("attachment:")) return {};
  const files = fieldOf(cell, "attachments");
  const name = address.slice("attachment:".length);
  const file = fieldOf(files, name) ?? fieldOf(files, decoded(name));
  const [entry] = file?.children ?? [];
  const [type, bytes] = entry?.children ?? [];
  const mime: unknown = type?.value;
  const base64: unknown = bytes?.value;
  if (typeof mime !== "string" || typeof base64 !== "string") return {};
  return { data: `data:${mime};base64,${base64.replace(/\s/g, "")}` };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A string, or a list of strings that are one text. */
function joined(source: JsonNode, text: string): { text: string; offsets: number[] } {
  const pieces = source.type === "array" ? (source.children ?? []) : [source];
  const parts: string[] = [];
  const offsets: number[] = [];
  let end = source.offset;
  for (const piece of pieces) {
    if (piece.type !== "string") continue;
    const stop = piece.offset + piece.length - 1;
    for (let at = piece.offset + 1; at < stop;) {
      const width = unitWidth(text, at);
      parts.push(unitAt(text, at, width));
      offsets.push(at);
      at += width;
    }
    end = stop;
  }
  offsets.push(end);
  return { text: parts.join(""), offsets };
}

/** How many units of the document a unit of the text takes. */
function unitWidth(text: string, at: number): number {
  if (text.charAt(at) !== "\\") return 1;
  return text.charAt(at + 1) === "u" ? 6 : 2;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

function unitAt(text: string, at: number, width: number): string {
  if (width === 1) return text.charAt(at);
  if (width === 6) return String.fromCharCode(parseInt(text.slice(at + 2, at + 6), 16));
  const mark = text.charAt(at + 1);
  return ESCAPES[mark] ?? mark;
}
