/** Which pictures are looked at first: those that somebody has to do with right now. */

import * as path from "node:path";
import * as vscode from "vscode";
import { isPictureName, PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";

/** Longer documents are not looked through for names. */
const MAX_CHARACTERS = 1_000_000;
const NAME = new RegExp(
  `[^\\s/\\\\"'()<>[\\]{}=|]+\\.(?:${PICTURE_EXTENSIONS.join("|")})\\b`,
  "gi",
);

/**
 * Pictures that are open come first, then those that an open document names, then those in the folder of
 * something open or below it. Within each the order stays.
 */
export function openFirst(files: readonly string[]): readonly string[] {
  const open = openFiles();
  const pictures = new Set(open.filter(isPictureName));
  const folders = [...new Set(open.map((file) => path.dirname(file) + path.sep))];
  const named = namesInDocuments();
  const rankOf = (file: string): number => {
    if (pictures.has(file)) return 0;
    if (named.has(path.basename(file))) return 1;
    return folders.some((folder) => file.startsWith(folder)) ? 2 : 3;
  };
  const ranked = files.map((file) => ({ file, rank: rankOf(file) }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ file }) => file);
}

/** Names that could be pictures' in what the editor has open. */
function namesInDocuments(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const document of vscode.workspace.textDocuments) {
    const text = document.getText();
    if (text.length > MAX_CHARACTERS) continue;
    for (const [name] of text.matchAll(NAME)) {
      names.add(name);
      // An address has blanks and letters of many languages as bytes.
      if (name.includes("%")) names.add(decoded(name));
    }
  }
  return names;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Paths of what has a tab. */
function openFiles(): readonly string[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.flatMap(({ input }) => {
      const uri: unknown = (input as { readonly uri?: unknown } | undefined)?.uri;
      return uri instanceof vscode.Uri && uri.scheme === "file" ? [uri.fsPath] : [];
    }),
  );
}
