/** The engine with the editor's settings: which model, where models are kept, when to start anew. */

import path from "node:path";
import * as vscode from "vscode";
import type { Logger } from "../../base/logger";
import { optional } from "../../base/optional";
import { environmentFor, environmentOf } from "./childEnvironment";
import { lazy } from "../shell/lazyFeature";
import { unsupportedError } from "./unsupportedPlatform";
import type { CommandId } from "../shell/commandIds";
import type { Notices } from "../shell/services";
import type { Settings } from "../shell/settings";
import { systemClock } from "../../host/process/clock";
import { forkEngine } from "../../host/process/engineProcess";
import type { EngineSupervisorOptions } from "../../host/service/engineOptions";
import { EngineSupervisor } from "../../host/service/engineSupervisor";
import type { RemoteWay } from "../../host/service/remoteWay";
import { inspectorOptions } from "../../host/process/inspector";
import { MemoryGate } from "../../host/service/memoryGate";
import { missingRuntime } from "../../host/process/runtimeCheck";
import type { ProcessKind } from "../../model/ask/kinds";
import type { OtherEngine } from "../../roll/engineRoll";

export interface EngineSetup {
  /** The folder of the installed extension. */
  readonly extensionFolder: string;
  readonly context: Pick<vscode.ExtensionContext, "workspaceState" | "secrets">;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Pick<Notices, "run">;
  /** Told of answers that may mean nothing. @default nobody is */
  readonly onDoubted?: EngineSupervisorOptions["onDoubted"];
}

/** Those that are no engine; it shares the parsers with the extension's own files. */
const PROGRAMS: { readonly [K in ProcessKind]?: string } = { audit: "extension/audit.js" };

/** Starts no process; the first question does. */
export function createEngine(setup: EngineSetup): EngineSupervisor {
  const { extensionFolder, settings, log, notices, onDoubted } = setup;
  const missing = missingRuntime(extensionFolder);
  // Before the first process, and not at the start.
  const roll = lazy(async () => {
    const { EngineRoll, rollEntryOf } = await lazyParts();
    return new EngineRoll({
      describe: () => rollEntryOf(engine.status, memory.plannedBytes),
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
    ask: async (question) => await (await lazyParts()).askAboutMemory(question),
    choose: async (model) => {
      await settings.setModel(model);
    },
    getSmaller: () => {
      void vscode.commands.executeCommand("sightline.manageModels" satisfies CommandId, "small");
    },
    otherEngines,
    endOther,
    reportOthers: (others) => {
      void lazyParts().then(({ reportOthers }) => reportOthers(others, endOther));
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
        childFile: path.join(extensionFolder, "dist", PROGRAMS[kind] ?? "child.js"),
        env: environmentFor(kind, settings),
        execArgv: inspectorOptions(kind, process.env),
        logger: log,
        clock: systemClock,
      });
    },
    memory,
    otherEngines,
    idleMs: () => settings.idleMinutes * 60_000,
    onDeviceOverruled: (device) => {
      void lazyParts().then(({ showCpuFallback }) => showCpuFallback(device, notices));
    },
    remote: remoteWayOf(setup),
    ...optional({ onDoubted }),
    logger: log,
    unsupported: missing === undefined ? undefined : unsupportedError(missing),
  });
  return engine;
}

const lazyParts = () => import("../shell/lazyParts");

const remoteWayOf = (setup: EngineSetup): RemoteWay => ({
  permit: async (model) => (await lazyParts()).permitServer(setup, model),
  permitGraphs: async () => (await lazyParts()).permitGraphs(setup),
});

async function endOther(other: OtherEngine): Promise<boolean> {
  const { endEngine } = await import("../../roll/engineRoll");
  return await endEngine(other);
}

/** Lets the engine follow the settings until it is disposed of. */
export function followSettings(
  engine: Pick<EngineSupervisor, "choiceChanged" | "restart" | "end">,
  { settings, log }: Pick<EngineSetup, "settings" | "log">,
): vscode.Disposable {
  // A child knows these from its start.
  const facts = (): string => JSON.stringify([environmentOf(settings), settings.remoteEndpoints]);
  let known = facts();
  let { searchModel } = settings;
  return settings.onDidChange(() => {
    const before = known;
    known = facts();
    engine.choiceChanged();
    if (searchModel !== settings.searchModel) void engine.end("search");
    ({ searchModel } = settings);
    if (known === before) return;
    log.info("The engine is ended because its settings changed.");
    engine.restart().catch((thrown: unknown) => {
      log.error(`The engine could not be ended: ${String(thrown)}`);
    });
  });
}
