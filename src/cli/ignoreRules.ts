/** What .gitignore files say about the files and folders of a search. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import ignore, { type Ignore } from "ignore";

/** A .gitignore of a project has a few hundred lines at most. */
const MAX_IGNORE_BYTES = 1 << 18;

/**
 * The rules that hold in a folder: those of its own .gitignore, then those of the folders above it.
 * A folder that was named although it is ignored is searched, so outer rules end there.
 */
export class IgnoreRules {
  readonly #base: string;
  readonly #own: readonly Ignore[];
  readonly #outer: IgnoreRules | undefined;

  private constructor(base: string, own: readonly Ignore[], outer: IgnoreRules | undefined) {
    this.#base = base;
    this.#own = own;
    this.#outer = outer;
  }

  /** The rules for the content of a folder that was named, from its repository down to it. */
  static async forNamed(folder: string): Promise<IgnoreRules | undefined> {
    const absolute = path.resolve(folder);
    const repository = await repositoryOf(absolute);
    const names =
      repository === undefined ? [] : path.relative(repository, absolute).split(path.sep);
    let rules: IgnoreRules | undefined;
    let current = repository ?? absolute;
    for (const name of names.filter((part) => part !== "")) {
      rules = await IgnoreRules.within(current, rules);
      current = path.join(current, name);
      if (rules?.ignores(current, "folder") === true) rules = undefined;
    }
    return IgnoreRules.within(absolute, rules);
  }

  /** The rules for the content of a folder that the search came to. */
  static async within(
    folder: string,
    outer: IgnoreRules | undefined,
  ): Promise<IgnoreRules | undefined> {
    const absolute = path.resolve(folder);
    // What a person ignores for himself counts less than what the project does.
    const files = [
      path.join(absolute, ".git", "info", "exclude"),
      path.join(absolute, ".gitignore"),
    ];
    const texts = (await Promise.all(files.map(readRules))).filter((text) => text !== undefined);
    const own = texts.map(rulesOf).reverse();
    return own.length === 0 ? outer : new IgnoreRules(absolute, own, outer);
  }

  /** True when the innermost rule that speaks of a path says so, as git decides it. */
  ignores(target: string, kind: "file" | "folder"): boolean {
    const relative = path.relative(this.#base, path.resolve(target)).split(path.sep).join("/");
    for (const rules of this.#own) {
      const verdict = rules.test(kind === "folder" ? `${relative}/` : relative);
      if (verdict.ignored) return true;
      if (verdict.unignored) return false;
    }
    return this.#outer?.ignores(target, kind) ?? false;
  }
}

/** The nearest folder above that holds a repository. */
async function repositoryOf(folder: string): Promise<string | undefined> {
  for (let current = folder; ; current = path.dirname(current)) {
    const found = await stat(path.join(current, ".git")).catch(() => undefined);
    if (found !== undefined) return current;
    if (path.dirname(current) === current) return undefined;
  }
}

async function readRules(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size > MAX_IGNORE_BYTES) return undefined;
  return readFile(file, "utf8").catch(() => undefined);
}

function rulesOf(text: string): Ignore {
  // Patterns become regular expressions; a line that would take them years is nobody's.
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter(isCheap);
  const ignorecase = process.platform === "win32" || process.platform === "darwin";
  return ignore({ allowRelativePaths: true, ignorecase }).add(lines);
}

/** Each star that is tried against a long name multiplies the time; people use one or two. */
function isCheap(line: string): boolean {
  const segments = line.split("/");
  const nDeep = segments.filter((segment) => segment.includes("**")).length;
  return nDeep <= 3 && segments.every((segment) => segment.split("*").length <= 5);
}
