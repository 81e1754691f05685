/** What applies to each document: flags, then the configurations above it. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import {
  baselineOf,
  ConfigChain,
  configFor,
  isIgnored,
  MAX_CONFIG_BYTES,
  type DocumentConfig,
  type PlacedConfig,
} from "../../audit/config/configChain";
import type { Level, RuleId } from "../../audit/rule";
import { AppError } from "../../base/errors";

/** What flags say of every document; as commander gives them. */
export interface ConfigFlags {
  readonly component?: readonly string[];
  readonly siteRoot?: readonly string[];
  /** This configuration and no other. */
  readonly config?: string;
}

export type RuleLevels = ReadonlyMap<RuleId, Level | "off">;

export class DocumentConfigs {
  readonly #flags: ConfigFlags;
  readonly #levels: RuleLevels;
  readonly #chain = new ConfigChain(readConfigText);
  #named: readonly PlacedConfig[] | undefined;
  /** Those of the folder that the program runs in. */
  #here: readonly PlacedConfig[] = [];

  private constructor(flags: ConfigFlags, levels: RuleLevels) {
    this.#flags = flags;
    this.#levels = levels;
  }

  /**
   * @param levels of rules, in place of what configurations say.
   * @throws AppError `option.invalid` for a configuration with a mistake in it.
   */
  static async from(flags: ConfigFlags, levels: RuleLevels = new Map()): Promise<DocumentConfigs> {
    const configs = new DocumentConfigs(flags, levels);
    if (flags.config !== undefined) {
      configs.#named = await configs.#chain.load(path.resolve(flags.config));
      if (configs.#named === undefined) {
        throw new AppError(
          "option.invalid",
          `There is no configuration ${flags.config}. Check --config.`,
        );
      }
    }
    configs.#here = configs.#named ?? (await configs.#chain.above(process.cwd()));
    return configs;
  }

  /** The baseline that the configuration of this folder names. */
  get baseline(): string | undefined {
    return baselineOf(this.#here);
  }

  async ignores(file: string): Promise<boolean> {
    return isIgnored(await this.#configsOf(file), file);
  }

  async of(file: string): Promise<DocumentConfig> {
    const { components, siteRoots, audit } = configFor(await this.#configsOf(file), file);
    const { component = [], siteRoot = [] } = this.#flags;
    return {
      components: [...component, ...components],
      siteRoots: [...siteRoot, ...siteRoots],
      audit: { ...audit, levels: new Map([...audit.levels, ...this.#levels]) },
    };
  }

  /** For `--print-config`: what applies to a file, and which files say so. */
  async explained(file: string): Promise<unknown> {
    const configs = await this.#configsOf(file);
    const { components, siteRoots, audit } = await this.of(file);
    const { levels, options, honorsOthers } = audit;
    return {
      file,
      isIgnored: await this.ignores(file),
      from: configs.map((placed) => placed.file),
      rules: Object.fromEntries(levels),
      components,
      siteRoots,
      maxLength: options.maxLength,
      title: options.title,
      words: { allowed: [...options.allowed], placeholders: [...options.placeholders] },
      honorOtherTools: honorsOthers,
    };
  }

  #configsOf(file: string): Promise<readonly PlacedConfig[]> {
    if (this.#named !== undefined) return Promise.resolve(this.#named);
    return this.#chain.above(path.dirname(path.resolve(file)));
  }
}

/** @throws AppError `option.invalid` for a file that is too large to be one, or cannot be read. */
async function readConfigText(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > MAX_CONFIG_BYTES) {
    throw new AppError("option.invalid", `${file} is too large for a configuration. Correct it.`);
  }
  return await readFile(file, "utf8").catch((cause: unknown) => {
    const message = `${file} cannot be read. Check its permissions.`;
    throw new AppError("option.invalid", message, { cause });
  });
}
