/** Gets ONNX Runtime's CUDA provider into the store: from a folder that has it, or from its feed. */

import type { CudaPlan } from "../../model/ask/models";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { folderBytes, freeBytesAt } from "../store/diskSpace";
import { downloadFile, type FileJob, type Patience, withPatience } from "../download/downloadFile";
import { LIBRARY_FOLDER_VARIABLE } from "./cudaLibraries";
import { type ProviderPackage, providerPackage } from "./cudaPackage";
import {
  cudaFolder,
  type CudaRuntime,
  findCudaRuntime,
  hasProvider,
  makeCudaRuntime,
  nativeFolder,
  PROVIDER_FILES,
} from "./cudaRuntime";
import { unpackFiles } from "./cudaUnpack";
import { foldersOf } from "../../machine/libraryPath";
import { withModelLock } from "../store/modelLock";
import type { Environment } from "../../machine/environment";
import type { ModelStore } from "../store/modelStore";
import { NugetFeed, type NugetPackage } from "../download/nugetFeed";
import { type InstalledPackage, onnxRuntimePackage } from "../../machine/onnxRuntimePackage";

export interface CudaInstallOptions {
  readonly store: ModelStore;
  readonly env: Environment["env"];
  /** Folder with the provider's files. @default folders of the environment, then the feed */
  readonly from?: string | undefined;
  /** Asked before anything is downloaded or written. */
  readonly consent: (plan: CudaPlan) => Promise<boolean> | boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
  /** @default the one that runs here */
  readonly runtime?: InstalledPackage;
  /** As in FileJob. */
  readonly patience?: Patience;
}

export type CudaOutcome = "installed" | "present" | "declined";

/** Address of a mirror's service index. */
const FEED_VARIABLE = "SIGHTLINE_CUDA_FEED";
/** Package, unpacked files and their copy; the files compress to about half. */
const DOWNLOAD_FACTOR = 5;
/** What the files may unpack to; the provider of 1.30 has less than a tenth of it. */
const MAX_UNPACKED_BYTES = 4e9;

/**
 * Installs the provider for this version of ONNX Runtime. A download that was cut off goes on.
 * @throws AppError `device.unavailable` where there is no such provider, `option.invalid` for a folder
 * without it, `hub.*`, `download.*`, `model.busy`, `request.cancelled`.
 */
export async function installCuda(options: CudaInstallOptions): Promise<CudaOutcome> {
  const { store, signal } = options;
  const runtime = options.runtime ?? (await expectRuntime());
  const isPresent =
    (await hasProvider(nativeFolder(runtime))) ||
    (await findCudaRuntime(store, runtime)) !== undefined;
  if (isPresent && options.from === undefined) return "present";
  const folder = cudaFolder(store);
  return await withModelLock({ store, folder, ifBusy: "refuse", signal }, async () => {
    const providerFolder = await findProvider(options);
    return providerFolder === undefined
      ? await download(runtime, options)
      : await copy({ runtime, providerFolder }, options);
  });
}

/** @returns bytes that are free again. */
export async function removeCuda(store: ModelStore): Promise<number> {
  const folder = cudaFolder(store);
  return await withModelLock({ store, folder, ifBusy: "refuse" }, async () => {
    const bytes = await folderBytes(folder);
    await rm(folder, { recursive: true, force: true });
    return bytes;
  });
}

/**
 * The runtime that runs here.
 * @throws AppError `device.unavailable` where it has no CUDA libraries to be had.
 */
export async function expectRuntime(): Promise<InstalledPackage> {
  const runtime = await onnxRuntimePackage();
  if (runtime !== undefined && process.platform === "linux" && process.arch === "x64") {
    return runtime;
  }
  throw new AppError(
    "device.unavailable",
    'ONNX Runtime has CUDA libraries for Linux x64 only. Use the device "auto", which uses any graphics adapter.',
  );
}

/** @throws AppError `option.invalid` for a folder that was named and does not have it. */
async function findProvider({ env, from }: CudaInstallOptions): Promise<string | undefined> {
  if (from !== undefined) {
    const named = path.resolve(from);
    if (await hasProvider(named)) return named;
    throw new AppError(
      "option.invalid",
      `--from: ${named} does not have ${PROVIDER_FILES.join(" and ")}. Name the folder with both files of the same version of ONNX Runtime.`,
      { detail: { folder: named } },
    );
  }
  const folders = [LIBRARY_FOLDER_VARIABLE, "LD_LIBRARY_PATH"].flatMap((name) =>
    foldersOf(env[name]),
  );
  for (const folder of folders) if (await hasProvider(folder)) return folder;
  return undefined;
}

interface CopySource {
  readonly runtime: InstalledPackage;
  readonly providerFolder: string;
}

