/** The engine with the editor's settings: which model, where models are kept, when to start anew. */

import path from "node:path";
import * as vscode from "vscode";
import type { Logger } from "../base/logger";
import { systemClock } from "../host/clock";
import { forkEngine } from "../host/engineProcess";
import { EngineService } from "../host/engineService";
import { MemoryGate } from "../host/memoryGate";
import { missingRuntime } from "../host/runtimeCheck";
import { showOverruledDevice } from "./deviceNotice";
import { askAboutMemory } from "./memoryQuestion";
import type { CommandId, Notices } from "./services";
import type { Settings } from "./settings";

export interface EngineSetup {
  /** The folder of the installed extension. */
  readonly extensionFolder: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Pick<Notices, "run">;
}

/** Starts no process; the first question does. */
export function createEngine(setup: EngineSetup): EngineService {
  const { extensionFolder, settings, log, notices } = setup;
  return new EngineService({
    chosen: () => ({ model: settings.model, device: settings.device }),
    startProcess: (kind) =>
      forkEngine({
        label: kind,
        childFile: path.join(extensionFolder, "dist", "child.js"),
        env: environmentOf(settings),
        logger: log,
        clock: systemClock,
      }),
    memory: new MemoryGate({
      ask: askAboutMemory,
      choose: async (model) => {
        await settings.setModel(model);
      },
      getSmaller: () => {
        void vscode.commands.executeCommand("sightline.manageModels" satisfies CommandId, "small");
      },
      logger: log,
    }),
    idleMs: () => settings.idleMinutes * 60_000,
    onDeviceOverruled: (device) => {
      void showOverruledDevice(device, notices);
    },
    logger: log,
    unsupportedPlatform: missingRuntime(extensionFolder),
  });
}

/** Lets the engine follow the settings until it is disposed of. */
export function followSettings(
  engine: Pick<EngineService, "choiceChanged" | "restart">,
  { settings, log }: Pick<EngineSetup, "settings" | "log">,
): vscode.Disposable {
  let known = JSON.stringify(environmentOf(settings));
  return settings.onDidChange(() => {
    const before = known;
    known = JSON.stringify(environmentOf(settings));
    engine.choiceChanged();
    if (known === before) return;
    // A child knows its folders from its start.
    log.info("The engine is ended because its folders changed; the next question starts it.");
    engine.restart().catch((thrown: unknown) => {
      log.error(`The engine could not be ended: ${String(thrown)}`);
    });
  });
}

/** What a child's environment says of folders. */
export function environmentOf({
  storageFolder,
  cudaLibraryFolder,
}: Pick<Settings, "storageFolder" | "cudaLibraryFolder">): Readonly<Record<string, string>> {
  return {
    ...(storageFolder === undefined ? {} : { SIGHTLINE_HOME: storageFolder }),
    ...(cudaLibraryFolder === undefined ? {} : { SIGHTLINE_CUDA_LIBRARIES: cudaLibraryFolder }),
  };
}
