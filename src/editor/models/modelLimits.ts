/** What a model does not know, in the editor's languages; whoever shows or writes its words says so first. */

import * as vscode from "vscode";
import { worldOf } from "../../model/folder/world";
import type { EngineStatus } from "../../host/service/engine";
import type { Notice } from "../shell/services";

/** The sentence and the button; undefined for a model that knows photographs. */
export function modelLimits(status: Pick<EngineStatus, "model" | "world">): Notice | undefined {
  const world = worldOf(status);
  if (world === "everyday") return undefined;
  // The same words as in model/folder/world.ts, here for the translators.
  const text =
    world === "shapes"
      ? vscode.l10n.t("Demo model: knows coloured shapes only.")
      : vscode.l10n.t("Demo model: knows emoji and coloured shapes only.");
  return { text, actions: [{ id: "getModel", label: getModelLabel() }] };
}

/** Of the button that opens the list of models. */
export function getModelLabel(): string {
  return vscode.l10n.t("Get a Model for Photographs");
}
