/** The folders of the window that are searched, and what the editor leaves out of them. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";

/** Folders of the window whose files a process of this machine can read. */
export function localFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
}

/** @throws AppError `document.missing` in a window that has no folder here. */
export function expectFolders(): void {
  if (localFolders().length > 0) return;
  const text = vscode.l10n.t("Pictures are found in folders on this machine. Open one.");
  throw new AppError("document.missing", text);
}

/** Where pictures are looked for, as the engine wants to know it. */
export function searchPlaces(): { folders: string[]; exclude: string[] } {
  return { folders: localFolders().map(({ uri }) => uri.fsPath), exclude: excludedPatterns() };
}

/** What the editor leaves out of the Explorer and of its own search. */
function excludedPatterns(): string[] {
  const patterns = new Set<string>();
  for (const { uri } of localFolders()) {
    for (const section of ["files", "search"]) {
      const configuration = vscode.workspace.getConfiguration(section, uri);
      const found = configuration.get<Record<string, unknown>>("exclude", {});
      // A condition such as "when there is a .ts beside it" is about no picture.
      for (const [pattern, isOn] of Object.entries(found)) if (isOn === true) patterns.add(pattern);
    }
  }
  return [...patterns];
}

/** The folder of a file, relative to the workspace, with the folder's name where there are several. */
export function folderText(file: string): string {
  const relative = vscode.workspace.asRelativePath(vscode.Uri.file(file));
  return relative.slice(0, Math.max(0, relative.lastIndexOf("/")));
}
