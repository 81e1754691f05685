/** What applies to a document: the configurations above it, the nearest first. Knows no file system but a port. */

import path from "node:path";
import { AppError } from "../../base/errors";
import type { AuditSettings } from "../auditDocument";
import type { Level, RuleId } from "../rule";
import { CONFIG_NAME, readConfig, type AuditConfig } from "./auditConfig";
import { DEFAULT_OPTIONS } from "./defaultOptions";
import { matchesPath } from "./pathMatch";

/** A configuration is a few kilobytes; a larger file is something else. */
export const MAX_CONFIG_BYTES = 1 << 20;
/** More that build on each other are a circle. */
const MAX_EXTENDS = 16;

/** The text of a file by its absolute path; undefined where there is none, or one that is too large. */
export type ReadConfigText = (file: string) => Promise<string | undefined>;

/** A configuration and the folder that its patterns begin at. */
export interface PlacedConfig {
  readonly file: string;
  readonly folder: string;
  readonly config: AuditConfig;
}

export interface DocumentConfig {
  readonly components: readonly string[];
  readonly siteRoots: readonly string[];
  readonly audit: AuditSettings & Required<Pick<AuditSettings, "levels" | "options">>;
}

/** Each folder's configurations are read once. */
export class ConfigChain {
  readonly #read: ReadConfigText;
  readonly #byFolder = new Map<string, Promise<readonly PlacedConfig[]>>();

  constructor(read: ReadConfigText) {
    this.#read = read;
  }

  /**
   * Those of a folder and of the folders above, the nearest first, up to one that is a root.
   * @throws AppError `option.invalid` for a configuration with a mistake in it.
   */
  above(folder: string): Promise<readonly PlacedConfig[]> {
    const known = this.#byFolder.get(folder) ?? this.#search(folder);
    this.#byFolder.set(folder, known);
    return known;
  }

  /**
   * A configuration, and behind it those that it builds on; undefined where there is no file.
   * @throws AppError `option.invalid`.
   */
  async load(file: string, depth = 0): Promise<PlacedConfig[] | undefined> {
    const text = await this.#read(file);
    if (text === undefined) return undefined;
    if (depth > MAX_EXTENDS) {
      throw new AppError("option.invalid", `${file} builds on itself. Correct it.`);
    }
    const config = readConfig(text, file);
    const folder = path.dirname(file);
    const bases: PlacedConfig[] = [];
    for (const name of config.extends ?? []) {
      const base = await this.load(path.resolve(folder, name), depth + 1);
      if (base === undefined) {
        throw new AppError(
          "option.invalid",
          `${file} extends ${name}, which is not there. Correct it.`,
        );
      }
      bases.push(...base);
    }
    return [{ file, folder, config }, ...bases];
  }

  async #search(folder: string): Promise<readonly PlacedConfig[]> {
    const own = await this.load(path.join(folder, CONFIG_NAME));
    const above = path.dirname(folder);
    if (own?.some(({ config }) => config.root === true) === true || above === folder) {
      return own ?? [];
    }
    return [...(own ?? []), ...(await this.above(above))];
  }
}

/** True for a document that the configurations leave out. */
export function isIgnored(configs: readonly PlacedConfig[], file: string): boolean {
  return configs.some(({ config: { ignore = [], include }, folder }) => {
    const isOut = include !== undefined && !matchesPath(include, file, folder);
    return isOut || matchesPath(ignore, file, folder);
  });
}

/** What the configurations say of a document, together. */
export function configFor(configs: readonly PlacedConfig[], file: string): DocumentConfig {
  const all = <T>(read: (config: AuditConfig) => readonly T[] | undefined): T[] =>
    configs.flatMap(({ config }) => read(config) ?? []);
  const first = <T>(read: (config: AuditConfig) => T | undefined): T | undefined =>
    configs.map(({ config }) => read(config)).find((value) => value !== undefined);
  const words = (read: (config: AuditConfig) => readonly string[] | undefined): Set<string> =>
    new Set(all(read).map((word) => word.toLowerCase()));
  return {
    components: all(({ components }) => components),
    siteRoots: all(({ siteRoots }) => siteRoots),
    audit: {
      levels: levelsFor(configs, file),
      honorsOthers: first(({ honorOtherTools }) => honorOtherTools) ?? true,
      options: {
        maxLength: first(({ maxLength }) => maxLength) ?? DEFAULT_OPTIONS.maxLength,
        title: first(({ title }) => title) ?? DEFAULT_OPTIONS.title,
        allowed: words((config) => config.words?.allowed),
        placeholders: words((config) => config.words?.placeholders),
      },
    },
  };
}

/** The name of the baseline where no configuration gives another. */
export const DEFAULT_BASELINE = ".sightline-baseline.json";

/** The path of the baseline that configurations name; undefined where they name none. */
export function baselineOf(configs: readonly PlacedConfig[]): string | undefined {
  const found = configs.find(({ config }) => config.baseline !== undefined);
  return found === undefined ? undefined : path.join(found.folder, found.config.baseline ?? "");
}

/** The farthest configuration first; in one of them its overrides behind its rules. */
function levelsFor(
  configs: readonly PlacedConfig[],
  file: string,
): ReadonlyMap<RuleId, Level | "off"> {
  const levels = new Map<RuleId, Level | "off">();
  for (const { config, folder } of [...configs].reverse()) {
    for (const [id, level] of config.rules ?? []) levels.set(id, level);
    for (const override of config.overrides ?? []) {
      if (!matchesPath(override.files, file, folder)) continue;
      for (const [id, level] of override.rules) levels.set(id, level);
    }
  }
  return levels;
}
