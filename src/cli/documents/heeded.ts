/** What a project and its authors said about its pictures: configurations, and comments that take findings back. */

import type { DocumentConfig } from "../../audit/config/configChain";
import { RULES } from "../../audit/ruleTable";
import { Suppressions } from "../../audit/suppressions";
import { CheckConfigs } from "../check/checkConfigs";
import {
  type DocumentFile,
  type DocumentText,
  findDocuments,
  type FoundDocuments,
  readDocument,
} from "./altDocuments";
import { type AltSettings, type DocumentImage, imagesOf } from "./altImages";

/** A document with its pictures, and what applies to it. */
export interface HeededDocument {
  readonly document: DocumentText;
  readonly images: readonly DocumentImage[];
}

export class HeededDocuments {
  readonly #configs: CheckConfigs;
  readonly #settings: AltSettings;

  private constructor(configs: CheckConfigs, settings: AltSettings) {
    this.#configs = configs;
    this.#settings = settings;
  }

  /** @throws AppError `option.invalid` for a configuration with a mistake in it. */
  static async with(settings: AltSettings): Promise<HeededDocuments> {
    const { components: component, siteRoots: siteRoot } = settings;
    return new HeededDocuments(await CheckConfigs.from({ component, siteRoot }), settings);
  }

  /** As `findDocuments`, without those that a configuration leaves out. */
  async find(paths: readonly string[], signal: AbortSignal): Promise<FoundDocuments> {
    const found = await findDocuments(paths, signal);
    const documents: DocumentFile[] = [];
    for (const document of found.documents) {
      if (!(await this.#configs.ignores(document.file))) documents.push(document);
    }
    return { ...found, documents };
  }

  /** What applies to a document in place of what holds for the run. */
  async settingsOf(file: string): Promise<AltSettings> {
    return this.#settingsIn(await this.#configs.of(file));
  }

  /** A problem that somebody took back is none. @throws AppError as `readDocument` and `imagesOf`. */
  async read(file: DocumentFile): Promise<HeededDocument> {
    const config = await this.#configs.of(file.file);
    const settings = this.#settingsIn(config);
    const document = await readDocument(file, settings.components);
    const images = await imagesOf(document, settings);
    return { document, images: heeded(document.text, images, config) };
  }

  #settingsIn({ components, siteRoots }: DocumentConfig): AltSettings {
    return { ...this.#settings, components, siteRoots };
  }
}

function heeded(
  text: string,
  images: readonly DocumentImage[],
  { audit }: DocumentConfig,
): readonly DocumentImage[] {
  const comments = new Suppressions(text, { honorsOthers: audit.honorsOthers ?? true });
  return images.map((image) => {
    const { reference, row } = image;
    const rule = RULES.find(({ id }) => id === row.problem);
    if (rule === undefined) return image;
    const isAllowed = audit.options.allowed.has((row.alt ?? "").trim().toLowerCase());
    const isTakenBack =
      audit.levels.get(rule.id) === "off" || isAllowed || comments.covers(reference.span, rule);
    return isTakenBack ? { ...image, row: { ...row, problem: null } } : image;
  });
}
