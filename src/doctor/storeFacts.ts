/** What lies in the store, on what kind of disk, and what is known about the way to the hub. */

import { JsonObject } from "../base/json";
import { rememberedDeviceIn } from "../engine/device/rememberedDevice";
import { catalogStates } from "../library/checkpoints/addModel";
import { setStates } from "../library/checkpoints/catalogSets";
import { readCatalog } from "../library/checkpoints/catalog";
import { cudaFolder } from "../library/cuda/cudaRuntime";
import { withoutPassword } from "../library/download/hubRoutes";
import { folderBytes, freeBytesAt } from "../library/store/diskSpace";
import type { DiskKind, HubFacts, ModelFacts, RememberedDevice, StoreFacts } from "./facts";
import { type HubEnvironment, hubToken } from "../machine/huggingFaceHome";
import type { Environment } from "../machine/environment";
import { demoFolders, modelEntries } from "../library/store/modelEntries";
import {
  isDemoFolderName,
  listModels,
  type ModelStore,
  type StoredModel,
} from "../library/store/modelStore";
import type { SystemFiles } from "../machine/systemFiles";
import { readDeviceReason } from "../model/ask/device";
import type { StoreEntry } from "../library/store/modelEntries";
import { cpuMemoryBytesOf } from "../model/folder/memoryEstimate";
import { readFile, stat, statfs } from "node:fs/promises";
import path from "node:path";

export interface StoreSources {
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
  /** The list of published checkpoints. */
  readonly catalogFile: string;
  readonly environment: Pick<Environment, "env" | "homeDir">;
  readonly files: SystemFiles;
}

/**
 * Reads no weights.
 * @throws AppError as `readCatalog`.
 */
export async function storeFacts(sources: StoreSources): Promise<StoreFacts> {
  const { store, demoCheckpoint, catalogFile, environment, files } = sources;
  const stored = await listModels(store);
  const demos = await demoFolders(store, demoCheckpoint);
  const states = await catalogStates(await readCatalog(catalogFile), { store, environment });
  return {
    folder: store.root,
    freeBytes: await freeBytesAt(store.root),
    disk: await diskKindAt(store.root, files),
    models: (await modelEntries(stored, demos)).map((entry) => withMemory(entry, stored)),
    sets: setStates(states)
      .filter(({ models }) => models.length > 0)
      .map(({ entry, missing }) => ({ name: entry.name, missing })),
    copies: copiesIn(stored),
    unfinished: states
      .filter(({ isUnfinished }) => isUnfinished)
      .map(({ entry, partialBytes }) => ({ name: entry.name, bytes: partialBytes })),
    caches: {
      features: await folderBytes(store.featuresDir),
      demo: await bytesOf(stored.filter(({ name }) => isDemoFolderName(name))),
      cuda: await folderBytes(cudaFolder(store)),
    },
  };
}

function withMemory(entry: StoreEntry, stored: readonly StoredModel[]): ModelFacts {
  const model = stored.find(({ folder }) => folder === entry.folder)?.model;
  return model === undefined ? entry : { ...entry, memoryBytes: cpuMemoryBytesOf(model.manifest) };
}

async function bytesOf(models: readonly StoredModel[]): Promise<number> {
  const sizes = await Promise.all(models.map(({ folder }) => folderBytes(folder)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** Models made from the same weights; demos are not a choice of anybody's. */
function copiesIn(stored: readonly StoredModel[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const { name, model } of stored) {
    if (model === undefined || isDemoFolderName(name)) continue;
    const { source } = model.manifest;
    const key = JSON.stringify(source.files.map(({ sha256 }) => sha256).sort());
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Magic numbers of statfs(2). */
const NETWORK_DISKS: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9P, also the disks of a virtual machine's host
  0x00c36400, // Ceph
]);

/** Of the disk at a path that need not exist yet. */
export async function diskKindAt(folder: string, files: SystemFiles): Promise<DiskKind> {
  for (let parent = path.resolve(folder); ; parent = path.dirname(parent)) {
    const found = await stat(parent).catch(() => undefined);
    if (found !== undefined) {
      const disk = await statfs(parent).catch(() => undefined);
      // The magic number can come with the sign of a 32-bit integer.
      if (disk !== undefined && NETWORK_DISKS.has(disk.type >>> 0)) return "network";
      return await diskKindOf(found.dev, files);
    }
    if (parent === path.dirname(parent)) return "unknown";
  }
}

/** @param device number of a block device as Linux composes it (gnu_dev_major, gnu_dev_minor). */
export async function diskKindOf(device: number, files: SystemFiles): Promise<DiskKind> {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  const folder = `/sys/dev/block/${major}:${minor}`;
  // What is behind a virtual disk is not known inside; such disks say that they rotate.
  if (/^DEVNAME=(vd|xvd)/m.test((await files.text(`${folder}/uevent`)) ?? "")) return "unknown";
  // A partition has its queue in the folder of its disk.
  for (const place of [folder, `${folder}/..`]) {
    const text = await files.text(`${place}/queue/rotational`);
    if (text !== undefined) return text.trim() === "1" ? "rotating" : "solid";
  }
  return "unknown";
}

/** @param nowMs milliseconds since 1970. */
export async function rememberedDevice(
  file: string,
  nowMs: number,
): Promise<RememberedDevice | undefined> {
  try {
    const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "internal" });
    const recalled = await rememberedDeviceIn({ file, nowMs: () => nowMs }).recall();
    return {
      file,
      reason: readDeviceReason(json.object("reason")),
      ageMs: nowMs - json.number("probedAtMs"),
      isInForce: recalled !== undefined,
    };
  } catch {
    return undefined;
  }
}

/**
 * Where an editor says whether it keeps a token: it downloads with that one and with no other. What else
 * its settings say comes by the usual variables.
 */
const EDITOR_TOKEN_VARIABLE = "SIGHTLINE_HUB_TOKEN";

/** What the environment says, and whether somebody has signed in with Hugging Face's own tools. */
export async function hubFacts(environment: HubEnvironment): Promise<HubFacts> {
  const { env } = environment;
  const value = (...names: readonly string[]): string | undefined =>
    names
      .flatMap((name) => [env[name], env[name.toLowerCase()]])
      .find((text) => text !== undefined && text.trim() !== "");
  const endpoint = value("HF_ENDPOINT");
  const proxy = value("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY");
  return {
    ...(endpoint === undefined ? {} : { endpoint: withoutPassword(endpoint) }),
    ...(proxy === undefined ? {} : { proxy: withoutPassword(proxy) }),
    hasToken:
      env[EDITOR_TOKEN_VARIABLE] === undefined
        ? (await hubToken(environment)) !== undefined
        : env[EDITOR_TOKEN_VARIABLE] === "kept",
  };
}
