/** Asks what to do when a model needs more memory than is free. */

import * as vscode from "vscode";
import type { MemoryAnswer, MemoryQuestion } from "../host/memoryGate";
import { modelTitle } from "../host/modelTitle";
import { sizeText } from "./numbers";

/** Shows the question and waits for the answer; closing it is a cancel. */
export async function askAboutMemory(question: MemoryQuestion): Promise<MemoryAnswer> {
  const { smaller } = question;
  const other =
    smaller === undefined
      ? vscode.l10n.t("Get a Smaller One")
      : vscode.l10n.t("Use {0}", smaller.name);
  const load = vscode.l10n.t("Load Anyway");
  const chosen = await vscode.window.showWarningMessage(
    headlineOf(question),
    { modal: true, detail: detailOf(question) },
    other,
    load,
  );
  if (chosen === load) return "loadAnyway";
  if (chosen !== other) return "cancel";
  return smaller === undefined ? "getSmaller" : "smaller";
}

function headlineOf({ model, isOnAdapter, ...sizes }: MemoryQuestion): string {
  const name = modelTitle(model);
  const needed = sizeText(sizes.neededBytes);
  const free = sizeText(sizes.availableBytes);
  return isOnAdapter === true
    ? vscode.l10n.t(
        "{0} needs about {1} of the graphics adapter's memory, and {2} are free.",
        ...[name, needed, free],
      )
    : vscode.l10n.t("{0} needs about {1} of memory, and {2} are free.", name, needed, free);
}

function detailOf({ smaller, isOnAdapter }: MemoryQuestion): string {
  const risk =
    isOnAdapter === true
      ? vscode.l10n.t("Loaded all the same, it may fail or be slow.")
      : vscode.l10n.t(
          "Loaded all the same, it may slow this machine down or be ended by the system.",
        );
  if (smaller === undefined) return risk;
  const size = sizeText(smaller.neededBytes);
  return `${vscode.l10n.t("{0} was made from the same checkpoint and needs about {1}.", smaller.name, size)} ${risk}`;
}
