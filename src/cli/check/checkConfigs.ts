/** What applies to each document: flags, then the configurations above it, the nearest first. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_OPTIONS, type AuditSettings } from "../../audit/auditDocument";
import { CONFIG_NAME, readConfig, type AuditConfig } from "../../audit/config/auditConfig";
import type { Level, RuleId } from "../../audit/rule";
import { AppError } from "../../base/errors";
import { matchesPath } from "../documents/pathPatterns";
import { levelsOf, type CheckFlags } from "./checkFlags";

export interface DocumentConfig {
  readonly components: readonly string[];
  readonly siteRoots: readonly string[];
  readonly audit: AuditSettings;
}

/** A configuration and the folder that its patterns begin at. */
interface PlacedConfig {
  readonly file: string;
  readonly folder: string;
  readonly config: AuditConfig;
}

/** A configuration is a few kilobytes; a larger file is something else. */
const MAX_CONFIG_BYTES = 1 << 20;
/** More that build on each other are a circle. */
const MAX_EXTENDS = 16;

export class CheckConfigs {
  readonly #flags: CheckFlags;
  readonly #levels: ReadonlyMap<RuleId, Level | "off">;
  readonly #named: readonly PlacedConfig[] | undefined;
  readonly #byFolder = new Map<string, Promise<readonly PlacedConfig[]>>();

  private constructor(flags: CheckFlags, named: readonly PlacedConfig[] | undefined) {
    this.#flags = flags;
    this.#levels = levelsOf(flags);
    this.#named = named;
  }

  /** @throws AppError `option.invalid` for flags or a configuration with a mistake in it. */
  static async from(flags: CheckFlags): Promise<CheckConfigs> {
    if (flags.config === undefined) {
      const configs = new CheckConfigs(flags, undefined);
      await configs.#above(process.cwd());
      configs.#here = await configs.#above(process.cwd());
      return configs;
    }
    const named = await loadConfig(path.resolve(flags.config), 0);
    if (named === undefined) {
      throw new AppError(
        "option.invalid",
        `There is no configuration ${flags.config}. Check --config.`,
      );
    }
    const configs = new CheckConfigs(flags, named);
    configs.#here = named;
    return configs;
  }

  /** Those of the folder that the program runs in. */
  #here: readonly PlacedConfig[] = [];

  /** The baseline that the configuration of this folder names. */
  get baseline(): string | undefined {
    const found = this.#here.find(({ config }) => config.baseline !== undefined);
    return found === undefined ? undefined : path.join(found.folder, found.config.baseline ?? "");
  }

  async ignores(file: string): Promise<boolean> {
    const configs = await this.#configsOf(file);
    return configs.some((placed) => {
      const { ignore = [], include } = placed.config;
      const isOut = include !== undefined && !matchesPath(include, file, placed.folder);
      return isOut || matchesPath(ignore, file, placed.folder);
    });
  }

  async of(file: string): Promise<DocumentConfig> {
    const configs = await this.#configsOf(file);
    const all = <T>(read: (config: AuditConfig) => readonly T[] | undefined): T[] =>
      configs.flatMap(({ config }) => read(config) ?? []);
    const first = <T>(read: (config: AuditConfig) => T | undefined): T | undefined =>
      configs.map(({ config }) => read(config)).find((value) => value !== undefined);
    const { component = [], siteRoot = [] } = this.#flags;
    return {
      components: [...component, ...all(({ components }) => components)],
      siteRoots: [...siteRoot, ...all(({ siteRoots }) => siteRoots)],
      audit: {
        levels: this.#levelsFor(file, configs),
        honorsOthers: first(({ honorOtherTools }) => honorOtherTools) ?? true,
        options: {
          maxLength: first(({ maxLength }) => maxLength) ?? DEFAULT_OPTIONS.maxLength,
          title: first(({ title }) => title) ?? DEFAULT_OPTIONS.title,
          allowed: new Set(all(({ words }) => words?.allowed).map((word) => word.toLowerCase())),
          placeholders: new Set(
            all(({ words }) => words?.placeholders).map((word) => word.toLowerCase()),
          ),
        },
      },
    };
  }

  /** For `--print-config`: what applies to a file, and which files say so. */
  async explained(file: string): Promise<unknown> {
    const configs = await this.#configsOf(file);
    const { components, siteRoots, audit } = await this.of(file);
    const { levels = new Map<RuleId, Level>(), options, honorsOthers } = audit;
    return {
      file,
      isIgnored: await this.ignores(file),
      from: configs.map((placed) => placed.file),
      rules: Object.fromEntries(levels),
      components,
      siteRoots,
      maxLength: options?.maxLength,
      title: options?.title,
      words: {
        allowed: [...(options?.allowed ?? [])],
        placeholders: [...(options?.placeholders ?? [])],
      },
      honorOtherTools: honorsOthers,
    };
  }

  /** Flags last, the farthest configuration first; in one of them its overrides behind its rules. */
  #levelsFor(file: string, configs: readonly PlacedConfig[]): Map<RuleId, Level | "off"> {
    const levels = new Map<RuleId, Level | "off">();
    for (const placed of [...configs].reverse()) {
      const { rules, overrides = [] } = placed.config;
      for (const [id, level] of rules ?? []) levels.set(id, level);
      for (const override of overrides) {
        if (!matchesPath(override.files, file, placed.folder)) continue;
        for (const [id, level] of override.rules) levels.set(id, level);
      }
    }
    for (const [id, level] of this.#levels) levels.set(id, level);
    return levels;
  }

  #configsOf(file: string): Promise<readonly PlacedConfig[]> {
    if (this.#named !== undefined) return Promise.resolve(this.#named);
    return this.#above(path.dirname(path.resolve(file)));
  }

  /** Those of a folder and of the folders above, the nearest first, up to one that is a root. */
  #above(folder: string): Promise<readonly PlacedConfig[]> {
    const known = this.#byFolder.get(folder) ?? this.#search(folder);
    this.#byFolder.set(folder, known);
    return known;
  }

  async #search(folder: string): Promise<readonly PlacedConfig[]> {
    const own = await loadConfig(path.join(folder, CONFIG_NAME), 0);
    const above = path.dirname(folder);
    if (own?.some(({ config }) => config.root === true) === true || above === folder) {
      return own ?? [];
    }
    return [...(own ?? []), ...(await this.#above(above))];
  }
}

/** A configuration, and behind it those that it builds on; undefined where there is no file. */
async function loadConfig(file: string, depth: number): Promise<PlacedConfig[] | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > MAX_CONFIG_BYTES || depth > MAX_EXTENDS) {
    throw new AppError("option.invalid", `${file} is too large, or builds on itself. Correct it.`);
  }
  const config = readConfig(await readFile(file, "utf8"), file);
  const folder = path.dirname(file);
  const bases: PlacedConfig[] = [];
  for (const name of config.extends ?? []) {
    const base = await loadConfig(path.resolve(folder, name), depth + 1);
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
