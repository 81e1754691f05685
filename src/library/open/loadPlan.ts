/** What loading a model would take of the memory, and what else could be loaded; loads nothing. */

import type { LoadPlan } from "../../model/ask/models";
import { openModelFolder } from "../../engine/session/modelFolder";
import {
  type FreeMemory,
  freeMemoryFor,
  machineMemory,
  type MemorySources,
} from "../../machine/freeMemory";
import { listModels, type ModelStore, resolveModel } from "../store/modelStore";
import type { Device, DeviceChoice } from "../../model/ask/device";
import type { Manifest } from "../../model/folder/manifest";
import { cpuMemoryBytesOf, memoryBytesOf } from "../../model/folder/memoryEstimate";

/** Sizes in bytes. */
export interface LoadPlanOptions {
  /** As `resolveModel` takes it. */
  readonly model: string | undefined;
  readonly store: ModelStore;
  readonly device: DeviceChoice;
  /** A model that is released before. */
  readonly held?: HeldModel | undefined;
  /** @default what the machine says */
  readonly memory?: MemorySources;
}

/** A model in memory, and where it computes. */
export interface HeldModel {
  readonly folder: string;
  readonly device: Device;
}

/** @throws AppError `model.missing`, `model.corrupt`, `model.unsupported`. */
export async function planLoad(options: LoadPlanOptions): Promise<LoadPlan> {
  const { model, store } = options;
  const reference = await resolveModel(model, store);
  const free = await freeMemoryFor(
    options.device,
    options.memory ?? machineMemory(store.deviceMemoryFile),
  );
  const availableBytes = free.bytes + (await adapterBytesOf(options.held, free));
  const at = { availableBytes, ...(free.place === "adapter" ? { isOnAdapter: true } : {}) };
  if (reference.kind === "bundled") return { neededBytes: 0, ...at };
  const { manifest } = await openModelFolder(reference.folder);
  const bytesOf = free.isCpu === true ? cpuMemoryBytesOf : memoryBytesOf;
  const neededBytes = bytesOf(manifest);
  if (neededBytes <= availableBytes) return { neededBytes, ...at };
  const source = sourceOf(manifest);
  const stored = await listModels(store);
  const [smaller] = stored
    .flatMap(({ name, model: other }) =>
      other !== undefined && sourceOf(other.manifest) === source
        ? [{ name, neededBytes: bytesOf(other.manifest) }]
        : [],
    )
    .filter((other) => other.neededBytes <= availableBytes)
    .sort((a, b) => b.neededBytes - a.neededBytes);
  return { neededBytes, ...at, ...(smaller === undefined ? {} : { smaller }) };
}

/** What a model that is released gives back of an adapter's memory. */
async function adapterBytesOf(held: HeldModel | undefined, free: FreeMemory): Promise<number> {
  if (held === undefined || held.device === "cpu" || free.place !== "adapter") return 0;
  const model = await openModelFolder(held.folder).catch(() => undefined);
  return model === undefined ? 0 : memoryBytesOf(model.manifest);
}

/** The same for models of one checkpoint. */
function sourceOf({ source }: Manifest): string {
  return source.files
    .map(({ sha256 }) => sha256)
    .sort()
    .join(" ");
}
