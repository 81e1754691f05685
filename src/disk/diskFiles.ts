/** The disk as addresses of pictures are resolved against it: each answer is kept for one run. */

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { ResolveFiles } from "../alt/resolve/resolveTarget";

/** A configuration is a few kilobytes; a larger file is something else. */
const MAX_CONFIG_BYTES = 1 << 20;

export class DiskFiles implements ResolveFiles {
  readonly #exists = new Map<string, Promise<boolean>>();
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #lists = new Map<string, Promise<readonly string[] | undefined>>();
  readonly #projects = new Map<string, Promise<string | undefined>>();

  exists(file: string): Promise<boolean> {
    return kept(this.#exists, file, isFile);
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

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
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
