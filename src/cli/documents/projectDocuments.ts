/** Documents that paths name, each with what its project and its authors say of it: the one loop of all commands. */

import type { DocumentConfig } from "../../audit/config/configChain";
import type { RuleFacts } from "../../audit/rule";
import { RULES, ruleOf } from "../../audit/ruleTable";
import { Suppressions } from "../../audit/suppressions";
import { AppError, isCancelled, throwIfAborted } from "../../base/errors";
import { inOrder } from "../../base/inOrder";
import { DiskFiles } from "../../disk/diskFiles";
import {
  type DocumentFile,
  type DocumentText,
  findDocuments,
  isPassedOver,
  readDocument,
} from "./altDocuments";
import { type AltSettings, type DocumentImage, imagesOf } from "./altImages";
import { type ConfigFlags, DocumentConfigs, type RuleLevels } from "./documentConfigs";

/** A document that was read, and what applies to it. */
export interface ProjectDocument {
  readonly document: DocumentText;
  readonly config: DocumentConfig;
  readonly settings: AltSettings;
}

/** Who is told of documents that are not looked at, and may end the search. */
export interface DocumentReport {
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** @param file undefined for a path that leads to nothing. */
  readonly failure: (error: AppError, file: string | undefined) => void;
  /** As `findDocuments`. @default false */
  readonly ignoreUnknown?: boolean;
  /** Each document is read when the one before is done with, because it may be the same file. @default false */
  readonly isWriting?: boolean;
}

/** Documents that are read while one is looked at. */
const READ_AHEAD = 8;

export class ProjectDocuments {
  readonly configs: DocumentConfigs;
  /** What is asked of the disk is kept for one run. */
  readonly #files = new DiskFiles();

  private constructor(configs: DocumentConfigs) {
    this.configs = configs;
  }

  /** @throws AppError `option.invalid` for a configuration with a mistake in it. */
  static async with(flags: ConfigFlags, levels?: RuleLevels): Promise<ProjectDocuments> {
    return new ProjectDocuments(await DocumentConfigs.from(flags, levels));
  }

  /**
   * Does something with each document that paths name and no configuration leaves out. One that fails is told, and
   * the others go on.
   * @throws AppError `request.cancelled`, and `option.invalid` for paths or a configuration with a mistake.
   */
  async forEach(
    paths: readonly string[],
    report: DocumentReport,
    work: (document: ProjectDocument) => Promise<void>,
  ): Promise<void> {
    const { signal, note, failure, isWriting = false } = report;
    const { documents, failures, skipped } = await findDocuments(paths, signal, report);
    for (const error of failures) failure(error, undefined);
    if (skipped !== undefined) note(skipped);
    const read = async (file: DocumentFile) => ({ file, ...(await this.#tryRead(file)) });
    const atOnce = isWriting ? 1 : READ_AHEAD;
    for await (const { file, document, thrown } of inOrder(documents, read, () => atOnce)) {
      throwIfAborted(signal);
      try {
        if (thrown !== undefined) throw thrown;
        if (document !== undefined) await work(document);
      } catch (reason) {
        const error = AppError.from(reason);
        if (isCancelled(reason) || error.code === "option.invalid") throw reason;
        if (isPassedOver(reason, file)) note(`Not searched: ${error.message}`);
        else failure(error, file.file);
      }
    }
  }

  /** With what applies to it in place of what holds for the run. */
  async around(document: DocumentText): Promise<ProjectDocument> {
    const config = await this.configs.of(document.file);
    return { document, config, settings: this.#settingsIn(config) };
  }

  /** Nothing for a document that a configuration leaves out. */
  async #tryRead(
    file: DocumentFile,
  ): Promise<{ readonly document?: ProjectDocument; readonly thrown?: AppError }> {
    try {
      if (await this.configs.ignores(file.file)) return {};
      const config = await this.configs.of(file.file);
      const document = await readDocument(file, config.components);
      return { document: { document, config, settings: this.#settingsIn(config) } };
    } catch (thrown) {
      return { thrown: AppError.from(thrown) };
    }
  }

  #settingsIn({ components, siteRoots }: DocumentConfig): AltSettings {
    return { components, siteRoots, files: this.#files };
  }
}

/** A picture; a problem that somebody took back is none. */
export interface HeededImage extends DocumentImage {
  /** Somebody took back whatever a model might say of its text. */
  readonly isAccepted: boolean;
}

/** The pictures of a document. @throws AppError as `imagesOf`. */
export async function heededImages(given: ProjectDocument): Promise<readonly HeededImage[]> {
  return heeded(given, await imagesOf(given.document, given.settings));
}

/** Pictures that were found, with what their authors and their project say of them. */
export function heeded(
  { document, config: { audit } }: ProjectDocument,
  images: readonly DocumentImage[],
): readonly HeededImage[] {
  const comments = new Suppressions(document.text, { honorsOthers: audit.honorsOthers ?? true });
  return images.map((image) => {
    const { reference, row } = image;
    const isAllowed = audit.options.allowed.has((row.alt ?? "").trim().toLowerCase());
    const isTakenBack = (rule: RuleFacts): boolean =>
      audit.levels.get(rule.id) === "off" || isAllowed || comments.covers(reference.span, rule);
    const isAccepted = isTakenBack(ruleOf("mismatch"));
    const rule = RULES.find(({ id }) => id === row.problem);
    if (rule === undefined || !isTakenBack(rule)) return { ...image, isAccepted };
    return { ...image, row: { ...row, problem: null }, isAccepted };
  });
}
