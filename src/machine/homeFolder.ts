/** The user's home folder, for a process that may have none. */

import { homedir, userInfo } from "node:os";
import path from "node:path";
import { AppError } from "../base/errors";

/**
 * The home folder, by HOME and then by the system's list of users. A container's user may have neither,
 * and a HOME that is relative would mean another folder in each working directory.
 * @param find for tests. @default asks the system
 * @throws AppError `option.invalid`; so ask when it is needed, and not before.
 */
export function homeFolder(find: readonly (() => string)[] = [homedir, listedHome]): string {
  for (const candidate of find) {
    const folder = attempt(candidate);
    if (folder !== undefined && path.isAbsolute(folder)) return folder;
  }
  throw new AppError(
    "option.invalid",
    "This user has no home folder, so there is no place for models. Set SIGHTLINE_HOME to a folder that this user may write to.",
  );
}

const listedHome = (): string => userInfo().homedir;

/** Both fail for a user without an entry in the system's list. */
function attempt(candidate: () => string): string | undefined {
  try {
    return candidate();
  } catch {
    return undefined;
  }
}
