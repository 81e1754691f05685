/** Where the extension begins: makes every part, hands it the others, and decides nothing itself. */

import * as vscode from "vscode";
import { createAgents } from "./agents/agents";
import { createAltFeatures } from "./offers/alt";
import type { Doubt } from "../model/ask/request";
import type { SightlineApi } from "./api/api";
import { createChat } from "./chat/chat";
import { createEngine, followSettings } from "./engine/engineSetup";
import { createLazyCommands } from "./lazyCommands";
import { lazyApi } from "./api/lazyApi";
import { type Log, openLog } from "./shell/log";
import { createMachineCommands } from "./machine/machineCommands";
import { createReview } from "./queue/review";
import { EditorNotices } from "./shell/notices";
import { EditorPictureReader } from "./pictures/pictureReader";
import type { CommandTable, Notices, Services } from "./shell/services";
import { EditorSettings } from "./shell/settings";
import { createStatusBar } from "./engine/statusBar";
import { followModelStep } from "./shell/steps";
import type { EngineSupervisor } from "../host/service/engineSupervisor";

/** Ended by `deactivate`, which the editor waits for, unlike for subscriptions. */
let running: EngineSupervisor | undefined;

/** Called by the editor once; reads no file, starts no process and waits for nothing. */
export function activate(context: vscode.ExtensionContext): SightlineApi {
  const log = openLog();
  const settings = new EditorSettings(log);
  const notices = new EditorNotices(log);
  const onDoubted = (doubts: readonly Doubt[]): void => {
    if (doubts.includes("outsideWorld")) void notices.guard(() => hint(context));
  };
  const { extensionPath: extensionFolder } = context;
  const setup = { extensionFolder, context, settings, log, notices, onDoubted };
  const engine = createEngine(setup);
  running = engine;
  const pictures = new EditorPictureReader();
  const services: Services = { context, engine, settings, log, notices, pictures };
  const chat = createChat(services);
  const features = [
    chat,
    createAltFeatures(services),
    createStatusBar(services),
    createMachineCommands(services),
    createAgents(services),
    createReview(services),
    ...createLazyCommands(services),
  ];
  const tables = [...features.map(({ commands }) => commands), ownCommands(context, log)];
  context.subscriptions.push(
    ...tables.flatMap((table) => registerCommands(table, notices)),
    ...features,
    followSettings(engine, setup),
    followModelStep(engine),
    settings,
    // Ended in this order, so that whatever ends can still say so.
    log,
  );
  return lazyApi(services);
}

/** Called by the editor before it closes or the extension is switched off. */
export async function deactivate(): Promise<void> {
  await running?.dispose();
  running = undefined;
}

async function hint({ globalState }: vscode.ExtensionContext): Promise<void> {
  const { hintAtModels } = await import("./shell/lazyParts");
  await hintAtModels(globalState);
}

function ownCommands(context: vscode.ExtensionContext, log: Log): CommandTable {
  return {
    "sightline.showLog": () => {
      log.show();
    },
    "sightline.openWalkthrough": async () => {
      const walkthrough = `${context.extension.id}#start`;
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false);
    },
  };
}

/** A command that fails says why; nothing that it throws is lost. */
function registerCommands(table: CommandTable, notices: Notices): vscode.Disposable[] {
  return Object.entries(table).map(([id, handler]) =>
    vscode.commands.registerCommand(id, (...args: readonly unknown[]) =>
      notices.guard(async () => await handler(...args)),
    ),
  );
}
