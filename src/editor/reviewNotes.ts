/** What a person should know before texts are written, said once above the texts that are looked at. */

import * as vscode from "vscode";
import type { Draft } from "./altReview";
import { getModelLabel, modelLimits } from "./modelLimits";
import type { Services } from "./services";

/** One sentence above the texts, and what can be done about it. */
export interface ReviewNote {
  readonly text: string;
  readonly button?: {
    readonly icon: string;
    readonly tooltip: string;
    /** The list closes first, and nothing is written. */
    readonly command: readonly [command: string, ...args: unknown[]];
  };
}

/** Says something about the texts, or nothing. */
type NoteSource = (services: Services, drafts: readonly Draft[]) => ReviewNote | undefined;

/** What the model that wrote them does not know, and where there are others. */
const limits: NoteSource = ({ engine }) => {
  const known = modelLimits(engine.status);
  if (known === undefined) return undefined;
  const tooltip = getModelLabel();
  const button = { icon: "package", tooltip, command: ["sightline.manageModels"] } as const;
  return { text: known.text, button };
};

/** In the order in which they are read. */
const SOURCES: readonly NoteSource[] = [limits];

/** Everything that is to be said about these texts. */
export function reviewNotes(services: Services, drafts: readonly Draft[]): readonly ReviewNote[] {
  return SOURCES.flatMap((source) => source(services, drafts) ?? []);
}

/** A list of the editor that can say something above its rows; older editors have no place for it. */
type Promptable = vscode.QuickPick<vscode.QuickPickItem> & { prompt?: string | undefined };

interface NoteButton extends vscode.QuickInputButton {
  readonly command: readonly [command: string, ...args: unknown[]];
}

/**
 * Puts the notes above a list's rows, read together with its title.
 * @param onCommand is called before what a note's button does.
 */
export function showNotes(
  list: vscode.QuickPick<vscode.QuickPickItem>,
  notes: readonly ReviewNote[],
  onCommand: () => void,
): void {
  const words = notes.map(({ text }) => text).join(" ");
  if (words === "") return;
  if ("prompt" in list) (list as Promptable).prompt = words;
  else list.title = `${list.title ?? ""} · ${words}`;
  const buttons = notes.flatMap(({ button }): NoteButton[] =>
    button === undefined
      ? []
      : [
          {
            iconPath: new vscode.ThemeIcon(button.icon),
            tooltip: button.tooltip,
            command: button.command,
          },
        ],
  );
  list.buttons = buttons;
  list.onDidTriggerButton((pressed) => {
    const button = buttons.find((candidate) => candidate === pressed);
    if (button === undefined) return;
    onCommand();
    void vscode.commands.executeCommand(...button.command);
  });
}
