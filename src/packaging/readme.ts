/** Makes a README that stands alone: in a package without a repository, relative links lead nowhere. */

import { fromMarkdown } from "mdast-util-from-markdown";
import type { Nodes } from "mdast";

/** Gives the data URI of a picture of the project, by its path in the README. */
export type EmbedPicture = (path: string) => Promise<string>;

const RELATIVE_IN_HTML = /\b(src|href|srcset)\s*=(?!\s*["']?(https:|#))/i;

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Embeds the pictures with relative paths and turns links to other files of the project into plain
 * text.
 * @throws Error for a relative path in HTML, and whatever `embed` throws.
 */
export async function standaloneReadme(markdown: string, embed: EmbedPicture): Promise<string> {
  const changes: Change[] = [];
  const visit = async (node: Nodes): Promise<void> => {
    const start = node.position?.start.offset ?? 0;
    const end = node.position?.end.offset ?? 0;
    if (node.type === "image" && isRelative(node.url)) {
      const alt = markdown.slice(start + 2, markdown.lastIndexOf("](", end));
      changes.push({ start, end, text: `![${alt}](${await embed(node.url)})` });
    } else if (node.type === "html" && RELATIVE_IN_HTML.test(node.value)) {
      throw new Error(`README.md: write "${node.value}" as Markdown, so that it can be packed.`);
    } else if (node.type === "link" && isRelative(node.url) && node.children.length > 0) {
      const from = node.children[0]?.position?.start.offset ?? start;
      const to = node.children.at(-1)?.position?.end.offset ?? end;
      // Both ends of the brackets go; what is between stays, and may hold pictures.
      changes.push({ start, end: from, text: "" }, { start: to, end, text: "" });
    }
    for (const child of "children" in node ? node.children : []) await visit(child);
  };
  await visit(fromMarkdown(markdown));
  changes.sort((a, b) => b.start - a.start);
  return changes.reduce(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    markdown,
  );
}

/** Neither a URL nor a place on the same page. */
function isRelative(url: string): boolean {
  return !/^([a-z][a-z0-9+.-]*:|#)/i.test(url);
}
