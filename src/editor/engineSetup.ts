/** The engine with the editor's settings: which model, where models are kept, when to start anew. */

import path from "node:path";
import type * as vscode from "vscode";
import type { Logger } from "../base/logger";
import { systemClock } from "../host/clock";
import { forkEngine } from "../host/engineProcess";
import { EngineService } from "../host/engineService";
import { missingRuntime } from "../host/runtimeCheck";
import type { Settings } from "./settings";

export interface EngineSetup {
  /** The folder of the installed extension. */
  readonly extensionFolder: string;
  readonly settings: Settings;
  readonly log: Logger;
}

/** Starts no process; the first question does. */
export function createEngine({ extensionFolder, settings, log }: EngineSetup): EngineService {
  return new EngineService({
    chosen: () => ({ model: settings.model, device: settings.device }),
    startProcess: (kind) =>
      forkEngine({
        label: kind,
        childFile: path.join(extensionFolder, "dist", "child.js"),
        env: storeOf(settings),
        logger: log,
        clock: systemClock,
      }),
    idleMs: () => settings.idleMinutes * 60_000,
    logger: log,
    unsupportedPlatform: missingRuntime(extensionFolder),
  });
}

/** Lets the engine follow the settings until it is disposed of. */
export function followSettings(
  engine: Pick<EngineService, "choiceChanged" | "restart">,
  { settings, log }: Pick<EngineSetup, "settings" | "log">,
): vscode.Disposable {
  let known = settings.storageFolder;
  return settings.onDidChange(() => {
    const before = known;
    known = settings.storageFolder;
    engine.choiceChanged();
    if (known === before) return;
    // A child knows its folder from its start.
    log.info("The engine is ended because its folder changed; the next question starts it.");
    engine.restart().catch((thrown: unknown) => {
      log.error(`The engine could not be ended: ${String(thrown)}`);
    });
  });
}

function storeOf({ storageFolder }: Settings): Readonly<Record<string, string>> {
  return storageFolder === undefined ? {} : { SIGHTLINE_HOME: storageFolder };
}
