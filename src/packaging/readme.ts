/** The page that the editor shows of the installed extension: what may be in it. */

import { fromMarkdown } from "mdast-util-from-markdown";
import type { Nodes } from "mdast";

/** Written for people who have the extension; README.md is for those who have the project. */
export const USER_README = "media/README-extension.md";

/**
 * The page as it is packed.
 * @throws Error for a picture, a link to a file, or HTML: of an installed extension the editor shows
 * pictures from the web alone, and a relative address leads nowhere.
 */
export function userReadme(markdown: string): string {
  const visit = (node: Nodes): void => {
    const isPicture = node.type === "image" || node.type === "imageReference";
    const isLost = "url" in node && !/^(https:|#)/i.test(node.url);
    if (isPicture || isLost || node.type === "html") {
      const { start, end } = node.position ?? {};
      const source = markdown.slice(start?.offset, end?.offset);
      throw new Error(`${USER_README}: the editor cannot show "${source}" there. Take it out.`);
    }
    for (const child of "children" in node ? node.children : []) visit(child);
  };
  visit(fromMarkdown(markdown));
  return markdown;
}
