/** Where Linux's loader finds shared libraries: the folders of the environment, its cache, its defaults. */

import { stat } from "node:fs/promises";
import path from "node:path";
import type { Environment } from "./environment";
import type { SystemFiles } from "./systemFiles";

/** Finds the file of a library by its name, such as "libvulkan.so.1". */
export interface LibraryPath {
  /** Undefined when there is none. */
  find(name: string): Promise<string | undefined>;
}

export interface LibraryPathOptions {
  readonly files: SystemFiles;
  readonly env: Environment["env"];
  /** Searched before all others. @default [] */
  readonly folders?: readonly string[];
  /** @default looks at the file system */
  readonly isFile?: (file: string) => Promise<boolean>;
}

/** What the loader searches even without a cache (ld.so(8)), and where distributions put libraries. */
// prettier-ignore
const USUAL_FOLDERS: readonly string[] = [
  "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib",
  "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
  "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
];

/** Reads the loader's cache once. */
export async function libraryPath(options: LibraryPathOptions): Promise<LibraryPath> {
  const { files, env, folders = [], isFile = isFileHere } = options;
  const cached = cachedLibraries((await files.text("/etc/ld.so.cache")) ?? "");
  const own = foldersOf(env["LD_LIBRARY_PATH"]);
  return {
    find: async (name) => {
      for (const folder of [...folders, ...own]) {
        const file = path.join(folder, name);
        if (await isFile(file)) return file;
      }
      const known = cached.get(name);
      if (known !== undefined && (await isFile(known))) return known;
      for (const folder of USUAL_FOLDERS) {
        const file = path.join(folder, name);
        if (await isFile(file)) return file;
      }
      return undefined;
    },
  };
}

/** Absolute folders of a list as in LD_LIBRARY_PATH; relative ones mean something else in each folder. */
export function foldersOf(list: string | undefined): readonly string[] {
  return (list ?? "").split(/[:;]/).filter((folder) => path.isAbsolute(folder));
}

/** The paths in the cache by the name of their file. The first counts, as it does for the loader. */
function cachedLibraries(cache: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  // Names and paths are C strings, whatever the layout of the tables before them.
  for (const text of cache.split("\0")) {
    const name = path.posix.basename(text);
    if (text.startsWith("/") && name.includes(".so") && !found.has(name)) found.set(name, text);
  }
  return found;
}

async function isFileHere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}
