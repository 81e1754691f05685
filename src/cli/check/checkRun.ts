/** One run of `alt check`: from paths to findings, with what is known, changed or mended on the way. */

import { existsSync } from "node:fs";
import path from "node:path";
import type { TextEdit } from "../../alt/imageReference";
import { languageOfFile } from "../../alt/languages";
import { applyEdits } from "../../alt/textEdit";
import {
  type Baseline,
  baselineText,
  entriesOf,
  isAtLeast,
  NO_BASELINE,
  withoutBaseline,
} from "../../audit/baseline";
import type { AuditRun } from "../../audit/report/reportRun";
import type { ReportedFinding } from "../../audit/reportedFinding";
import { LEVELS, type Level, type RuleId } from "../../audit/rule";
import { safeEdits } from "../../audit/safeFixes";
import { ruleOf } from "../../audit/ruleTable";
import { countOf } from "../../base/countOf";
import { AppError } from "../../base/errors";
import { replaceDocument, type DocumentText } from "../documents/altDocuments";
import { type DocumentImage, imagesOf } from "../documents/altImages";
import { baselineIn, baselineNamed } from "../documents/baselineFile";
import {
  type DocumentReport,
  heeded,
  type HeededImage,
  type ProjectDocument,
  type ProjectDocuments,
} from "../documents/projectDocuments";
import { changesSince, type Changes } from "./changedLines";
import type { CheckCache } from "./checkCache";
import type { CheckContext } from "./checkContext";
import { type CheckedBy, type CheckedDocument, checkDocument, fileName } from "./checkDocuments";
import { readAll, writeWhole } from "./checkFiles";
import { formatsOf, type CheckFlags } from "./checkFlags";
import { agesOfChanges, agesOfHistory } from "./textAges";

/** What the documents are read with. */
export interface CheckWork {
  readonly project: ProjectDocuments;
  /** Asks a model. @default nobody wants to */
  readonly compare?: NonNullable<CheckContext["compare"]>;
  readonly cache: CheckCache | undefined;
}

/** How documents are looked at, and what of them is told. */
interface Looking extends CheckedBy {
  readonly changes?: Changes | undefined;
}

export class CheckRun {
  readonly #context: CheckContext;
  readonly #flags: CheckFlags;
  readonly #work: CheckWork;
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

