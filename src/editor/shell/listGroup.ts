/** Lines of a list under a heading. */

import * as vscode from "vscode";

/** The lines with a heading before them; nothing where there are none. */
export function group<Item extends vscode.QuickPickItem>(
  label: string,
  items: readonly Item[],
): (Item | vscode.QuickPickItem)[] {
  if (items.length === 0) return [];
  return [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}
