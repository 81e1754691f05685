/** The disk as addresses of pictures are resolved against it: each answer is kept for one run. */

import type { Stats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { ResolveFiles } from "../alt/resolve/resolveTarget";
import { MAX_SMALL_BYTES } from "../alt/site/place";

/** A configuration is a few kilobytes; a larger file is something else. */
const MAX_CONFIG_BYTES = 1 << 20;

export class DiskFiles implements ResolveFiles {
  readonly #files = new Map<string, Promise<Stats | undefined>>();
  readonly #small = new Map<string, Promise<Uint8Array | undefined>>();
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #lists = new Map<string, Promise<readonly string[] | undefined>>();
  readonly #projects = new Map<string, Promise<string | undefined>>();

  async exists(file: string): Promise<boolean> {
    return (await this.#fileAt(file)) !== undefined;
  }

  /** Changes whenever a file of at most `MAX_SMALL_BYTES` does; the same for all others. */
  async versionOfSmall(file: string): Promise<string> {
    const found = await this.#fileAt(file);
    if (found === undefined || found.size > MAX_SMALL_BYTES) return "";
    return `${found.size} ${found.mtimeMs}`;
  }

  readonly readSmall = async (file: string): Promise<Uint8Array | undefined> => {
    const found = await this.#fileAt(file);
    if (found === undefined || found.size > MAX_SMALL_BYTES) return undefined;
    return kept(this.#small, file, (name) => readFile(name).catch(() => undefined));
  };

  #fileAt(file: string): Promise<Stats | undefined> {
    return kept(this.#files, file, statOf);
  }

  readText(file: string): Promise<string | undefined> {
    return kept(this.#texts, file, readConfig);
  }

  list(folder: string): Promise<readonly string[] | undefined> {
    return kept(this.#lists, folder, namesIn);
  }

  /** The nearest folder, this one or one above, that is a project of its own. */
  projectOf(folder: string): Promise<string | undefined> {
    return kept(this.#projects, folder, async () => {
      for (const mark of [".git", "package.json"]) {
        if ((await stat(path.join(folder, mark)).catch(() => undefined)) !== undefined) {
          return folder;
        }
      }
      const above = path.dirname(folder);
      return above === folder ? undefined : await this.projectOf(above);
    });
  }
}

function kept<T>(
  known: Map<string, Promise<T>>,
  key: string,
  ask: (key: string) => Promise<T>,
): Promise<T> {
  const answer = known.get(key) ?? ask(key);
  known.set(key, answer);
  return answer;
}

async function statOf(file: string): Promise<Stats | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? found : undefined;
}

async function readConfig(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size > MAX_CONFIG_BYTES) return undefined;
  return readFile(file, "utf8").catch(() => undefined);
}

/** Links to folders are no folders here, so that a walk over them ends. */
async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return entries?.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
}
