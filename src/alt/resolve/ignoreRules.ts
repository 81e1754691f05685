/** What .gitignore files say about the files and folders of a search. Paths are absolute, with slashes. */

import ignore, { type Ignore } from "ignore";
import { folderOf, joinPath } from "./slashPath";

/** A .gitignore of a project has a few hundred lines at most. */
export const MAX_IGNORE_BYTES = 1 << 18;

/** What the rules ask of a file system. */
export interface IgnoreFiles {
  /** Undefined where there is no file, or one of more than `MAX_IGNORE_BYTES`. */
  readText(path: string): Promise<string | undefined>;
  /** True for a file or folder. */
  exists(path: string): Promise<boolean>;
  /** True where `A` and `a` are one name. */
  readonly ignoresCase: boolean;
  /** Files of rules that count more than .gitignore, a later one before an earlier. @default none */
  readonly ownNames?: readonly string[];
}

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
  static async forNamed(folder: string, files: IgnoreFiles): Promise<IgnoreRules | undefined> {
    const repository = await repositoryOf(folder, files);
    const names = repository === undefined ? [] : below(repository, folder).split("/");
    let rules: IgnoreRules | undefined;
    let current = repository ?? folder;
    for (const name of names.filter((part) => part !== "")) {
      rules = await IgnoreRules.within(current, rules, files);
      current = joinPath(current, name);
      if (rules?.ignores(current, "folder") === true) rules = undefined;
    }
    return IgnoreRules.within(folder, rules, files);
  }

  /** The rules for the content of a folder that the search came to. */
  static async within(
    folder: string,
    outer: IgnoreRules | undefined,
    files: IgnoreFiles,
  ): Promise<IgnoreRules | undefined> {
    // What a person ignores for himself counts less than what the project does.
    const { ownNames = [] } = files;
    const names = [".git/info/exclude", ".gitignore", ...ownNames].map((name) =>
      joinPath(folder, name),
    );
    const texts = await Promise.all(names.map((name) => files.readText(name)));
    const own = texts
      .filter((text) => text !== undefined)
      .map((text) => rulesOf(text, files))
      .reverse();
    return own.length === 0 ? outer : new IgnoreRules(folder, own, outer);
  }

  /** True when the innermost rule that speaks of a path says so, as git decides it. */
  ignores(target: string, kind: "file" | "folder"): boolean {
    const relative = below(this.#base, target);
    for (const rules of this.#own) {
      const verdict = rules.test(kind === "folder" ? `${relative}/` : relative);
      if (verdict.ignored) return true;
      if (verdict.unignored) return false;
    }
    return this.#outer?.ignores(target, kind) ?? false;
  }
}

/** The nearest folder above that holds a repository. */
async function repositoryOf(folder: string, files: IgnoreFiles): Promise<string | undefined> {
  for (let current = folder; ; current = folderOf(current)) {
    if (await files.exists(joinPath(current, ".git"))) return current;
    const above = folderOf(current);
    // The root, or a drive.
    if (above === current || above === ".") return undefined;
  }
}

/** The rest of a path behind a folder that holds it; empty for the folder itself. */
function below(folder: string, path: string): string {
  return path.slice(folder.length).replace(/^\/+/, "");
}

function rulesOf(text: string, { ignoresCase }: IgnoreFiles): Ignore {
  // Patterns become regular expressions; a line that would take them years is nobody's.
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter(isCheap);
  return ignore({ allowRelativePaths: true, ignorecase: ignoresCase }).add(lines);
}

/** Each star that is tried against a long name multiplies the time; people use one or two. */
function isCheap(line: string): boolean {
  const segments = line.split("/");
  const nDeep = segments.filter((segment) => segment.includes("**")).length;
  return nDeep <= 3 && segments.every((segment) => segment.split("*").length <= 5);
}
