/** Asks what to do when a model needs more memory than is free. */

import * as vscode from "vscode";
import type { MemoryAnswer, MemoryQuestion } from "../../host/service/memoryGate";
import { modelTitle } from "../../host/models/modelTitle";
import type { OtherEngine } from "../../roll/engineRoll";
import { mayEnd, sentenceOf } from "./otherEngines";
import { sizeText } from "../shell/numbers";

/** Shows the question and waits for the answer; closing it is a cancel. */
export async function askAboutMemory(question: MemoryQuestion): Promise<MemoryAnswer> {
  const { smaller } = question;
  const other =
    smaller === undefined
      ? vscode.l10n.t("Get a Smaller One")
      : vscode.l10n.t("Use {0}", smaller.name);
  const load = vscode.l10n.t("Load Anyway");
  const free = vscode.l10n.t("Free Other Windows' Memory");
  const chosen = await vscode.window.showWarningMessage(
    headlineOf(question),
    { modal: true, detail: detailOf(question) },
    ...(question.others.some(mayEnd) ? [free] : []),
    other,
    load,
  );
  if (chosen === load) return "loadAnyway";
  if (chosen === free) return "endOthers";
  if (chosen !== other) return "cancel";
  return smaller === undefined ? "getSmaller" : "smaller";
}

/** Says that the memory is taken more than once, and offers to free what others hold. */
export async function reportOthers(
  others: readonly OtherEngine[],
  end: (other: OtherEngine) => Promise<boolean>,
): Promise<void> {
  const free = vscode.l10n.t("Free It");
  const text = others.map(sentenceOf).join(" ");
  const ended = others.filter(mayEnd);
  const buttons = ended.length > 0 ? [free] : [];
  if ((await vscode.window.showInformationMessage(text, ...buttons)) === free) {
    await endOthers(ended, end);
  }
}

/** Ends engines of other windows, and says how that went. */
export async function endOthers(
  others: readonly OtherEngine[],
  end: (other: OtherEngine) => Promise<boolean>,
): Promise<void> {
  const outcomes = await Promise.all(others.map(end));
  const text = outcomes.every((isEnded) => isEnded)
    ? vscode.l10n.t(
        "The memory is free. The other window loads its model again with its next question.",
      )
    : vscode.l10n.t("Another window's engine is at work. Try again when it has answered.");
  void vscode.window.showInformationMessage(text);
}

function headlineOf({ model, isOnAdapter, ...sizes }: MemoryQuestion): string {
  const name = modelTitle(model);
  const needed = sizeText(sizes.neededBytes);
  const free = sizeText(sizes.availableBytes);
  return isOnAdapter === true
    ? vscode.l10n.t(
        "{0} needs about {1} of the graphics adapter's memory, and {2} are free.",
        name,
        needed,
        free,
      )
    : vscode.l10n.t("{0} needs about {1} of memory, and {2} are free.", name, needed, free);
}

function detailOf({ others, ...question }: MemoryQuestion): string {
  return [...others.map(sentenceOf), adviceOf(question)].join(" ");
}

function adviceOf({ smaller, isOnAdapter }: Omit<MemoryQuestion, "others">): string {
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
