/** CUDA on Linux x64: what there is of it, what is missing, and sessions that can use it. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants } from "node:os";
import path from "node:path";
import { AppError } from "../../base/errors";
import {
  createOrtSessionFactory,
  type OrtSessionFactoryOptions,
} from "../../engine/session/ortSession";
import type { SessionFactory } from "../../engine/session/session";
import {
  type CudaLibraries,
  cudaFolders,
  describeMissing,
  findCudaLibraries,
  LIBRARY_FOLDER_VARIABLE,
} from "./cudaLibraries";
import {
  type CudaRuntime,
  findCudaRuntime,
  hasProvider,
  nativeFolder,
  PROVIDER_FILES,
} from "./cudaRuntime";
import type { CudaFacts } from "../../machine/facts";
import { libraryPath } from "../../machine/libraryPath";
import type { Environment } from "../../machine/environment";
import type { ModelStore } from "../store/modelStore";
import { type InstalledPackage, onnxRuntimePackage } from "../../machine/onnxRuntimePackage";
import { systemFiles, type SystemFiles } from "../../machine/systemFiles";

export interface CudaPlace {
  readonly store: Pick<ModelStore, "root">;
  /** @default this process's */
  readonly env?: Environment["env"];
  /** @default this system's */
  readonly files?: SystemFiles;
  /** @default the one that runs here */
  readonly runtime?: InstalledPackage;
}

/** What `doctor` and `cuda status` tell. */
export async function cudaFacts(place: CudaPlace): Promise<CudaFacts> {
  const found = await findCuda(place);
  if (found === undefined) return { missingLibraries: [] };
  const { provider, libraries, problem } = found;
  return {
    providerFolder: path.dirname(provider),
    missingLibraries: libraries.missing,
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Sessions of the runtime that has the CUDA provider, with NVIDIA's libraries loaded for it; where there
 * is none, of the usual one, whose failures then say what is missing. `open` also throws AppError
 * `device.unavailable` in a process that has loaded the usual one before.
 */
export async function cudaSessionFactory(place: CudaPlace): Promise<SessionFactory> {
  if (process.platform !== "linux" || process.arch !== "x64") return createOrtSessionFactory();
  const found = await findCuda(place);
  for (const file of found?.libraries.toLoad ?? []) keepLoaded(file);
  const copy = found?.copy;
  const factory = createOrtSessionFactory(
    copy === undefined ? {} : { loadRuntime: () => Promise.resolve(loadCopy(copy)) },
  );
  const why = whatIsMissing(found);
  let isChecked = copy === undefined;
  return {
    open: async (graph, options) => {
      if (copy !== undefined && !isChecked) await refuseOtherRuntime(copy);
      isChecked = true;
      try {
        return await factory.open(graph, options);
      } catch (thrown) {
        throw why === undefined ? thrown : explained(thrown, why);
      }
    },
  };
}

interface FoundCuda {
  readonly provider: string;
  readonly libraries: CudaLibraries;
  /** Absent when the provider is in the usual runtime's own folder. */
  readonly copy?: CudaRuntime;
  /** Why the provider cannot be read. */
  readonly problem?: string;
}

async function findCuda(place: CudaPlace): Promise<FoundCuda | undefined> {
  const { store, env = process.env, files = systemFiles() } = place;
  const runtime = place.runtime ?? (await onnxRuntimePackage());
  if (runtime === undefined) return undefined;
  const native = nativeFolder(runtime);
  const isOwn = await hasProvider(native);
  const copy = isOwn ? undefined : await findCudaRuntime(store, runtime);
  const provider = isOwn ? path.join(native, PROVIDER_FILES[0]) : copy?.provider;
  if (provider === undefined) return undefined;
  const search = { system: await libraryPath({ files, env }), folders: await cudaFolders(env) };
  const parts = copy === undefined ? { provider } : { provider, copy };
  try {
    return { ...parts, libraries: await findCudaLibraries(provider, search) };
  } catch (thrown) {
    const { message } = AppError.from(thrown);
    return { ...parts, libraries: { toLoad: [], missing: [] }, problem: message };
  }
}

/** For a sentence after what ONNX Runtime says; undefined when everything is there. */
function whatIsMissing(found: FoundCuda | undefined): string | undefined {
  if (found === undefined) {
    return 'Its CUDA libraries are not installed; add them with the command "Set Up CUDA…" of the editor or "sightline cuda install" of the command line.';
  }
  if (found.problem !== undefined) return found.problem;
  const { missing } = found.libraries;
  if (missing.length === 0) return undefined;
  return `These libraries are not found: ${describeMissing(missing)}. Install them, or name their folders in the setting sightline.cuda.libraryFolder or in ${LIBRARY_FOLDER_VARIABLE}.`;
}

/** The error with our reason after the runtime's; others as they are. */
function explained(thrown: unknown, why: string): unknown {
  const isOurs =
    thrown instanceof AppError &&
    thrown.code === "device.unavailable" &&
    thrown.detail?.["device"] === "cuda";
  if (!isOurs) return thrown;
  const reason = `${thrown.detail["reason"] ?? ""} ${why}`.trim();
  return new AppError(thrown.code, `CUDA is not available here: ${reason}`, {
    cause: thrown,
    detail: { ...thrown.detail, reason },
  });
}

/** Keeps a library in the process though its handle is closed (dlopen(3)); Node has no name for it. */
const RTLD_NODELETE = 0x1000;

/**
 * Loads a library, so that the loader takes it for the name that others ask for. Node closes what is no
 * addon and throws; a library that could not be loaded at all is missed by ONNX Runtime later.
 * LD_LIBRARY_PATH would do the same, but is read only when a process starts.
 */
function keepLoaded(file: string): void {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY | RTLD_NODELETE);
  } catch {
    return;
  }
}

type Runtime = Awaited<ReturnType<NonNullable<OrtSessionFactoryOptions["loadRuntime"]>>>;

function loadCopy({ folder }: CudaRuntime): Runtime {
  return createRequire(path.join(folder, "package.json"))("onnxruntime-node") as Runtime;
}

/** @throws AppError `device.unavailable` when the process has loaded the usual runtime. */
async function refuseOtherRuntime({ provider }: CudaRuntime): Promise<void> {
  const maps = await readFile("/proc/self/maps", "utf8");
  const loaded = /\s(\/\S.*\/libonnxruntime\.so\.[\d.]+)$/m.exec(maps)?.[1];
  // The loader would take the library that it has for both.
  if (loaded === undefined || path.dirname(loaded) === path.dirname(provider)) return;
  throw new AppError(
    "device.unavailable",
    "ONNX Runtime is already loaded without CUDA in this process. Restart the engine to use CUDA.",
    { detail: { device: "cuda" } },
  );
}
