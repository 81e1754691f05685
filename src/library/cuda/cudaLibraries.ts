/** NVIDIA's libraries that ONNX Runtime's CUDA provider asks for: where they are, and which are missing. */

import { readdir } from "node:fs/promises";
import path from "node:path";
import { neededLibraries } from "./cudaElf";
import { foldersOf, type LibraryPath } from "../../machine/libraryPath";
import type { Environment } from "../../machine/environment";

export interface CudaLibraries {
  /** Files that the loader would not find, each after those that it asks for. */
  readonly toLoad: readonly string[];
  /** Names that nobody has. */
  readonly missing: readonly string[];
}

export interface CudaSearch {
  /** Where the system's loader looks. */
  readonly system: LibraryPath;
  /** Where it does not look but NVIDIA's installers put their libraries. */
  readonly folders: readonly string[];
}

/** More than CUDA has; a cycle or a hostile file ends here. */
const MAX_LIBRARIES = 200;

/**
 * Follows the provider's libraries, and theirs where the loader does not.
 * @param provider its file. Libraries beside it are found by the loader.
 * @throws AppError as `neededLibraries`, of the provider.
 */
export async function findCudaLibraries(
  provider: string,
  search: CudaSearch,
): Promise<CudaLibraries> {
  const beside = new Set(await namesIn(path.dirname(provider)));
  const seen = new Set<string>();
  const toLoad: string[] = [];
  const missing: string[] = [];
  const follow = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      if (seen.has(name) || seen.size >= MAX_LIBRARIES || beside.has(name)) continue;
      seen.add(name);
      if ((await search.system.find(name)) !== undefined) continue;
      const file = await findIn(search.folders, name);
      if (file === undefined) {
        missing.push(name);
        continue;
      }
      // A library that cannot be read is the loader's to judge.
      await follow(await neededLibraries(file).catch(() => []));
      toLoad.push(file);
      await follow(await loadedLater(file));
    }
  };
  await follow(await neededLibraries(provider));
  return { toLoad, missing };
}

/** cuDNN loads its parts by name when it needs them (`libcudnn_ops.so.9` for `libcudnn.so.9`). */
async function loadedLater(file: string): Promise<readonly string[]> {
  const version = /^libcudnn\.so\.(\d+)$/.exec(path.basename(file))?.[1];
  if (version === undefined) return [];
  const names = await namesIn(path.dirname(file));
  return names.filter((name) => /^libcudnn_\w+\.so\.(\d+)$/.exec(name)?.[1] === version);
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    if ((await namesIn(folder)).includes(name)) return path.join(folder, name);
  }
  return undefined;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}

/** Folders named by the user first, then those of NVIDIA's installers, the newest version first. */
export async function cudaFolders(env: Environment["env"], root = "/"): Promise<readonly string[]> {
  const named = foldersOf(env[LIBRARY_FOLDER_VARIABLE]);
  const homes = ["CUDA_HOME", "CUDA_PATH"].flatMap((name) => foldersOf(env[name]));
  const local = path.join(root, "usr", "local");
  const versions = (await namesIn(local)).filter((name) => /^cuda-\d+(\.\d+)?$/.test(name));
  versions.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const installed = ["cuda", ...versions].map((name) => path.join(local, name));
  const toolkits = [...homes, ...installed, path.join(root, "opt", "cuda")];
  const conda = foldersOf(env["CONDA_PREFIX"]).map((folder) => path.join(folder, "lib"));
  return [...named, ...toolkits.flatMap(librariesOf), ...conda];
}

/** Folders with NVIDIA's libraries, or with ONNX Runtime's, that a user names; as LD_LIBRARY_PATH. */
export const LIBRARY_FOLDER_VARIABLE = "SIGHTLINE_CUDA_LIBRARIES";

const librariesOf = (toolkit: string): readonly string[] => [
  path.join(toolkit, "lib64"),
  path.join(toolkit, "targets", "x86_64-linux", "lib"),
];

/** The names with what they are part of, for people. */
export function describeMissing(names: readonly string[]): string {
  return names
    .map((name) => {
      const [, base = "", version = ""] = /^lib(\w+?)\.so(?:\.(\d+))?/.exec(name) ?? [];
      if (base === "cudart" || base.startsWith("cublas")) return `${name} (CUDA ${version})`;
      if (base.startsWith("cudnn")) return `${name} (cuDNN ${version})`;
      return base === "cuda" ? `${name} (NVIDIA's driver)` : name;
    })
    .join(", ");
}
