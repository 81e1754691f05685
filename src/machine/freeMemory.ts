/**
 * Which memory a model would be loaded into, and how much of it is free, as far as that can be known
 * without opening a device. Adapters that are part of a processor share the system's memory. Of the
 * others only NVIDIA's tell what is free, through their own tool; for the rest the system's memory is
 * looked at, which a model passes through in any case.
 */

import { rememberedDeviceIn } from "../engine/device/rememberedDevice";
import { presentNvidiaAdapters } from "./graphics";
import { memoryFacts } from "./machine";
import type { NvidiaAdapter } from "./facts";
import { systemFiles } from "./systemFiles";
import type { DeviceChoice } from "../model/ask/device";

export interface FreeMemory {
  readonly bytes: number;
  readonly place: "system" | "adapter";
  /** True when it is sure that the CPU computes. */
  readonly isCpu?: boolean;
}

export interface MemorySources {
  /** Bytes free of the system's memory, or of the part of it that this process may use. */
  readonly systemBytes: () => Promise<number>;
  readonly adapters: () => Promise<readonly NvidiaAdapter[]>;
  /** True when `auto` is known to mean the CPU. */
  readonly isCpuRemembered: () => Promise<boolean>;
}

/** @param deviceMemoryFile as in `ModelStore`. */
export function machineMemory(deviceMemoryFile: string): MemorySources {
  return {
    systemBytes: async () => (await memoryFacts(systemFiles())).availableBytes,
    adapters: () => presentNvidiaAdapters(systemFiles()),
    isCpuRemembered: async () =>
      (await rememberedDeviceIn({ file: deviceMemoryFile }).recall()) !== undefined,
  };
}

/**
 * The memory for a model on a device. `auto` has a choice: a model that does not fit the adapter is
 * loaded on the CPU, so the larger of the two counts.
 */
export async function freeMemoryFor(
  device: DeviceChoice,
  sources: MemorySources,
): Promise<FreeMemory> {
  const system = async (isCpu = false): Promise<FreeMemory> => {
    return { bytes: await sources.systemBytes(), place: "system", ...(isCpu ? { isCpu } : {}) };
  };
  if (device === "cpu") return await system(true);
  if (device === "coreml") return await system();
  if (device === "auto" && (await sources.isCpuRemembered())) return await system(true);
  const free = (await sources.adapters()).map(({ freeBytes }) => freeBytes);
  if (free.length === 0) return await system();
  const adapter: FreeMemory = { bytes: Math.max(...free), place: "adapter" };
  if (device !== "auto") return adapter;
  const other = await system();
  return other.bytes > adapter.bytes ? other : adapter;
}
