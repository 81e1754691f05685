/** Import aliases: `paths` of tsconfig.json or jsconfig.json, and what bundlers' templates agree on. */

import { fieldOf } from "../ownField";
import { folderOf, joinPath } from "./slashPath";

export interface AliasFiles {
  /** The text of a file; undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
}

/** `extends` of `extends` …: more is a joke. */
const MAX_CONFIGS = 16;

interface PathConfig {
  /** Where the targets of the aliases begin. */
  readonly base: string;
  readonly hasBaseUrl: boolean;
  /** Pattern with at most one star → targets with at most one star. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/**
 * The paths that an import may mean by its alias, the best first; empty when no alias fits.
 * @param folders where a configuration may lie, the document's own folder first.
 */
export async function aliasedPaths(
  specifier: string,
  folders: readonly string[],
  files: AliasFiles,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const name of ["tsconfig.json", "jsconfig.json"]) {
      const config = await readConfig(joinPath(folder, name), { files, seen: new Set() });
      if (config === undefined) continue;
      found.push(...matches(specifier, config));
      if (config.hasBaseUrl && !specifier.startsWith(".")) {
        found.push(joinPath(config.base, specifier));
      }
    }
    found.push(...conventional(specifier, folder));
  }
  return [...new Set(found)];
}

/** `@/` and `~/` mean the sources in the templates of Vue, Nuxt, Vite and Next.js. */
function conventional(specifier: string, folder: string): string[] {
  const prefix = ["@/", "~/", "~@/", "@@/", "~~/", "$lib/"].find((alias) =>
    specifier.startsWith(alias),
  );
  if (prefix === undefined) return [];
  const rest = specifier.slice(prefix.length);
  if (prefix === "$lib/") return [joinPath(folder, `src/lib/${rest}`)];
  return [joinPath(folder, `src/${rest}`), joinPath(folder, `app/${rest}`), joinPath(folder, rest)];
}

interface ConfigReading {
  readonly files: AliasFiles;
  /** Configurations that were read already; each counts once, so a circle ends. */
  readonly seen: Set<string>;
}

async function readConfig(file: string, reading: ConfigReading): Promise<PathConfig | undefined> {
  if (reading.seen.has(file) || reading.seen.size >= MAX_CONFIGS) return undefined;
  reading.seen.add(file);
  const text = await reading.files.readText(file);
  if (text === undefined) return undefined;
  const { looseJson } = await import("../formats/script/looseJson");
  const json = looseJson(text);
  const options = fieldOf(json, "compilerOptions");
  const folder = folderOf(file);
  const baseUrl = fieldOf(options, "baseUrl");
  const paths = pathsOf(fieldOf(options, "paths"));
  const parent = await extendedConfig(json, folder, reading);
  const base = typeof baseUrl === "string" ? joinPath(folder, baseUrl) : undefined;
  // Targets begin at baseUrl, and without one at the file that has the paths.
  const own = { base: base ?? (parent?.hasBaseUrl === true ? parent.base : folder), paths };
  return {
    ...(paths.size > 0
      ? own
      : { base: base ?? parent?.base ?? folder, paths: parent?.paths ?? paths }),
    hasBaseUrl: base !== undefined || parent?.hasBaseUrl === true,
  };
}

async function extendedConfig(
  json: unknown,
  folder: string,
  reading: ConfigReading,
): Promise<PathConfig | undefined> {
  const value = fieldOf(json, "extends");
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  let config: PathConfig | undefined;
  for (const name of names) {
    // A configuration from a package has no aliases for this project.
    if (typeof name !== "string" || !name.startsWith(".")) continue;
    const file = joinPath(folder, name.endsWith(".json") ? name : `${name}.json`);
    const next = await readConfig(file, reading);
    if (next !== undefined && (next.paths.size > 0 || next.hasBaseUrl)) config = next;
  }
  return config;
}

function pathsOf(value: unknown): Map<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  if (typeof value !== "object" || value === null) return paths;
  for (const [pattern, targets] of Object.entries(value)) {
    if (Array.isArray(targets)) {
      paths.set(
        pattern,
        targets.filter((target) => typeof target === "string"),
      );
    }
  }
  return paths;
}

/** As TypeScript matches: an exact pattern first, then the longest text before the star. */
function matches(specifier: string, config: PathConfig): string[] {
  const fitting = [...config.paths]
    .map(([pattern, targets]) => ({ star: starText(specifier, pattern), pattern, targets }))
    .filter((match): match is typeof match & { star: string } => match.star !== undefined)
    .sort((a, b) => prefixLength(b.pattern) - prefixLength(a.pattern));
  return fitting.flatMap(({ star, targets }) =>
    targets.map((target) =>
      joinPath(
        config.base,
        target.replace("*", () => star),
      ),
    ),
  );
}

/** What the star stands for, empty for an exact match; undefined when the pattern does not fit. */
function starText(specifier: string, pattern: string): string | undefined {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === specifier ? "" : undefined;
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  const isFitting =
    specifier.length >= before.length + after.length &&
    specifier.startsWith(before) &&
    specifier.endsWith(after);
  return isFitting ? specifier.slice(before.length, specifier.length - after.length) : undefined;
}

function prefixLength(pattern: string): number {
  const star = pattern.indexOf("*");
  return star < 0 ? Infinity : star;
}
