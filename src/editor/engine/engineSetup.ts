/** The engine with the editor's settings: which model, where models are kept, when to start anew. */

import path from "node:path";
import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import { optional } from "../../base/optional";
import { showCpuFallback } from "./deviceNotice";
import { lazy } from "../shell/lazyFeature";
import { askAboutMemory, reportOthers } from "./memoryQuestion";
import type { CommandId } from "../shell/commandIds";
import type { Notices } from "../shell/services";
import type { Settings } from "../shell/settings";
import { systemClock } from "../../host/process/clock";
import type { EngineStatus } from "../../host/service/engine";
import { forkEngine } from "../../host/process/engineProcess";
import {
  EngineSupervisor,
  type EngineSupervisorOptions,
} from "../../host/service/engineSupervisor";
import { inspectorOptions } from "../../host/process/inspector";
import { MemoryGate } from "../../host/service/memoryGate";
import { remedy } from "../../host/notices/noticeTable";
import { missingRuntime } from "../../host/process/runtimeCheck";
import type { EngineEntry, OtherEngine } from "../../roll/engineRoll";

export interface EngineSetup {
  /** The folder of the installed extension. */
  readonly extensionFolder: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Pick<Notices, "run">;
  /** Told of answers that may mean nothing. @default nobody is */
  readonly onDoubted?: EngineSupervisorOptions["onDoubted"];
}

/** Starts no process; the first question does. */
export function createEngine(setup: EngineSetup): EngineSupervisor {
  const { extensionFolder, settings, log, notices, onDoubted } = setup;
  const missing = missingRuntime(extensionFolder);
  // Before the first process, and not at the start.
  const roll = lazy(async () => {
    const { EngineRoll } = await import("../../roll/engineRoll");
    return new EngineRoll({
      describe: () => entryOf(engine.status, memory.plannedBytes),
      release: () => engine.releaseIdle(),
    });
  });
  const join = async (): Promise<void> => {
    try {
      await (await roll()).join();
    } catch (thrown) {
      log.warn(`Other windows are not told of this engine: ${String(thrown)}`);
    }
  };
  const otherEngines = async (): Promise<readonly OtherEngine[]> => await (await roll()).others();
  const memory: MemoryGate = new MemoryGate({
    ask: askAboutMemory,
    choose: async (model) => {
      await settings.setModel(model);
    },
    getSmaller: () => {
      void vscode.commands.executeCommand("sightline.manageModels" satisfies CommandId, "small");
    },
    otherEngines,
    endOther,
    reportOthers: (others) => {
      void reportOthers(others, endOther);
    },
    logger: log,
  });
  const engine: EngineSupervisor = new EngineSupervisor({
    chosen: () => ({ model: settings.model, device: settings.device }),
    startProcess: (kind) => {
      // Whatever model it will hold, the demo too: nobody deletes what an engine reads.
      if (kind === "answers") void join();
      return forkEngine({
        label: kind,
        childFile: path.join(extensionFolder, "dist", "child.js"),
        env: environmentOf(settings),
        execArgv: inspectorOptions(kind, process.env),
        logger: log,
        clock: systemClock,
      });
    },
    memory,
    otherEngines,
    idleMs: () => settings.idleMinutes * 60_000,
    onDeviceOverruled: (device) => {
      void showCpuFallback(device, notices);
    },
    ...optional({ onDoubted }),
    logger: log,
    unsupported: missing === undefined ? undefined : unsupportedError(missing),
  });
  return engine;
}

/** What other windows are told of this one's engine; nothing while it holds no model. */
export function entryOf(
  { kind, model, rssBytes }: EngineStatus,
  plannedBytes: number,
): Omit<EngineEntry, "pid"> | undefined {
  switch (kind) {
    case "starting":
    case "loading":
      return { holder: "window", model, state: "loading", bytes: plannedBytes };
    case "ready":
    case "busy":
      return { holder: "window", model, state: kind, bytes: rssBytes ?? plannedBytes };
    case "off":
    case "failed":
    case "unsupported":
      return undefined;
  }
}

async function endOther(other: OtherEngine): Promise<boolean> {
  const { endEngine } = await import("../../roll/engineRoll");
  return await endEngine(other);
}

/** What the package for other platforms says instead of answering. */
export function unsupportedError(platform: string): AppError {
  const text = vscode.l10n.t(
    "This version of Sightline has no engine for {0}. Install the version for your platform; there is one for Linux and Windows (x64 and arm64) and for macOS on Apple silicon.",
    platform,
  );
  return new AppError("device.unavailable", text, { detail: { platform, ...remedy("package") } });
}

/** Lets the engine follow the settings until it is disposed of. */
export function followSettings(
  engine: Pick<EngineSupervisor, "choiceChanged" | "restart">,
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
    ...optional({ SIGHTLINE_HOME: storageFolder, SIGHTLINE_CUDA_LIBRARIES: cudaLibraryFolder }),
  };
}
