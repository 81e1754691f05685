/** Puts the script of the command line into a folder of programs, and takes it away. Knows no editor. */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { LAUNCHER_MARK, launcherName, launcherText, type LauncherFacts } from "./launcherText";

/** Whose programs, and where they are looked for. */
export interface ProgramsPlace {
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `foreign`: a file of that name is somebody else's and was left alone. */
export type LauncherOutcome =
  | { readonly kind: "installed"; readonly file: string; readonly isOnPath: boolean }
  | { readonly kind: "removed" | "foreign"; readonly file: string }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly file: string; readonly why: string };

const EXECUTABLE = 0o755;

/** Folders that a script may go to, the best first. */
export function programFolders({ platform, homeDir, env }: ProgramsPlace): readonly string[] {
  if (platform === "win32") {
    const local = env["LOCALAPPDATA"] ?? path.win32.join(homeDir, "AppData", "Local");
    return [path.win32.join(local, "Programs", "Sightline", "bin")];
  }
  const own = [path.join(homeDir, ".local", "bin"), path.join(homeDir, "bin")];
  return platform === "darwin" ? ["/usr/local/bin", ...own] : own;
}

/**
 * Writes the script where it is already, or else into the first folder that is on PATH and can be written
 * to, or else into the first that can be made. Never throws, and never touches another's file.
 */
export async function installLauncher(
  facts: LauncherFacts,
  place: ProgramsPlace,
): Promise<LauncherOutcome> {
  const folder = await folderFor(place);
  const file = path.join(folder, launcherName(place.platform));
  if ((await stateOf(file)) === "foreign") return { kind: "foreign", file };
  const temporary = path.join(folder, `.${path.basename(file)}-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, launcherText(facts), { mode: EXECUTABLE, flag: "wx" });
    await rename(temporary, file);
    return { kind: "installed", file, isOnPath: isOnPath(folder, place) };
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return { kind: "failed", file, why: (thrown as Error).message };
  }
}

/** Deletes the script wherever it is. Never throws, and never touches another's file. */
export async function removeLauncher(place: ProgramsPlace): Promise<LauncherOutcome> {
  let foreign: LauncherOutcome | undefined;
  for (const folder of programFolders(place)) {
    const file = path.join(folder, launcherName(place.platform));
    const state = await stateOf(file);
    if (state === "foreign") foreign ??= { kind: "foreign", file };
    if (state !== "ours") continue;
    try {
      await rm(file);
      return { kind: "removed", file };
    } catch (thrown) {
      return { kind: "failed", file, why: (thrown as Error).message };
    }
  }
  return foreign ?? { kind: "absent" };
}

async function folderFor(place: ProgramsPlace): Promise<string> {
  const folders = programFolders(place);
  const name = launcherName(place.platform);
  for (const folder of folders) {
    if ((await stateOf(path.join(folder, name))) === "ours") return folder;
  }
  for (const folder of folders) {
    if (isOnPath(folder, place) && (await isWritable(folder))) return folder;
  }
  // Of a folder that does not exist yet, the one below the user's home can be made.
  return folders.find((folder) => folder.startsWith(place.homeDir)) ?? folders[0] ?? place.homeDir;
}

async function stateOf(file: string): Promise<"absent" | "ours" | "foreign"> {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return "absent";
  // A link is somebody's, such as npm's, whatever it leads to.
  if (!found.isFile()) return "foreign";
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n", 2)[1]?.includes(LAUNCHER_MARK) === true ? "ours" : "foreign";
}

function isOnPath(folder: string, { platform, env }: ProgramsPlace): boolean {
  const [delimiter, separators] = platform === "win32" ? [";", /[\\/]+$/] : [":", /\/+$/];
  const normal = (name: string): string => {
    const bare = name.replace(separators, "");
    return platform === "win32" ? bare.toLowerCase() : bare;
  };
  const list = env["PATH"] ?? env["Path"] ?? "";
  return list.split(delimiter).map(normal).includes(normal(folder));
}

async function isWritable(folder: string): Promise<boolean> {
  return await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}
