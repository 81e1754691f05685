/** Patterns for files, as the editor's search takes them. */

import { TOOL_FOLDERS, VERSION_CONTROL_FOLDERS } from "../alt/toolFolders";

/** What tools keep, which nobody asks about. */
export const IN_TOOL_FOLDERS = `**/{${[...TOOL_FOLDERS, ...VERSION_CONTROL_FOLDERS].join(",")}}/**`;

/**
 * All files with these extensions. Patterns mind the case on some systems, and cameras write `.JPG`.
 * @param extensions in small letters, without a dot.
 */
export function filesGlob(extensions: readonly string[]): string {
  const anyCase = (extension: string): string =>
    extension.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  return `**/*.{${extensions.map(anyCase).join(",")}}`;
}
