/** The menu behind the status bar item: the commands that matter, with how things stand. */

import * as vscode from "vscode";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import { modelTitle } from "../../host/models/modelTitle";
import { deviceReasonOf } from "./deviceReason";
import { endOthers } from "./memoryQuestion";
import { mayEnd, sentenceOf } from "./otherEngines";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

interface MenuItem extends vscode.QuickPickItem {
  readonly run?: () => PromiseLike<unknown>;
}

/** @param state how the engine is, in a sentence. */
export async function showMenu(services: Services, state: string): Promise<void> {
  const items = [...menuItems(services), ...(await otherWindows(services))];
  const chosen = await vscode.window.showQuickPick(items, {
    title: "Sightline",
    placeHolder: state,
    matchOnDescription: true,
  });
  await chosen?.run?.();
}

function menuItems(services: Services): MenuItem[] {
  const reason = deviceReasonOf(services.engine.status);
  return [
    commandItem("sightline.askAboutImage", "question", vscode.l10n.t("Ask about a picture…")),
    commandItem("sightline.openChat", "comment-discussion", vscode.l10n.t("Open the chat")),
    separator(),
    {
      ...commandItem("sightline.manageModels", "package", vscode.l10n.t("Manage models…")),
      description: modelTitle(services.settings.model),
    },
    {
      label: vscode.l10n.t("Device: {0}", deviceText(services)),
      ...(reason === undefined ? {} : { description: reason }),
      iconPath: new vscode.ThemeIcon("chip"),
      run: () =>
        vscode.commands.executeCommand("workbench.action.openSettings", "sightline.device"),
    },
    separator(),
    commandItem("sightline.showLog", "output", vscode.l10n.t("Show the log")),
    commandItem("sightline.showDiagnostics", "pulse", vscode.l10n.t("Show diagnostics")),
    commandItem("sightline.restartEngine", "refresh", vscode.l10n.t("Restart the engine")),
    commandItem("sightline.openWalkthrough", "book", vscode.l10n.t("Open the walkthrough")),
  ];
}

/** What others hold; a window's engine with a way to free it. */
async function otherWindows({ engine }: Services): Promise<readonly MenuItem[]> {
  const others = await engine.otherEngines();
  if (others.length === 0) return [];
  const { endEngine } = await import("../../roll/engineRoll");
  return [
    separator(),
    ...others.map((other): MenuItem => ({
      label: sentenceOf(other),
      iconPath: new vscode.ThemeIcon(mayEnd(other) ? "multiple-windows" : "terminal"),
      ...(mayEnd(other)
        ? {
            description: vscode.l10n.t("Free it"),
            run: () => endOthers([other], endEngine),
          }
        : {}),
    })),
  ];
}

/** The setting, and what "auto" has come to. */
function deviceText({ engine, settings }: Services): string {
  const { device } = engine.status;
  if (settings.device !== "auto") return DEVICE_NAMES[settings.device];
  return device === undefined
    ? vscode.l10n.t("automatic")
    : vscode.l10n.t("automatic, {0} at present", DEVICE_NAMES[device]);
}

function commandItem(command: CommandId, icon: string, label: string): MenuItem {
  return {
    label,
    iconPath: new vscode.ThemeIcon(icon),
    run: () => vscode.commands.executeCommand(command),
  };
}

function separator(): MenuItem {
  return { label: "", kind: vscode.QuickPickItemKind.Separator };
}
