/** `sightline mcp`: puts engine, tools and server together, and ends them with the client. A bundle of its own. */

import path from "node:path";
import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import { formatBytes } from "../base/bytes";
import { cleanText } from "../base/cleanText";
import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import { systemClock } from "../host/process/clock";
import { forkEngine } from "../host/process/engineProcess";
import { inspectorOptions } from "../host/process/inspector";
import { rollEntryOf } from "../host/service/rollEntry";
import { EngineSupervisor } from "../host/service/engineSupervisor";
import { MemoryGate, type MemoryQuestion } from "../host/service/memoryGate";
import type { DeviceChoice } from "../model/ask/device";
import { DEMO_MODEL } from "../model/folder/world";
import { PictureSearch } from "../host/search/pictureSearch";
import { EngineRoll } from "../roll/engineRoll";
import { ToolCaller } from "../tools/callTool";
import { RootedFiles } from "../tools/files/rootedFiles";
import { serveMcp } from "./mcpServer";
import { ModelChoice } from "./modelChoice";

export interface McpProgramOptions {
  readonly version: string;
  /** The folder of the programs, which has that of the engine's process. */
  readonly programFolder: string;
  /** Folders whose pictures may be read; none leaves it to the client. */
  readonly roots: readonly string[];
  readonly model: string | undefined;
  readonly device: DeviceChoice;
  /** The model is given up after this long without a call. */
  readonly idleMinutes: number;
  readonly stdin: Readable;
  /** Ends the server. */
  readonly signal: AbortSignal;
}

/** Serves until the client closes its end, or the signal fires; leaves no process behind. */
export async function runMcp(options: McpProgramOptions): Promise<void> {
  const output = keepStdout();
  const logger = stderrLogger();
  const { engine, choice, roll } = createEngine(options, logger);
  let clientRoots: () => Promise<readonly string[]> = () => Promise.resolve([]);
  const files = new RootedFiles({
    roots: () => (options.roots.length > 0 ? Promise.resolve(options.roots) : clientRoots()),
    howToAllow: 'Start it with "sightline mcp --root FOLDER" for another folder.',
  });
  const search = new PictureSearch(engine);
  const caller = new ToolCaller({
    ...{ pictures: files, documents: files, models: choice, clock: systemClock },
    search: {
      folders: (given, signal) => files.folders(given, signal),
      lookAt: (folders, run) => search.lookAt(folders, run),
      find: (words, options) => search.find(words, options),
    },
  });
  const ended = endOf(options);
  const server = serveMcp(
    { input: options.stdin, output },
    {
      ...{ version: options.version, caller, logger },
      onClientRoots: (ask) => {
        clientRoots = ask;
      },
    },
  );
  process.stderr.write(
    `sightline: ready, ${options.roots.length === 0 ? "for the folders of the client" : `for ${options.roots.join(", ")}`}\n`,
  );
  try {
    await ended;
  } finally {
    await server.close();
    await Promise.all([engine.dispose(), roll.dispose()]);
  }
}

/** Settles when the client closed its end of the pipe, or the signal fired. */
function endOf({ stdin, signal }: McpProgramOptions): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["end", "close", "error"]) {
      stdin.once(event, () => {
        resolve();
      });
    }
    signal.addEventListener("abort", () => {
      resolve();
    });
    if (signal.aborted) resolve();
  });
}

/** Standard output is the protocol's alone: whatever else would be printed there goes to standard error. */
function keepStdout(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string | Uint8Array, _encoding, done) => {
      write(chunk, (error) => {
        done(error);
      });
    },
  });
  // A client that is gone is noticed at the other end of the pipe.
  output.on("error", () => undefined);
  stdout.write = stderr.write.bind(stderr);
  return output;
}

function stderrLogger(): Logger {
  const log = (message: string): void => {
    process.stderr.write(`sightline: ${cleanText(message, 2000)}\n`);
  };
  return { debug: () => undefined, info: log, warn: log, error: log };
}

/** Starts no process; the first call does. */
function createEngine(
  { programFolder, model, device, idleMinutes }: McpProgramOptions,
  logger: Logger,
): {
  readonly engine: EngineSupervisor;
  readonly choice: ModelChoice;
  readonly roll: EngineRoll;
} {
  let chosen = model ?? DEMO_MODEL;
  const memory = new MemoryGate({
    ask: refuse,
    // A refusal is neither of the two.
    choose: () => Promise.resolve(),
    getSmaller: () => undefined,
    otherEngines: () => roll.others(),
    logger,
  });
  const engine: EngineSupervisor = new EngineSupervisor({
    chosen: () => ({ model: chosen, device }),
    startProcess: (kind) => {
      if (kind === "answers") void roll.join();
      return forkEngine({
        label: kind,
        childFile: path.join(programFolder, "child.js"),
        execArgv: inspectorOptions(kind, process.env),
        logger,
        clock: systemClock,
      });
    },
    memory,
    otherEngines: () => roll.others(),
    idleMs: () => idleMinutes * 60_000,
    logger,
  });
  const roll: EngineRoll = new EngineRoll({
    describe: () => rollEntryOf(engine.status, memory.plannedBytes),
    release: () => engine.releaseIdle(),
  });
  const choice = new ModelChoice({
    engine,
    asked: model,
    choose: (name) => {
      chosen = name;
    },
  });
  return { engine, choice, roll };
}

/** Nobody can be asked, so a model that does not fit is not loaded. */
function refuse({ model, neededBytes, availableBytes, smaller }: MemoryQuestion): Promise<never> {
  const advice =
    smaller === undefined
      ? "Close other programs, or start with --model and a smaller one."
      : `Close other programs, or start with --model ${smaller.name}.`;
  const text = `${model} needs about ${formatBytes(neededBytes)} of memory, and ${formatBytes(availableBytes)} are free. ${advice}`;
  return Promise.reject(new AppError("model.busy", text));
}
