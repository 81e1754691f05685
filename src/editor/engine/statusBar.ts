/** The item in the status bar: how the engine is, and a way to everything else. */

import * as vscode from "vscode";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import type { EngineStatus } from "../../host/service/engine";
import { modelTitle } from "../../host/models/modelTitle";
import type { OtherEngine } from "../../roll/engineRoll";
import type { deviceReasonOf } from "./deviceReason";
import { sentenceOf } from "./otherEngines";
import { progressMessage, shareText, sizeText } from "../shell/numbers";
import type { CommandId } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

/** Low, so that the item stands left of the editor's own, which matter more often. */
const PRIORITY = 0;
const MENU: CommandId = "sightline.showMenu";

/** Shows the item; it follows the engine until it is disposed of. */
export function createStatusBar(services: Services): Feature {
  const { engine, notices } = services;
  const item = vscode.window.createStatusBarItem(
    "sightline.status",
    vscode.StatusBarAlignment.Right,
    PRIORITY,
  );
  item.name = "Sightline";
  item.command = MENU;
  /** As they were when this was last looked at. */
  let others: readonly OtherEngine[] = [];
  let reasonOf: typeof deviceReasonOf | undefined;
  const draw = (status: EngineStatus): void => {
    if (status.device !== undefined && reasonOf === undefined) void readReasons();
    const failure = status.error === undefined ? undefined : notices.describe(status.error).text;
    const state = failure ?? stateText(status);
    const { server } = status;
    const where = server === undefined ? "" : ` $(server) ${server}`;
    item.text = `$(${ICONS[status.kind]}) Sightline${percentOf(status)}${where}`;
    item.tooltip = tooltipOf(status, [state, ...othersText(others)], reasonOf?.(status));
    const label = `Sightline: ${server === undefined ? "" : `${server}. `}${state}`;
    item.accessibilityInformation = { label, role: "button" };
    item.backgroundColor =
      status.kind === "failed" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  };
  /** There is one only once a model is loaded. */
  const readReasons = async (): Promise<void> => {
    ({ deviceReasonOf: reasonOf } = await import("../shell/lazyParts"));
    if (!isDisposed) draw(engine.status);
  };
  let isDisposed = false;
  draw(engine.status);
  item.show();
  /** Nobody tells of others, so they are looked at when somebody may be about to read of them. */
  const lookAround = async (): Promise<void> => {
    others = await engine.otherEngines().catch(() => []);
    if (!isDisposed) draw(engine.status);
  };
  let hold = HOLDS[engine.status.kind];
  const stopFollowing = engine.onStatusChanged((status) => {
    draw(status);
    const before = hold;
    hold = HOLDS[status.kind];
    // The end of a load may have ended other engines; while somebody else has the focus, nobody reads.
    if (hold !== before && hold !== "loading" && vscode.window.state.focused) void lookAround();
  });
  const focusing = vscode.window.onDidChangeWindowState(({ focused }) => {
    if (focused) void lookAround();
  });
  return {
    commands: {
      [MENU]: async () => {
        const { showMenu } = await import("../shell/lazyParts");
        await showMenu(services, stateText(engine.status));
      },
    },
    dispose: () => {
      isDisposed = true;
      stopFollowing();
      focusing.dispose();
      item.dispose();
    },
  };
}

const ICONS: Readonly<Record<EngineStatus["kind"], string>> = {
  off: "eye",
  starting: "loading~spin",
  loading: "loading~spin",
  ready: "eye",
  busy: "loading~spin",
  failed: "error",
  unsupported: "circle-slash",
};

/** What the engine has of the machine's memory, which others may have had to make free. */
const HOLDS: Readonly<Record<EngineStatus["kind"], "nothing" | "loading" | "model">> = {
  off: "nothing",
  starting: "loading",
  loading: "loading",
  ready: "model",
  busy: "model",
  failed: "nothing",
  unsupported: "nothing",
};

/** How far a load is, where that is known. */
function percentOf({ kind, progress }: EngineStatus): string {
  return kind === "loading" && progress !== undefined ? ` ${shareText(progress)}` : "";
}

/** Without the reason of a failure. */
function stateText(status: EngineStatus): string {
  switch (status.kind) {
    case "off":
      return vscode.l10n.t("The engine starts with the first question.");
    case "starting":
      return vscode.l10n.t("The engine is starting.");
    case "loading": {
      const { progress } = status;
      return progress === undefined
        ? vscode.l10n.t("The model is being loaded.")
        : progress.step === "load"
          ? vscode.l10n.t("The model is being loaded: {0}.", progressMessage(progress))
          : vscode.l10n.t("The model is being prepared: {0}.", progressMessage(progress));
    }
    case "ready":
      return vscode.l10n.t("Ready.");
    case "busy":
      return busyText(status);
    case "failed":
      return vscode.l10n.t("The engine failed; the next question tries again.");
    case "unsupported":
      return vscode.l10n.t("Sightline has no engine for this platform.");
  }
}

function busyText({ step }: EngineStatus): string {
  if (step === undefined) return vscode.l10n.t("Answering.");
  return step === "look"
    ? vscode.l10n.t("Looking at the picture.")
    : vscode.l10n.t("Writing the answer.");
}

/** One is named, several are counted. */
function othersText(others: readonly OtherEngine[]): readonly string[] {
  const [only, ...more] = others;
  if (only === undefined) return [];
  if (more.length === 0) return [sentenceOf(only)];
  const bytes = others.reduce((sum, other) => sum + other.bytes, 0);
  const values = [others.length, sizeText(bytes)];
  return [vscode.l10n.t("{0} engines of other windows and commands hold {1}.", ...values)];
}

/** @param sentences on how things stand. */
function tooltipOf(
  status: EngineStatus,
  sentences: readonly string[],
  reason: string | undefined,
): vscode.MarkdownString {
  const { model, member, precision, device, rssBytes } = status;
  const title = modelTitle(model);
  const name = member === undefined ? title : `${title} (${member})`;
  const lines = [...sentences, vscode.l10n.t("Model: {0}", name)];
  if (precision !== undefined) lines.push(vscode.l10n.t("Precision: {0}", precision));
  if (device !== undefined && status.server === undefined) {
    lines.push(vscode.l10n.t("Device: {0}", DEVICE_NAMES[device]));
  }
  if (reason !== undefined) lines.push(reason);
  if (rssBytes !== undefined) lines.push(vscode.l10n.t("Memory: {0}", sizeText(rssBytes)));
  const tooltip = new vscode.MarkdownString("**Sightline**");
  // Names and messages may contain what Markdown would read as its own.
  for (const line of lines) tooltip.appendMarkdown("\n\n").appendText(line);
  return tooltip;
}
