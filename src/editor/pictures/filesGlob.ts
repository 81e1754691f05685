/** Patterns for files, as the editor's search takes them. */

import { TOOL_FOLDERS, VERSION_CONTROL_FOLDERS } from "../../alt/resolve/toolFolders";

/** What tools keep, which nobody asks about. */
export const IN_TOOL_FOLDERS = `**/{${[...TOOL_FOLDERS, ...VERSION_CONTROL_FOLDERS].join(",")}}/**`;

/**
 * All files with these extensions. Patterns mind the case on some systems, and cameras write `.JPG`.
 * @param extensions in small letters, without a dot.
 */
export function filesGlob(extensions: readonly string[]): string {
  return `**/*.{${extensions.map(anyCase).join(",")}}`;
}

/**
 * Those of them that somebody looks for: a slash parts folders from the name, a space parts words that
 * stand in this order, and the extension may be typed or begun.
 */
export function namedFilesGlob(typed: string, extensions: readonly string[]): string {
  const small = typed.trim().toLowerCase();
  const dot = small.lastIndexOf(".");
  const isExtension = dot >= 0 && extensions.some((one) => one.startsWith(small.slice(dot + 1)));
  const path = (isExtension ? small.slice(0, dot) : small).split(/[\\/]+/);
  const parts = path.map((part) => `*${part.trim().split(/\s+/).map(anyCase).join("*")}*`);
  return `**/${parts.join("/**/")}.{${extensions.map(anyCase).join(",")}}`;
}

/** What a pattern would read as its own stands for any character. */
function anyCase(text: string): string {
  return Array.from(text.toLowerCase(), (letter) => {
    const capital = letter.toUpperCase();
    if (!/[\p{L}\p{N} _.~-]/u.test(letter)) return "?";
    return capital === letter || capital.length !== letter.length
      ? letter
      : `[${letter}${capital}]`;
  }).join("");
}
