/** Looks at the whole machine for `doctor`: what cannot be looked at becomes a sentence. */

import { setTimeout as sleep } from "node:timers/promises";
import { cudaFacts } from "../library/cuda/cudaProvider";
import type { DeviceFacts, DoctorFacts } from "./facts";
import { graphicsFacts } from "../machine/graphics";
import { memoryFacts, processorFacts, programFacts } from "../machine/machine";
import { devicesOf } from "./probe";
import { hubFacts, rememberedDevice, storeFacts } from "./storeFacts";
import { libraryPath } from "../machine/libraryPath";
import type { Environment } from "../machine/environment";
import type { ModelStore } from "../library/store/modelStore";
import { systemFiles, type SystemFiles } from "../machine/systemFiles";
import type { Device } from "../model/ask/device";
import { type EngineEntry, enginesOn } from "../roll/engineRoll";

export interface ExamineOptions {
  /** Our own version. */
  readonly version: string;
  readonly store: ModelStore;
  readonly environment: Environment;
  readonly demoCheckpoint: string;
  readonly catalogFile: string;
  /** Tries a device; does not throw. */
  readonly probe: (device: Device) => Promise<DeviceFacts>;
  /** @default this system's */
  readonly files?: SystemFiles;
  /** Longest time for each thing but the devices, in ms. @default 20_000 */
  readonly patienceMs?: number;
}

/** Disks that sleep or are far away need seconds. */
const DEFAULT_PATIENCE_MS = 20_000;

/**
 * Writes nothing and uses no network. One device is tried after the other, because together they would
 * share the cores.
 */
export async function examine(options: ExamineOptions): Promise<DoctorFacts> {
  const { version, store, environment, probe, files = systemFiles() } = options;
  const { env, platform } = environment;
  const { look, problems } = observer(options.patienceMs ?? DEFAULT_PATIENCE_MS);
  const { demoCheckpoint, catalogFile } = options;
  const seen = {
    program: await look("The program", () => programFacts(version)),
    processor: await look("The processor", () => processorFacts(files)),
    memory: await look("The memory", () => memoryFacts(files)),
    graphics: await look("The graphics driver", async () => {
      if (platform !== "linux") return undefined;
      const libraries = await libraryPath({ files, env });
      return await graphicsFacts({ files, libraries, environment });
    }),
    cuda: await look("CUDA", async () => {
      const isThere = devicesOf(platform, process.arch).includes("cuda");
      return isThere ? await cudaFacts({ store, env, files }) : undefined;
    }),
    remembered: await look("What is remembered of devices", () =>
      rememberedDevice(store.deviceMemoryFile, Date.now()),
    ),
    engines: await look("The engines of other windows", engineFacts),
    store: await look("The store", () =>
      storeFacts({ store, demoCheckpoint, catalogFile, environment, files }),
    ),
  };
  const devices: DeviceFacts[] = [];
  for (const device of devicesOf(platform, process.arch)) devices.push(await probe(device));
  return { ...known(seen), devices, hub: await hubFacts(environment), problems };
}

async function engineFacts(): Promise<readonly EngineEntry[]> {
  const found = await enginesOn();
  return found.map(({ pid, holder, model, bytes, state }) => {
    return { pid, holder, model, bytes, state };
  });
}

/** The properties that have a value. */
function known<T extends object>(seen: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(seen).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

interface Observer {
  /** Gives undefined for what fails or takes too long, and notes it. */
  readonly look: <T>(what: string, work: () => Promise<T>) => Promise<T | undefined>;
  readonly problems: readonly string[];
}

function observer(patienceMs: number): Observer {
  const problems: string[] = [];
  const look = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    const stop = new AbortController();
    const late = sleep(patienceMs, undefined, { signal: stop.signal }).then(() => {
      throw new Error(`it took longer than ${Math.round(patienceMs / 1000)} s`);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      problems.push(`${what} could not be looked at: ${why}`);
      return undefined;
    } finally {
      stop.abort();
      // The clock that was stopped tells it too.
      late.catch(() => undefined);
    }
  };
  return { look, problems };
}
