/** What is said of engines of other windows and of commands. */

import * as vscode from "vscode";
import { modelTitle } from "../../host/models/modelTitle";
import type { OtherEngine } from "../../roll/engineRoll";
import { sizeText } from "../shell/numbers";

/** A command goes on to its end. */
export function mayEnd({ holder }: OtherEngine): boolean {
  return holder === "window";
}

/** One sentence about an engine of another window, or of a command. */
export function sentenceOf({ holder, bytes, model, state }: OtherEngine): string {
  const values = [sizeText(bytes), modelTitle(model)];
  if (holder === "command") {
    return vscode.l10n.t("A command in a terminal holds {0} ({1}) until it ends.", ...values);
  }
  return state === "busy"
    ? vscode.l10n.t("Another window's engine holds {0} ({1}) and is answering.", ...values)
    : vscode.l10n.t("Another window's engine holds {0} ({1}).", ...values);
}
