/** Where the program keeps what it can make again: the root of models, features, indexes and findings. */

import path from "node:path";
import type { Environment } from "../../machine/environment";

/** Below the root: what the audit found, for each program and folder that it ran in. */
export const CHECKS_FOLDER = "checks";

/**
 * SIGHTLINE_HOME, or the cache folder that the platform prescribes (XDG Base Directory Specification on Linux,
 * `Library/Caches` on macOS, LOCALAPPDATA on Windows).
 * @throws AppError `option.invalid` where there is no home folder and none of these is set.
 */
export function storeRoot(environment: Environment): string {
  const { env, platform } = environment;
  const own = env["SIGHTLINE_HOME"];
  if (own !== undefined && own !== "") return path.resolve(own);
  if (platform === "darwin") {
    return path.join(environment.homeDir, "Library", "Caches", "sightline");
  }
  const prescribed = env[platform === "win32" ? "LOCALAPPDATA" : "XDG_CACHE_HOME"] ?? "";
  // The specification asks to ignore a relative path.
  if (path.isAbsolute(prescribed)) return path.join(prescribed, "sightline");
  const usual = platform === "win32" ? ["AppData", "Local"] : [".cache"];
  return path.join(environment.homeDir, ...usual, "sightline");
}
