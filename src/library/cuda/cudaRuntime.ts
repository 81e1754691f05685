/**
 * A copy of ONNX Runtime with its CUDA provider in the store. The library looks for its providers in its
 * own folder and nowhere else, and the folder of the program may be read-only or replaced by an update.
 */

import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { ModelStore } from "../store/modelStore";
import type { InstalledPackage } from "../../machine/onnxRuntimePackage";

/** The two files that the npm package lacks; both have to be beside the library. */
export const PROVIDER_FILES = [
  "libonnxruntime_providers_cuda.so",
  "libonnxruntime_providers_shared.so",
] as const;
const [CUDA_PROVIDER] = PROVIDER_FILES;

/** Where the library of Linux x64 is in the npm package. */
const NATIVE_FOLDER = ["bin", "napi-v6", "linux", "x64"];

/** What the copy was made of; written last. */
const RECORD_FILE = "cuda.json";

export interface CudaRuntime {
  /** Holds `node_modules`. */
  readonly folder: string;
  readonly provider: string;
}

/** Where everything about CUDA lies in the store. */
export function cudaFolder(store: Pick<ModelStore, "root">): string {
  return path.join(store.root, "cuda");
}

/** The folder of the native library in an installed package. */
export function nativeFolder({ folder }: Pick<InstalledPackage, "folder">): string {
  return path.join(folder, ...NATIVE_FOLDER);
}

/** True when both files are in the folder. */
export async function hasProvider(folder: string): Promise<boolean> {
  const found = await Promise.all(
    PROVIDER_FILES.map((name) => stat(path.join(folder, name)).catch(() => undefined)),
  );
  return found.every((file) => file?.isFile() === true);
}

/** The copy for this version of the runtime, if it is whole. */
export async function findCudaRuntime(
  store: Pick<ModelStore, "root">,
  runtime: InstalledPackage,
): Promise<CudaRuntime | undefined> {
  const folder = runtimeFolder(store, runtime);
  const native = nativeFolder({ folder: packageIn(folder, runtime) });
  const file = path.join(folder, RECORD_FILE);
  try {
    const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "internal" });
    const sizes = json.object("files");
    for (const name of sizes.keys()) {
      const { size } = await stat(path.join(native, path.basename(name)));
      if (size !== sizes.number(name)) return undefined;
    }
    if (!(await hasProvider(native))) return undefined;
  } catch {
    return undefined;
  }
  return { folder, provider: path.join(native, CUDA_PROVIDER) };
}

/**
 * Makes the copy: written beside its place and renamed, so that it is whole or not there.
 * @param source the installed package, and a folder with the files of the provider.
 * @throws AppError `download.failed` when it cannot be written.
 */
export async function makeCudaRuntime(
  store: Pick<ModelStore, "root">,
  source: { readonly runtime: InstalledPackage; readonly providerFolder: string },
): Promise<CudaRuntime> {
  const { runtime, providerFolder } = source;
  const folder = runtimeFolder(store, runtime);
  const partial = `${folder}.partial-${process.pid}`;
  try {
    await rm(partial, { recursive: true, force: true });
    const copied = packageIn(partial, runtime);
    const native = nativeFolder({ folder: copied });
    await mkdir(native, { recursive: true });
    // Links would lead the library back to the folder without providers.
    const options = { recursive: true, dereference: true } as const;
    await cp(path.join(runtime.folder, "package.json"), path.join(copied, "package.json"));
    await cp(path.join(runtime.folder, "dist"), path.join(copied, "dist"), options);
    await cp(nativeFolder(runtime), native, options);
    const common = path.join(partial, "node_modules", "onnxruntime-common");
    await cp(runtime.commonFolder, common, options);
    for (const name of PROVIDER_FILES) {
      await cp(path.join(providerFolder, name), path.join(native, name), { dereference: true });
    }
    await writeFile(path.join(partial, RECORD_FILE), await recordOf(native));
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } catch (cause) {
    throw new AppError(
      "download.failed",
      `ONNX Runtime with CUDA could not be written to ${folder} (${(cause as Error).message}). Free some space or choose another folder for models, and try again.`,
      { cause, detail: { file: folder } },
    );
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
  }
  return {
    folder,
    provider: path.join(nativeFolder({ folder: packageIn(folder, runtime) }), CUDA_PROVIDER),
  };
}

const runtimeFolder = (store: Pick<ModelStore, "root">, { version }: InstalledPackage): string =>
  path.join(cudaFolder(store), `onnxruntime-${version}`);

const packageIn = (folder: string, runtime: InstalledPackage): string =>
  path.join(folder, "node_modules", path.basename(runtime.folder));

/** Sizes of the native files, by which a damaged copy is known. */
async function recordOf(native: string): Promise<string> {
  const names = await readdir(native);
  const sizes = await Promise.all(
    names.map(async (name) => [name, (await stat(path.join(native, name))).size] as const),
  );
  return JSON.stringify({ files: Object.fromEntries(sizes) });
}