  constructor(context: CheckContext, flags: CheckFlags, work: CheckWork) {
    this.#context = context;
    this.#flags = flags;
    this.#work = work;
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
      // What is not on the disk is nothing to come back to.
      const by = { cache: undefined };
      await this.#checkOne(await this.#work.project.around(await this.#documentFromStdin()), by);
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
    const { changed, history, ignoreUnknown = false } = this.#flags;
    const changes =
      changed === undefined || changed === false
        ? undefined
        : await changesSince(typeof changed === "string" ? changed : undefined);
    const ages =
      history === true
        ? await agesOfHistory()
        : changes === undefined
          ? undefined
          : agesOfChanges(changes);
    const by: Looking = {
      ...{ changes, cache: this.#work.compare === undefined ? this.#work.cache : undefined },
      ...(ages === undefined ? {} : { ages, baseline: await this.#knownRight() }),
    };
    const report: DocumentReport = {
      ...{ signal: this.#context.signal, ignoreUnknown, isWriting: this.#flags.fix === true },
      note: (line) => {
        this.note(line);
      },
      failure: (error, file) => {
        this.#fail(file, error);
      },
    };
    const { project, compare } = this.#work;
    if (compare === undefined) {
      await project.forEach(paths, report, (document) => this.#checkOne(document, by));
    } else {
      await this.#checkCompared(paths, report, { compare, by });
    }
    if (this.#nFixed > 0) this.note(`${countOf(this.#nFixed, "finding")} mended.`);
  }

  /** All pictures are found before the model is asked, and no document is read twice. */
  async #checkCompared(
    paths: readonly string[],
    report: DocumentReport,
    { compare, by }: { readonly compare: NonNullable<CheckWork["compare"]>; readonly by: Looking },
  ): Promise<void> {
    const { project } = this.#work;
    const all: { readonly document: ProjectDocument; readonly images: readonly HeededImage[] }[] =
      [];
    const found: DocumentImage[][] = [];
    await project.forEach(paths, report, async (document) => {
      const images = await imagesOf(document.document, document.settings);
      found.push(images);
      all.push({ document, images: heeded(document, images) });
    });
    const said = await compare(
      project,
      paths,
      all.flatMap(({ images }) => images),
    );
    for (const [nth, { document }] of all.entries()) {
      await this.#checkOne(document, { ...by, said, images: found[nth] ?? [] });
    }
  }

  /** What people called right, whatever a model or the history says. */
  async #knownRight(): Promise<Baseline> {
    const file = baselineNamed(this.#flags.baseline, this.#work.project.configs);
    return (await baselineIn(file).catch(() => undefined)) ?? NO_BASELINE;
  }

  async #checkOne(given: ProjectDocument, by: Looking): Promise<void> {
    const { document } = given;
    const { changes } = by;
    let checked = await checkDocument(given, by);
    const mends = this.#flags.fix === true || this.#flags.fixSwaps === true;
    if (mends && this.#flags.stdin !== true) checked = await this.#fixed(given, checked, by);
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

  /** Applies what needs no judgement, as long as there is something of it. */
  async #fixed(
    given: ProjectDocument,
    checked: CheckedDocument,
    by: CheckedBy,
  ): Promise<CheckedDocument> {
    let now = checked;
    // What a model said is of the text that it saw, so swaps come first.
    const { fix = false, fixSwaps = false } = this.#flags;
    const swaps = fixSwaps ? swapsIn(now.findings) : [];
    for (let nRounds = 0; nRounds < MAX_ROUNDS; nRounds++) {
      const edits = nRounds === 0 && swaps.length > 0 ? swaps : fix ? editsOf(now.findings) : [];
      if (edits.length === 0) break;
      const text = applyEdits(now.document.text, edits.flat());
      const document = { ...now.document, text };
      // Places that were known before are those of another text.
      const { cache, ages, baseline } = by;
      const again = { cache, ...(ages && { ages }), ...(baseline && { baseline }) };
      now = await checkDocument({ ...given, document }, again);
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
    const file = baselineNamed(baseline, this.#work.project.configs);
    // One with a mistake in it is written anew.
    const ifUpdated = updateBaseline === true ? () => undefined : undefined;
    const before = await baselineIn(file).catch(ifUpdated);
    const { findings: entries, right } = before ?? NO_BASELINE;
    const result = withoutBaseline(this.#findings, entries, (each) => existsSync(each));
    const gone = result.gone.filter(({ rule }) => this.#isAsked(rule));
    // Where nobody asked a model or the history, what is known of their findings stays.
    const others = result.gone.filter(({ rule }) => !this.#isAsked(rule));
    const keep = async (findings: readonly ReportedFinding[]): Promise<void> => {
      const all = [...others, ...entriesOf(findings)];
      await writeWhole(file, baselineText({ findings: all, right }));
    };
    if (updateBaseline === true) {
      await keep(this.#findings);
      this.note(`${this.#findings.length} findings are in ${file}.`);
      return [];
    }
    if (before === undefined) {
      if (baseline === undefined) return this.#findings;
      throw new AppError("option.invalid", `There is no ${file}. Write it with --update-baseline.`);
    }
    this.note(`${result.known.length} findings are in ${file} and are not told.`);
    if (gone.length > 0) {
      this.note(
        `${gone.length} entries of ${file} match nothing any more; --prune-baseline takes them out.`,
      );
      this.hasStaleBaseline = strictBaseline === true && pruneBaseline !== true;
    }
    if (pruneBaseline === true) await keep(result.known);
    return result.fresh;
  }

  /** True where a rule found all that it looks for. */
  #isAsked(rule: RuleId): boolean {
    const { pictures = false, history = false } = this.#flags;
    const { asks } = ruleOf(rule);
    return asks === undefined || (asks === "model" ? pictures : history);
  }

  #fail(file: string | undefined, { message }: AppError): void {
    this.#failures.push({ file, message });
    this.#context.stderr.write(`sightline: ${message}\n`);
  }
}

/** One mended finding may bring another to light, such as the prefix of a title that became the text. */
const MAX_ROUNDS = 4;

/** The exchange of each pair of texts, once. */
function swapsIn(findings: readonly ReportedFinding[]): readonly TextEdit[][] {
  const fixes = findings.flatMap(({ rule, fixes }) => (rule === "mismatch" ? fixes : []));
  const edits = fixes.map(({ edits }) => edits.map(({ span, newText }) => ({ ...span, newText })));
  const known = new Set<string>();
  return edits.filter((each) => {
    const key = JSON.stringify(each);
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}

function editsOf(findings: readonly ReportedFinding[]): readonly TextEdit[][] {
  return safeEdits(
    findings.map(({ fixes }) =>
      fixes.map(({ edits, isSafe }) => ({
        edits: edits.map(({ span, newText }) => ({ ...span, newText })),
        isSafe,
      })),
    ),
  );
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
