/** Graphics drivers of a Linux system, as far as its files and NVIDIA's own tool tell of them. */

import { execFile } from "node:child_process";
import path from "node:path";
import { optional } from "../base/optional";
import type { GraphicsFacts, NvidiaAdapter } from "./facts";
import { foldersOf, type LibraryPath } from "./libraryPath";
import type { Environment } from "./environment";
import type { SystemFiles } from "./systemFiles";

export interface GraphicsSources {
  readonly files: SystemFiles;
  readonly libraries: LibraryPath;
  readonly environment: Pick<Environment, "env" | "homeDir">;
  /** Prints one line for each adapter; undefined when that is not possible. @default runs nvidia-smi */
  readonly askNvidia?: () => Promise<string | undefined>;
}

export async function graphicsFacts(sources: GraphicsSources): Promise<GraphicsFacts> {
  const { files, libraries, askNvidia = runNvidiaSmi } = sources;
  const loader = await libraries.find("libvulkan.so.1");
  const nvidia = nvidiaVersion((await files.text("/proc/driver/nvidia/version")) ?? "");
  return {
    ...optional({ vulkanLoader: loader, nvidiaDriver: nvidia }),
    vulkanDrivers: await vulkanDrivers(sources),
    // Without the kernel's module the tool has nothing to tell.
    nvidiaAdapters: nvidia === undefined ? [] : nvidiaAdapters((await askNvidia()) ?? ""),
  };
}

/** Manifests in the order of the Vulkan loader's documentation (LoaderDriverInterface, "Linux"). */
async function vulkanDrivers({ files, environment }: GraphicsSources): Promise<readonly string[]> {
  const { env } = environment;
  const named = env["VK_DRIVER_FILES"] ?? env["VK_ICD_FILENAMES"];
  if (named !== undefined && named !== "") {
    const found = await Promise.all(
      foldersOf(named).map(async (file) => {
        const isThere = (await files.text(file)) !== undefined;
        return isThere ? [path.basename(file)] : await manifestsIn(files, file);
      }),
    );
    return found.flat();
  }
  const config = env["XDG_CONFIG_HOME"] ?? path.join(environment.homeDir, ".config");
  const data = env["XDG_DATA_HOME"] ?? path.join(environment.homeDir, ".local", "share");
  const shared = ["/usr/local/share", "/usr/share"];
  const folders = [config, "/etc/xdg", "/etc", data, ...shared].map((folder) =>
    path.join(folder, "vulkan", "icd.d"),
  );
  const found = await Promise.all(folders.map((folder) => manifestsIn(files, folder)));
  return [...new Set(found.flat())];
}

async function manifestsIn(files: SystemFiles, folder: string): Promise<readonly string[]> {
  return (await files.names(folder)).filter((name) => name.endsWith(".json"));
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  …` → `550.54.15`. */
export function nvidiaVersion(text: string): string | undefined {
  return /^NVRM version:.*?\s(\d+(?:\.\d+)+)\s/m.exec(text)?.[1];
}

const MIB = 1 << 20;

/** `name, total, free` with sizes in MiB, as nvidia-smi prints them; other lines count nothing. */
export function nvidiaAdapters(text: string): readonly NvidiaAdapter[] {
  return text.split("\n").flatMap((line) => {
    const [, name, total, free] = /^(.+), (\d+), (\d+)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, totalBytes: Number(total) * MIB, freeBytes: Number(free) * MIB }];
  });
}

/** NVIDIA's adapters of this machine; none where they cannot be asked. */
export async function presentNvidiaAdapters(
  files: SystemFiles,
  platform: NodeJS.Platform = process.platform,
): Promise<readonly NvidiaAdapter[]> {
  const isLinux = platform === "linux";
  if (!isLinux && platform !== "win32") return [];
  // Without the kernel's module the tool has nothing to tell; Windows shows no such file.
  if (isLinux && (await files.text("/proc/driver/nvidia/version")) === undefined) return [];
  return nvidiaAdapters((await runNvidiaSmi()) ?? "");
}

const PATIENCE_MS = 5000;

function runNvidiaSmi(): Promise<string | undefined> {
  const query = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"];
  const options = { timeout: PATIENCE_MS, killSignal: "SIGKILL", windowsHide: true } as const;
  return new Promise((resolve) => {
    execFile("nvidia-smi", query, options, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}
