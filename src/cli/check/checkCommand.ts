/** `alt check`: the audit on the command line, for people, hooks and servers. Loads no engine. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { applyEdits } from "../../alt/textEdit";
import { languageOfFile } from "../../alt/languages";
import { baselineText, isAtLeast, readBaseline, withoutBaseline } from "../../audit/baseline";
import { DEFAULT_BASELINE, type DocumentConfig } from "../../audit/config/configChain";
import { LEVELS, type Level } from "../../audit/rule";
import type { ReportedFinding } from "../../audit/reportedFinding";
import { REPORTS } from "../../audit/report/reports";
import type { AuditRun } from "../../audit/report/reportRun";
import { sumOf } from "../../audit/report/textReport";
import { countOf } from "../../base/countOf";
import { AppError, isCancelled, throwIfAborted } from "../../base/errors";
import {
  findDocuments,
  isPassedOver,
  readDocument,
  replaceDocument,
  type DocumentFile,
  type DocumentText,
} from "../documents/altDocuments";
import { DiskFiles } from "../../disk/diskFiles";
import { readAll, writeWhole } from "./checkFiles";
import { changesSince, type Changes } from "./changedLines";
import { checkDocument, fileName, type CheckedDocument } from "./checkDocuments";
import { CheckConfigs } from "./checkConfigs";
import { formatsOf, type CheckFlags } from "./checkFlags";

/** What the command is given of its process. */
export interface CheckContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
  readonly signal: AbortSignal;
  readonly version: string;
}

/** Exit codes, those of most linters: a crash must not look like findings. */
export const CHECK_EXIT = { ok: 0, findings: 1, failed: 2 } as const;

/**
 * @returns 0 when nothing is at `--fail-on` or above, 1 for findings, 2 for wrong usage, a configuration
 * with a mistake in it, and what could not be read or written.
 * @throws AppError `request.cancelled`.
 */
export async function altCheck(
  context: CheckContext,
  paths: readonly string[],
  flags: CheckFlags,
): Promise<number> {
  try {
    return await checked(context, paths, flags);
  } catch (thrown) {
    if (isCancelled(thrown)) throw thrown;
    context.stderr.write(`sightline: ${AppError.from(thrown).message}\n`);
    return CHECK_EXIT.failed;
  }
}

async function checked(
  context: CheckContext,
  paths: readonly string[],
  flags: CheckFlags,
): Promise<number> {
  const formats = formatsOf(flags);
  const run = new CheckRun(context, flags, await CheckConfigs.from(flags));
  if (flags.printConfig !== undefined) {
    context.stdout.write(
      `${JSON.stringify(await run.configs.explained(flags.printConfig), null, 2)}\n`,
    );
    return CHECK_EXIT.ok;
  }
  await run.checkAll(paths);
  const findings = await run.afterBaseline();
  const audit: AuditRun = { ...run.facts(), findings };
  for (const { format, file } of formats) {
    const text = REPORTS[format](audit);
    if (file === undefined) context.stdout.write(text);
    else await writeWhole(file, text);
  }
  run.note(sumOf(audit));
  const max = flags.maxFindings;
  const isTooMany =
    max === undefined ? findings.some((each) => run.isFailure(each)) : findings.length > max;
  if (run.hasFailed) return CHECK_EXIT.failed;
  return isTooMany || run.hasStaleBaseline ? CHECK_EXIT.findings : CHECK_EXIT.ok;
}

class CheckRun {
  readonly configs: CheckConfigs;
  readonly #context: CheckContext;
  readonly #flags: CheckFlags;
  readonly #files = new DiskFiles();
  readonly #findings: ReportedFinding[] = [];
  readonly #texts = new Map<string, string>();
  readonly #failures: { readonly file: string | undefined; readonly message: string }[] = [];
  readonly #failOn: Level;
  /** Only for reports whose columns count bytes; memory would grow with the documents. */
  readonly #keepsTexts: boolean;
  #nDocuments = 0;
  #nPictures = 0;
  #nFixed = 0;
  hasStaleBaseline = false;

