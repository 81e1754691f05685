/** What a model does not know, in the editor's languages; whoever shows or writes its words says so first. */

import * as vscode from "vscode";
import { worldOf } from "../base/world";
import type { Engine, EngineStatus } from "../host/engine";
import type { CommandId, Notice, Services } from "./services";

/** The sentence and the button; undefined for a model that knows photographs. */
export function modelLimits(status: Pick<EngineStatus, "model" | "world">): Notice | undefined {
  if (worldOf(status) === "everyday") return undefined;
  // The same words as in base/world.ts, here for the translators.
  const text = vscode.l10n.t("Demo model: knows coloured shapes only.");
  return { text, actions: [{ id: "getModel", label: getModelLabel() }] };
}

/** Engines whose limits were told; an engine lives as long as its window. */
const told = new WeakSet<Engine>();

/** Says once in a window that a text which is about to be used comes from a model with limits. */
export function tellLimitsOnce({ engine }: Pick<Services, "engine">): void {
  const limits = modelLimits(engine.status);
  if (limits === undefined || told.has(engine)) return;
  told.add(engine);
  const advice = vscode.l10n.t("Read what it wrote before you keep it.");
  void offerModel(`${limits.text} ${advice}`);
}

async function offerModel(text: string): Promise<void> {
  const label = getModelLabel();
  const chosen = await vscode.window.showWarningMessage(text, label);
  if (chosen !== label) return;
  await vscode.commands.executeCommand("sightline.manageModels" satisfies CommandId);
}

/** Of the button that opens the list of models. */
export function getModelLabel(): string {
  return vscode.l10n.t("Get a Model for Photographs");
}
