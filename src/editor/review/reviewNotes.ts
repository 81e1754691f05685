/** Puts what a person should know above a list of texts that are not written yet. */

import * as vscode from "vscode";
import type { WritingNote } from "./writingNotes";

/** A list of the editor that can say something above its rows; older editors have no place for it. */
type Promptable = vscode.QuickPick<vscode.QuickPickItem> & { prompt?: string | undefined };

interface NoteButton extends vscode.QuickInputButton {
  readonly command: string;
}

/**
 * Puts the notes above a list's rows, read together with its title.
 * @param onCommand is called before what a note's button does; the list closes, and nothing is written.
 */
export function showNotes(
  list: vscode.QuickPick<vscode.QuickPickItem>,
  notes: readonly WritingNote[],
  onCommand: () => void,
): void {
  const words = notes.map(({ text }) => text).join(" ");
  if (words === "") return;
  if ("prompt" in list) (list as Promptable).prompt = words;
  else list.title = `${list.title ?? ""} · ${words}`;
  const buttons = notes.flatMap(({ action }): NoteButton[] => {
    if (action === undefined) return [];
    const { icon, label: tooltip, command } = action;
    return [{ iconPath: new vscode.ThemeIcon(icon), tooltip, command }];
  });
  list.buttons = buttons;
  list.onDidTriggerButton((pressed) => {
    const button = buttons.find((candidate) => candidate === pressed);
    if (button === undefined) return;
    onCommand();
    void vscode.commands.executeCommand(button.command);
  });
}
