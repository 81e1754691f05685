/**
 * The checkpoint that somebody means by a folder: the folder itself, a download in the cache of
 * Hugging Face, or the only checkpoint one level below. Looks at names and reads no weights.
 */

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { isLavisFolder } from "../../convert/lavis/lavisFolder";
import { CONFIG_FILE, MANIFEST_FILE } from "../../model/folder/manifest";

export interface FoundCheckpoint {
  readonly folder: string;
  /** What people call it: of a download, the name of its repository. */
  readonly name: string;
}

/** A download in the cache: `models--`, the owner, `--`, the repository's name. */
const CACHE_FOLDER = /^models--(?:.+--)?(.+)$/;
const SNAPSHOTS = "snapshots";
/** What refs/main holds; anything else could be a path. */
const COMMIT = /^[0-9a-f]{40}$/;
/** More neighbours than any collection of checkpoints has; home folders have many. */
const MAX_SUBFOLDERS = 500;

/**
 * Finds the checkpoint. A folder that holds none is returned as it is: whoever opens it says what is
 * missing.
 * @throws AppError `checkpoint.missing` for a download without its files and for a choice of several,
 * `checkpoint.unsupported` for a folder that is a converted model.
 */
export async function findCheckpoint(folder: string): Promise<FoundCheckpoint> {
  const given = path.resolve(folder);
  if (await isModel(given)) {
    throw new AppError(
      "checkpoint.unsupported",
      `${folder} is a model that is converted already. Use it by its folder, or choose the checkpoint that it was made from.`,
      { detail: { file: folder } },
    );
  }
  const here = await checkpointAt(given);
  if (here !== undefined) return here;
  const below = await checkpointsBelow(given);
  const [only, ...others] = below;
  if (only === undefined) return { folder: given, name: path.basename(given) };
  if (others.length === 0) return only;
  const names = below.map(({ name }) => name).join(", ");
  throw new AppError(
    "checkpoint.missing",
    `${folder} holds ${below.length} checkpoints: ${names}. Choose the folder of one of them.`,
    { detail: { file: folder } },
  );
}

/** The checkpoint that a folder is, directly or as a download; undefined for any other folder. */
async function checkpointAt(folder: string): Promise<FoundCheckpoint | undefined> {
  // A converted model keeps the configuration of its checkpoint.
  if (await isModel(folder)) return undefined;
  if (await isFile(path.join(folder, CONFIG_FILE))) return { folder, name: nameOf(folder) };
  // The parts of a release of LAVIS; its language model lies below.
  if (isLavisFolder(await fileNames(folder))) return { folder, name: path.basename(folder) };
  const repository = CACHE_FOLDER.exec(path.basename(folder))?.[1];
  const snapshots = await subfolders(path.join(folder, SNAPSHOTS));
  if (repository === undefined && snapshots.length === 0) return undefined;
  const snapshot = await currentSnapshot(folder, snapshots);
  if (snapshot !== undefined) return { folder: snapshot, name: nameOf(snapshot) };
  throw new AppError(
    "checkpoint.missing",
    `${folder} is a folder of the Hugging Face cache in which no download is complete. Download the checkpoint again, or choose another folder.`,
    { detail: { file: folder } },
  );
}

/** The snapshot of the main branch, or the only one. */
async function currentSnapshot(
  folder: string,
  snapshots: readonly string[],
): Promise<string | undefined> {
  const text = await readFile(path.join(folder, "refs", "main"), "utf8").catch(() => "");
  const commit = text.trim();
  const main = COMMIT.test(commit) && snapshots.includes(commit) ? commit : undefined;
  const name = main ?? (snapshots.length === 1 ? snapshots[0] : undefined);
  if (name === undefined) return undefined;
  const snapshot = path.join(folder, SNAPSHOTS, name);
  return (await isFile(path.join(snapshot, CONFIG_FILE))) ? snapshot : undefined;
}

async function checkpointsBelow(folder: string): Promise<readonly FoundCheckpoint[]> {
  const found: FoundCheckpoint[] = [];
  for (const name of (await subfolders(folder)).slice(0, MAX_SUBFOLDERS)) {
    // A neighbour that is half downloaded does not hide the checkpoint beside it.
    const checkpoint = await checkpointAt(path.join(folder, name)).catch(() => undefined);
    if (checkpoint !== undefined) found.push(checkpoint);
  }
  return found;
}

/** A snapshot's own name is a commit, which tells people nothing. */
function nameOf(folder: string): string {
  const own = path.basename(folder);
  const above = path.dirname(folder);
  if (!COMMIT.test(own) || path.basename(above) !== SNAPSHOTS) return own;
  const cache = path.basename(path.dirname(above));
  return CACHE_FOLDER.exec(cache)?.[1] ?? cache;
}

async function fileNames(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(folder).catch(() => []));
}

async function subfolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."),
    )
    .map(({ name }) => name)
    .sort();
}

async function isModel(folder: string): Promise<boolean> {
  return await isFile(path.join(folder, MANIFEST_FILE));
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true;
}
