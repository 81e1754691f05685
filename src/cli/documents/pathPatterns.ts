/** Paths with `*` and the like, which shells of Windows and scripts in package.json pass on as they are. */

import { lstat } from "node:fs/promises";
import path from "node:path";
import picomatch from "picomatch";
import { AppError } from "../../base/errors";

/** What is named on a command line: paths, and patterns of paths. */
export interface GivenPaths {
  /** In the order in which they were given. */
  readonly wanted: readonly (string | PathPattern)[];
  /** True for a path that a pattern with `!` takes out. */
  isExcluded(file: string): boolean;
}

export interface PathPattern {
  /** As it was given. */
  readonly pattern: string;
  /** The folder that holds everything that can match. */
  readonly base: string;
  /** True for a file that matches, and for one in a folder that does. */
  matches(file: string): boolean;
}

/** Whether a backslash parts folders; elsewhere it takes away the meaning of what follows it. */
export interface PatternSystem {
  readonly isWindows: boolean;
}

const THIS_SYSTEM: PatternSystem = { isWindows: process.platform === "win32" };

/** `*`, `?`, `[ab]`, `{a,b}`, `{1..3}` and `!(a|b)` with its kin. */
const MAGIC = /[*?]|\[[^\]]+\]|\{[^{}]*(?:,|\.\.)[^{}]*\}|[!@+]\(/;

/**
 * Tells patterns from paths: what lies there under the very name is a path, whatever it is called.
 * @throws AppError `option.invalid` when something is taken out and nothing is named.
 */
export async function readGivenPaths(
  given: readonly string[],
  system: PatternSystem = THIS_SYSTEM,
): Promise<GivenPaths> {
  const wanted: (string | PathPattern)[] = [];
  const excluded: PathPattern[] = [];
  for (const text of given) {
    const isExclusion = /^!(?!\()./.test(text);
    if (await isThere(text)) wanted.push(text);
    else if (isExclusion) excluded.push(await patternOf(text.slice(1), system));
    else wanted.push(MAGIC.test(text) ? await patternOf(text, system) : text);
  }
  if (wanted.length === 0 && excluded.length > 0) {
    throw new AppError(
      "option.invalid",
      `${given.join(" ")} takes files out, and nothing is named to take them from. Name a file, a folder or a pattern, too.`,
    );
  }
  return { wanted, isExcluded: (file) => excluded.some((pattern) => pattern.matches(file)) };
}

async function patternOf(pattern: string, { isWindows }: PatternSystem): Promise<PathPattern> {
  const slashed = isWindows ? pattern.replaceAll("\\", "/") : pattern;
  const { base, rest } = await splitAtFirstMagic(slashed);
  const root = absolute(base);
  const isMatch =
    rest === ""
      ? (): boolean => true
      : picomatch(asShells(rest), { dot: true, nocase: isWindows, windows: false });
  return {
    pattern,
    base,
    matches: (file) => {
      const target = absolute(file);
      if (target === root) return rest === "";
      if (!target.startsWith(root === "/" ? root : `${root}/`)) return false;
      const parts = target.slice(root === "/" ? 1 : root.length + 1).split("/");
      return parts.some((_, index) => isMatch(parts.slice(0, index + 1).join("/")));
    },
  };
}

/** What to say when a pattern finds nothing. @param kind what was looked for, such as `document`. */
export function nothingMatches({ pattern, base }: PathPattern, kind: string): string {
  const folder = base === "." ? "this folder" : base;
  return `Nothing matches ${pattern}: there is no such ${kind} in ${folder}. Check the pattern.`;
}

/** Folders that are there under their very names come first, such as `app/[slug]` of Next.js. */
async function splitAtFirstMagic(
  slashed: string,
): Promise<{ readonly base: string; readonly rest: string }> {
  const segments = slashed.replace(/\/+$/, "").split("/");
  let base = "";
  for (const [index, segment] of segments.entries()) {
    const name = segment.replace(/\\(.)/g, "$1");
    const isDrive = index === 0 && /^[a-z]:$/i.test(name);
    const next = index === 0 ? (name === "" ? "/" : name) : path.posix.join(base, name);
    if (!isDrive && !(await isThere(next))) {
      return { base: base === "" ? "." : base, rest: segments.slice(index).join("/") };
    }
    base = isDrive ? `${name}/` : next;
  }
  return { base, rest: "" };
}

/**
 * As shells read it: brackets around no choice are part of a name, such as `(site)` of Next.js, and
 * `[!ab]` is any letter but these.
 */
function asShells(pattern: string): string {
  return pattern.replace(/(?<![!?+*@\\])\(([^()|]*)\)/g, "\\($1\\)").replaceAll("[!", "[^");
}

function absolute(file: string): string {
  const slashed = path.resolve(file).split(path.sep).join("/");
  return slashed.length > 1 ? slashed.replace(/\/$/, "") : slashed;
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