  constructor(context: CheckContext, flags: CheckFlags, configs: CheckConfigs) {
    this.#context = context;
    this.#flags = flags;
    this.configs = configs;
    this.#keepsTexts = formatsOf(flags).some(({ format }) => format === "rdjson");
    this.#failOn = failOnOf(flags.failOn ?? "warn");
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0;
  }

  isFailure({ level }: ReportedFinding): boolean {
    return isAtLeast(level, this.#failOn);
  }

  facts(): Omit<AuditRun, "findings"> {
    return {
      failOn: this.#failOn,
      nDocuments: this.#nDocuments,
      nPictures: this.#nPictures,
      failures: this.#failures,
      version: this.#context.version,
      textOf: (file) => this.#texts.get(file),
    };
  }

  note(line: string): void {
    if (this.#flags.quiet !== true) this.#context.stderr.write(`sightline: ${line}\n`);
  }

  async checkAll(paths: readonly string[]): Promise<void> {
    if (this.#flags.stdin === true) {
      await this.#checkOne(await this.#documentFromStdin());
      return;
    }
    if (paths.length === 0) {
      const { changed: ref } = this.#flags;
      const isPath = typeof ref === "string" && existsSync(ref);
      throw new AppError(
        "option.invalid",
        isPath
          ? `--changed takes ${ref} for a branch or commit, so nothing is named to check. Write --changed= before the paths, or put the paths before it.`
          : "Nothing is named to check. Name files or folders.",
      );
    }
    const { changed, ignoreUnknown = false } = this.#flags;
    const changes =
      changed === undefined || changed === false
        ? undefined
        : await changesSince(typeof changed === "string" ? changed : undefined);
    const { documents, failures, skipped } = await findDocuments(paths, this.#context.signal, {
      ignoreUnknown,
    });
    for (const failure of failures) this.#fail(undefined, failure);
    if (skipped !== undefined) this.note(skipped);
    for (const file of documents) {
      throwIfAborted(this.#context.signal);
      await this.#checkFile(file, changes);
    }
    if (this.#nFixed > 0) this.note(`${countOf(this.#nFixed, "finding")} mended.`);
  }

  async #checkFile(file: DocumentFile, changes: Changes | undefined): Promise<void> {
    try {
      if (await this.configs.ignores(file.file)) return;
      const { components } = await this.configs.of(file.file);
      await this.#checkOne(await readDocument(file, components), changes);
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === "option.invalid") throw thrown;
      if (isPassedOver(thrown, file)) this.note(`Not searched: ${AppError.from(thrown).message}`);
      else this.#fail(file.file, AppError.from(thrown));
    }
  }

  async #checkOne(document: DocumentText, changes?: Changes): Promise<void> {
    const config = await this.configs.of(document.file);
    let checked = await this.#checked(document, config);
    if (this.#flags.fix === true && this.#flags.stdin !== true) {
      checked = await this.#fixed(checked, config);
    }
    this.#nDocuments++;
    this.#nPictures += checked.nPictures;
    const wanted = changes === undefined ? checked.findings : inChanges(checked, changes);
    this.#findings.push(...wanted);
    if (wanted.length > 0 && this.#keepsTexts) {
      this.#texts.set(fileName(document.file), checked.document.text);
    }
    if (this.#flags.reportUnused !== true) return;
    for (const line of checked.unusedLines) {
      this.note(`${document.file}:${line}: this comment takes nothing back. Remove it.`);
    }
  }

  async #checked(document: DocumentText, config: DocumentConfig): Promise<CheckedDocument> {
    const { components, siteRoots, audit } = config;
    const settings = { components, siteRoots, files: this.#files };
    return checkDocument(document, settings, audit);
  }

  /** Applies what needs no judgement, as long as there is something of it. */
  async #fixed(checked: CheckedDocument, config: DocumentConfig): Promise<CheckedDocument> {
    let now = checked;
    for (let nRounds = 0; nRounds < MAX_ROUNDS; nRounds++) {
      const edits = safeEdits(now.findings);
      if (edits.length === 0) break;
      const text = applyEdits(now.document.text, edits.flat());
      now = await this.#checked({ ...now.document, text }, config);
      this.#nFixed += edits.length;
    }
    if (now === checked) return checked;
    await replaceDocument(checked.document, now.document.text);
    return now;
  }

