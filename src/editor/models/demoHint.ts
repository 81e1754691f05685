/** Tells whoever shows the demo a picture of another world, once for good, what one choice would get. */

import * as vscode from "vscode";
import type { CommandId } from "../shell/commandIds";
import { getModelLabel } from "./modelLimits";

/** Set when it was shown. */
const KEY = "sightline.hasHintedAtModels";

/** Shows the hint unless it was shown before; settles when the user has closed it. */
export async function hintAtModels(memento: vscode.Memento): Promise<void> {
  if (memento.get(KEY) === true) return;
  await memento.update(KEY, true);
  const text = vscode.l10n.t(
    "The demo model knows coloured shapes only. One choice gets two small models for photographs: one answers questions, the other writes alternative texts.",
  );
  const getModel = getModelLabel();
  const command: CommandId = "sightline.manageModels";
  if ((await vscode.window.showInformationMessage(text, getModel)) === getModel) {
    await vscode.commands.executeCommand(command);
  }
}