async function copy(source: CopySource, options: CudaInstallOptions): Promise<CudaOutcome> {
  const { providerFolder } = source;
  const sizes = await Promise.all(
    PROVIDER_FILES.map((name) => stat(path.join(providerFolder, name))),
  );
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  const neededBytes = bytes + (await runtimeBytes(source.runtime));
  const plan = { source: providerFolder, downloadBytes: 0, neededBytes };
  if (!(await isAgreed(plan, options))) return "declined";
  await makeCudaRuntime(options.store, source);
  return "installed";
}

async function download(
  runtime: InstalledPackage,
  options: CudaInstallOptions,
): Promise<CudaOutcome> {
  const { store, env, signal } = options;
  const wanted = providerPackage(runtime, env[FEED_VARIABLE]);
  const feed = new NugetFeed({ index: wanted.index, env });
  try {
    const published = await withPatience({ ...options, isFirstContact: true }, () =>
      feed.find(wanted.name, wanted.version, signal),
    );
    const { bytes } = published;
    const plan = {
      source: `${published.url.host}: ${wanted.name} ${wanted.version}`,
      downloadBytes: bytes,
      neededBytes: bytes * DOWNLOAD_FACTOR + (await runtimeBytes(runtime)),
    };
    if (!(await isAgreed(plan, options))) return "declined";
    const folder = path.join(cudaFolder(store), "download");
    const archive = await fetchPackage({ feed, wanted, published, folder }, options);
    await unpackInto({ runtime, archive, folder, wanted }, options);
    await rm(folder, { recursive: true, force: true });
    return "installed";
  } finally {
    await feed.close();
  }
}

interface FetchJob {
  readonly feed: NugetFeed;
  readonly wanted: ProviderPackage;
  readonly published: NugetPackage;
  readonly folder: string;
}

/** @returns the file, whose hash is the published one. */
async function fetchPackage(job: FetchJob, options: CudaInstallOptions): Promise<string> {
  const { feed, wanted, published, folder } = job;
  const { signal, patience } = options;
  await makeFolder(folder);
  const file = { name: `${wanted.name}.${wanted.version}.nupkg`, bytes: published.bytes };
  let doneBytes = 0;
  const fileJob: FileJob = {
    hub: feed,
    repository: wanted.name,
    commit: wanted.version,
    file,
    folder,
    signal,
    patience,
    onBytes: (change) => {
      doneBytes += change;
      options.onProgress({ doneBytes, totalBytes: published.bytes });
    },
  };
  await downloadFile(fileJob);
  const archive = path.join(folder, file.name);
  if ((await sha512Of(archive, signal)) === published.sha512) return archive;
  await rm(archive, { force: true });
  throw new AppError(
    "download.corrupt",
    `${file.name} did not arrive as it was published. Nothing of it is used; try again later or over another connection.`,
    { detail: { file: archive } },
  );
}

async function sha512Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(createReadStream(file), hash, { signal }).catch((thrown: unknown) => {
    if (signal.aborted) throw new AppError("request.cancelled", "The request was cancelled.");
    throw thrown;
  });
  return hash.digest("base64");
}

interface UnpackJob {
  readonly runtime: InstalledPackage;
  readonly archive: string;
  readonly folder: string;
  readonly wanted: ProviderPackage;
}

async function unpackInto(
  { runtime, archive, folder, wanted }: UnpackJob,
  { store, signal }: CudaInstallOptions,
): Promise<CudaRuntime> {
  const unpacked = await mkdtemp(path.join(folder, "unpacked-"));
  try {
    const { files } = wanted;
    await unpackFiles({
      archive,
      files,
      folder: unpacked,
      signal,
      maxBytes: Math.min(MAX_UNPACKED_BYTES, await freeBytesAt(folder)),
    });
    return await makeCudaRuntime(store, { runtime, providerFolder: unpacked });
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** @throws AppError `download.failed` when there is too little room, before anybody is asked. */
async function isAgreed(
  plan: Omit<CudaPlan, "freeBytes" | "folder">,
  { store, consent }: CudaInstallOptions,
): Promise<boolean> {
  const folder = cudaFolder(store);
  const freeBytes = await freeBytesAt(folder);
  if (freeBytes < plan.neededBytes) {
    throw new AppError(
      "download.failed",
      `The CUDA libraries need up to ${formatBytes(plan.neededBytes)} and only ${formatBytes(freeBytes)} are free at ${folder}. Free some space, or keep the models on another disk.`,
      { detail: { neededBytes: plan.neededBytes, freeBytes } },
    );
  }
  return await consent({ ...plan, freeBytes, folder });
}

const runtimeBytes = (runtime: InstalledPackage): Promise<number> =>
  folderBytes(nativeFolder(runtime));

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new AppError(
      "download.failed",
      `${folder} cannot be written to (${(cause as Error).message}). Choose another folder for models.`,
      { cause, detail: { file: folder } },
    );
  });
}