  async #documentFromStdin(): Promise<DocumentText> {
    const file = this.#flags.stdinFilename;
    const language = file === undefined ? undefined : languageOfFile(file);
    if (file === undefined || language === undefined) {
      throw new AppError(
        "option.invalid",
        file === undefined
          ? "--stdin needs --stdin-filename with the name of a document, which tells its language."
          : `${file} is the name of no document that Sightline knows. Correct --stdin-filename.`,
      );
    }
    const bytes = await readAll(this.#context.stdin());
    const text = bytes.toString("utf8").replace(/^\ufeff/, "");
    const root = path.dirname(file);
    return { file, language, root, text, bytes, hasByteOrderMark: false, encoding: "utf-8" };
  }

  /** @throws AppError `option.invalid` for a baseline that cannot be read. */
  async afterBaseline(): Promise<readonly ReportedFinding[]> {
    const { baseline, updateBaseline, pruneBaseline, strictBaseline } = this.#flags;
    const file = baseline ?? this.configs.baseline ?? DEFAULT_BASELINE;
    if (updateBaseline === true) {
      await writeWhole(file, baselineText(this.#findings));
      this.note(`${this.#findings.length} findings are in ${file}.`);
      return [];
    }
    if (!existsSync(file)) {
      if (baseline === undefined) return this.#findings;
      throw new AppError("option.invalid", `There is no ${file}. Write it with --update-baseline.`);
    }
    const entries = readBaseline(await readFile(file, "utf8"), file);
    const result = withoutBaseline(this.#findings, entries, (each) => existsSync(each));
    this.note(`${result.known.length} findings are in ${file} and are not told.`);
    if (result.gone.length > 0) {
      this.note(
        `${result.gone.length} entries of ${file} match nothing any more; --prune-baseline takes them out.`,
      );
      this.hasStaleBaseline = strictBaseline === true && pruneBaseline !== true;
    }
    if (pruneBaseline === true) await writeWhole(file, baselineText(result.known));
    return result.fresh;
  }

  #fail(file: string | undefined, { message }: AppError): void {
    this.#failures.push({ file, message });
    this.#context.stderr.write(`sightline: ${message}\n`);
  }
}

/** One mended finding may bring another to light, such as the prefix of a title that became the text. */
const MAX_ROUNDS = 4;

/** One safe fix for each finding, none of which overlap. */
function safeEdits(
  findings: readonly ReportedFinding[],
): { start: number; end: number; newText: string }[][] {
  let end = -1;
  return findings.flatMap(({ fixes }) => {
    const safe = fixes.find(({ isSafe }) => isSafe);
    const edits = (safe?.edits ?? []).map(({ span, newText }) => ({ ...span, newText }));
    const first = Math.min(...edits.map((edit) => edit.start));
    if (edits.length === 0 || first <= end) return [];
    end = Math.max(...edits.map((edit) => edit.end));
    return [edits];
  });
}

/** Findings on lines that were changed, and on pictures whose file was, though their text was not. */
function inChanges({ document, findings }: CheckedDocument, changes: Changes): ReportedFinding[] {
  const file = path.resolve(document.file);
  return findings.filter(({ range, resolved }) => {
    if (resolved !== null && changes.files.has(path.resolve(resolved))) return true;
    return changes.touches(file, range.start.line + 1, range.end.line + 1);
  });
}

function failOnOf(text: string): Level {
  const level = LEVELS.find((each) => each === text);
  if (level !== undefined) return level;
  throw new AppError(
    "option.invalid",
    `--fail-on does not know "${text}". Use one of ${LEVELS.join(", ")}.`,
  );
}
