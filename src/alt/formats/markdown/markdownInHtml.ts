/**
 * Tags of HTML in whose element Markdown goes on: `<figure markdown>` of Python-Markdown's md_in_html and
 * of Material for MkDocs. To CommonMark what follows such a tag is HTML up to the next empty line.
 */

import type { TextSpan } from "../../imageReference";

const OPENING =
  /^[ \t]{0,3}<[a-z][\w-]{0,30}(?=[\s>])[^<>\n]{0,400}?\smarkdown(?:=(?:"[^"\n]*"|'[^'\n]*'|\w+))?(?=[\s>])[^<>\n]{0,400}>/gm;

export interface OpenedMarkdown {
  /** As long as the document, with nothing to be read in place of such tags. */
  readonly text: string;
  readonly tags: readonly TextSpan[];
}

export function openMarkdown(text: string): OpenedMarkdown {
  if (!/<\w[^<>\n]*\smarkdown\b/.test(text)) return { text, tags: [] };
  const tags: TextSpan[] = [];
  const opened = text.replace(OPENING, (line: string, at: number) => {
    const start = at + line.indexOf("<");
    const end = at + line.length;
    tags.push({ start, end });
    const isAlone = /^[ \t]*(?:\r?\n|$)/.test(text.slice(end, end + 200));
    // Spaces before a picture on the same line would be the indent of code.
    return line.slice(0, start - at) + (isAlone ? " " : "x").repeat(end - start);
  });
  return { text: opened, tags };
}
