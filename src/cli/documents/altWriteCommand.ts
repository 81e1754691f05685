/** `alt write`: describes pictures and writes the descriptions into the documents. */

import { createHash } from "node:crypto";
import path from "node:path";
import { countOf } from "../../base/countOf";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { ALT_PROBLEMS, type AltProblem, isLongAlt } from "../../alt/wording/altText";
import { isEnglish, languagesOf } from "../../alt/wording/pageLanguage";
import { readDataUri } from "../../alt/write/dataUri";
import { type Described, PictureDescriber } from "../../alt/write/describePictures";
import { shortDescription, writtenTexts } from "../../alt/write/describer";
import { canSetAlt } from "../../alt/edit/editAlt";
import { AppError, isCancelled } from "../../base/errors";
import { changedText, writeChanges, type Change, type WrittenChanges } from "./altChanges";
import { type DocumentText, requireWritable } from "./altDocuments";
import { type AltSettings, type DocumentImage, placeOf, shortened } from "./altImages";
import { type AltFlags, problemsNamed } from "./altListCommand";
import { type DocumentReport, heededImages, ProjectDocuments } from "./projectDocuments";
import { DOUBT_NOTES } from "../ask/answer";
import { settingsOf } from "../ask/askCommand";
import type { CliContext } from "../terminal/cliContext";
import { EXIT, failureJson } from "../terminal/failure";
import type { GenerationFlags, ModelFlags } from "../terminal/flags";
import { withModel } from "../ask/openModel";
import type { RunningModel } from "../ask/runningModel";
import { type NamedPicture, readPicture } from "../ask/pictureSource";
import { noteGenerated } from "../../library/store/generatedTexts";
import type { WorkLine } from "../terminal/workLine";
import type { GenerateRequest } from "../../model/ask/request";

export interface AltWriteFlags extends AltFlags, ModelFlags, GenerationFlags {
  readonly only?: string;
  readonly dryRun?: boolean;
}

/**
 * Writes alternative texts where there is a problem of the kinds in `--only`. A text that a person
 * wrote is touched only when its kind of problem is asked for by name. Told to stop, it writes the texts
 * that it has, because each took its time, and says how to go on.
 * @returns 1 when a document or picture failed; the others are written nevertheless.
 * @throws AppError `option.invalid` for an unknown kind, and as `withModel`.
 */
export async function altWrite(
  context: CliContext,
  paths: readonly string[],
  flags: AltWriteFlags,
): Promise<number> {
  const kinds = kindsOf(flags.only ?? "missing");
  const settings = settingsOf(context, shortDescription(flags));
  const line = context.printer.workLine();
  const project = await ProjectDocuments.with(flags);
  const run: WriteRun = {
    context,
    flags,
    settings,
    project,
    line,
    counts: noCounts(),
    foreign: new Set(),
  };
  try {
    line.show("Looking for pictures…");
    const jobs = await findJobs(run, paths, kinds);
    reportLanguages(run);
    if (jobs.length > 0) {
      line.show("Loading the model…");
      await withModel(context, flags, async (model) => {
        const describer = describerFor(run, model);
        for (const job of jobs) await writeDocument(run, describer, job);
      });
    } else context.printer.note("There is no picture to describe.");
  } catch (thrown) {
    line.end();
    if (isCancelled(thrown) || run.counts.nWritten > 0) reportStop(run);
    throw thrown;
  } finally {
    line.end();
  }
  reportEnd(run);
  return run.counts.nFailed > 0 ? EXIT.failed : EXIT.ok;
}

async function findJobs(
  run: WriteRun,
  paths: readonly string[],
  kinds: ReadonlySet<AltProblem>,
): Promise<readonly DocumentJob[]> {
  const { context, counts, flags } = run;
  const report: DocumentReport = {
    signal: context.signal,
    note: (line) => {
      context.printer.note(line);
    },
    failure: (error, file) => {
      reportFailure(run, error, file === undefined ? {} : { file });
    },
  };
  const jobs: DocumentJob[] = [];
  await run.project.forEach(paths, report, async (found) => {
    const { document, settings } = found;
    const images = await heededImages(found);
    const wanted = images.filter((image) => isWanted(image, kinds)).filter(canDescribe(run));
    const [first] = wanted;
    if (first === undefined) return;
    foreignTags(document, wanted).forEach((tag) => run.foreign.add(tag));
    // Before the model takes minutes for it.
    if (flags.dryRun !== true) await requireWritable(document);
    // The site around it may read it in another language than its name says.
    const { language } = first.reference;
    jobs.push({ document: { ...document, language }, settings, images: wanted });
  });
  counts.nPictures = jobs.reduce((sum, { images }) => sum + images.length, 0);
  counts.nDocuments = jobs.length;
  return jobs;
}

interface WriteRun {
  readonly context: CliContext;
  readonly flags: AltWriteFlags;
  readonly project: ProjectDocuments;
  readonly settings: Required<Pick<GenerateRequest, "options" | "alpha">>;
  readonly line: WorkLine;
  /** Languages of pages, other than English, that get texts. */
  readonly foreign: Set<string>;
  readonly counts: WriteCounts;
}

/** How far the work is. */
interface WriteCounts {
  /** That are to be described, and the documents they are in. */
  nPictures: number;
  nDocuments: number;
  /** Of these: described or failed, and documents that are done with. */
  nSeen: number;
  nSeenDocuments: number;
  /** Texts that are in documents, and the documents that got any. */
  nWritten: number;
  nWrittenDocuments: number;
  /** Pictures and documents. */
  nFailed: number;
  /** Pictures whose bytes are not on this disk, and those that are left to people. */
  nSkipped: number;
  nLeft: number;
}

function noCounts(): WriteCounts {
  const found = { nPictures: 0, nDocuments: 0, nSeen: 0, nSeenDocuments: 0 };
  return { ...found, nWritten: 0, nWrittenDocuments: 0, nFailed: 0, nSkipped: 0, nLeft: 0 };
}

interface DocumentJob {
  readonly document: DocumentText;
  readonly settings: AltSettings;
  readonly images: readonly DocumentImage[];
}

/** The value of `--only`. @throws AppError `option.invalid`. */
export function kindsOf(only: string): ReadonlySet<AltProblem> {
  return problemsNamed(only, ALT_PROBLEMS, "--only");
}

function isWanted({ row }: DocumentImage, kinds: ReadonlySet<AltProblem>): boolean {
  return row.problem !== null && row.problem !== "unresolved" && kinds.has(row.problem);
}

/** The languages, other than English, of the places where texts would stand. */
function foreignTags(
  { text, language, file, root }: DocumentText,
  images: readonly DocumentImage[],
): readonly string[] {
  const name = path.relative(root, file) || path.basename(file);
  const languageAt = languagesOf({ text, language, path: name });
  return images.flatMap(({ reference }) => {
    const tag = languageAt(reference.span.start);
    return tag === undefined || isEnglish(tag) ? [] : [tag];
  });
}

/** A screen reader reads English in a page of another language with that language's sounds. */
function reportLanguages({ context, foreign }: WriteRun): void {
  if (foreign.size === 0) return;
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  const list = [...foreign].map((tag) => names.of(tag) ?? tag).sort();
  context.printer.note(
    `The model writes English, and some of the pages are in ${new Intl.ListFormat("en").format(list)}.`,
  );
}

/** Tells of the pictures whose bytes are not to be had. */
function canDescribe(run: WriteRun): (image: DocumentImage) => boolean {
  const { printer } = run.context;
  return ({ reference, resolved, row }) => {
    if (!canSetAlt(reference)) {
      printer.note(`${placeOf(row)}: its text cannot be put in from here. Write it by hand.`);
      run.counts.nLeft++;
      return false;
    }
    if (resolved.kind === "remote" || resolved.kind === "dynamic") run.counts.nSkipped++;
    if (resolved.kind === "remote") {
      printer.note(`${placeOf(row)}: ${row.target} is on a server and is not fetched.`);
    }
    if (resolved.kind === "dynamic") {
      printer.note(`${placeOf(row)}: which picture is shown is computed by the program.`);
    }
    if (resolved.kind === "unresolved") {
      const message = `${placeOf(row)}: There is no file for ${row.target}. Correct the path, or name its folder with --site-root.`;
      reportFailure(run, new AppError("image.missing", message), row);
    }
    return resolved.kind === "file" || resolved.kind === "data";
  };
}

/** Documents share pictures, so one describer serves them all. */
function describerFor(
  run: WriteRun,
  { engine, atOnce }: RunningModel,
): PictureDescriber<DocumentImage> {
  const { context, counts, line } = run;
  const { signal } = context;
  const { alpha, options } = run.settings;
  return new PictureDescriber({
    signal,
    keyOf: ({ resolved, row }) => (resolved.kind === "file" ? resolved.path : row.target),
    read: async ({ resolved, row }) => {
      const isFile = resolved.kind === "file";
      const uri = resolved.kind === "data" ? resolved.uri : row.target;
      const picture = isFile ? await readPicture(resolved.path, context) : dataPicture(uri);
      return async (request) => {
        const result = await engine.generate({ ...picture, alpha, ...request }, { signal });
        const digest = createHash("sha256").update(picture.image).digest("hex");
        await noteGenerated(context.store, digest, writtenTexts(request.prompt, result));
        return result;
      };
    },
    onBegin: () => {
      const { nSeen, nPictures, nSeenDocuments, nDocuments } = counts;
      const pictures = `${nSeen} of ${countOf(nPictures, "picture")}`;
      const documents = `${nSeenDocuments} of ${countOf(nDocuments, "document")}`;
      line.count({ nDone: nSeen, nAll: nPictures }, `${pictures}, ${documents}`);
    },
    atOnce,
    options: { settings: options },
  });
}

async function writeDocument(
  run: WriteRun,
  describer: PictureDescriber<DocumentImage>,
  job: DocumentJob,
): Promise<void> {
  const changes: Change[] = [];
  try {
    for await (const described of describer.describe(job.images)) {
      if (described.error !== undefined) {
        reportFailure(run, inPlace(described.error, described.picture), described.picture.row);
      } else {
        reportDoubts(run, described);
        changes.push({ image: described.picture, alt: described.alt });
      }
      run.counts.nSeen++;
    }
  } finally {
    await save(run, job, changes);
  }
  run.counts.nSeenDocuments++;
}

/** Writes the texts of a document, all of them or none. */
async function save(
  run: WriteRun,
  { document, settings }: DocumentJob,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return;
  const { flags, counts, context } = run;
  // A preview that nobody waits for any more.
  if (flags.dryRun === true && context.signal.aborted) return;
  try {
    const done =
      flags.dryRun === true
        ? { document, changes, text: changedText(document, changes, settings) }
        : await writeChanges(document, changes, settings);
    const nLost = changes.length - done.changes.length;
    if (nLost > 0) context.printer.note(`${document.file}: ${lostText(nLost)}`);
    counts.nWritten += done.changes.length;
    counts.nWrittenDocuments++;
    reportChanges(run, done);
  } catch (thrown) {
    reportFailure(run, thrown, { file: document.file });
  }
}

function lostText(nLost: number): string {
  const are = nLost === 1 ? "picture was" : "pictures were";
  return `${nLost} ${are} changed meanwhile and left alone. Run it again to describe what is left.`;
}

/** The sum of it all, on stderr. */
function reportEnd({ counts, flags, context }: WriteRun): void {
  const { nWritten, nWrittenDocuments, nFailed, nSkipped, nLeft } = counts;
  if (nWritten + nFailed + nSkipped + nLeft === 0) return;
  const texts = `${countOf(nWritten, "text")} in ${countOf(nWrittenDocuments, "file")}`;
  const failed = nFailed === 0 ? "" : `, ${nFailed} failed`;
  const skipped = nSkipped === 0 ? "" : `, ${nSkipped} not on this disk`;
  const left = nLeft === 0 ? "" : `, ${nLeft} to be written by hand`;
  const dry = flags.dryRun === true ? " Nothing is written with --dry-run." : "";
  context.printer.note(`${texts}${failed}${skipped}${left}.${dry}`);
}

function reportStop({ counts, flags, context }: WriteRun): void {
  const { nWritten, nPictures } = counts;
  // A reader that went away, and not somebody who would go on.
  const isStopped = context.host.interrupts.exitCode !== EXIT.ok;
  if (!isStopped || nPictures === 0 || flags.dryRun === true) return;
  const are = nWritten === 1 ? "is" : "are";
  context.printer.note(`${nWritten} of ${nPictures} ${are} written; run it again to go on.`);
}

/** What should be looked at before a text is kept. */
function reportDoubts(
  { context: { printer } }: WriteRun,
  {
    picture: { row, reference },
    alt,
    doubts,
  }: Described<DocumentImage> & { readonly error?: undefined },
): void {
  if (isLongAlt(alt)) {
    printer.note(`${placeOf(row)}: the alt text is long. Read it before you keep it.`);
  }
  const named = reference.around?.names;
  if (named !== undefined) {
    printer.note(
      `${placeOf(row)}: the picture is all that a ${named} shows. Say ${AIMS[named]} instead of what it shows.`,
    );
  }
  for (const doubt of doubts) {
    printer.note(`${placeOf(row)}: ${shortened(row.target)} ${DOUBT_NOTES[doubt]}`);
  }
}

const AIMS = { link: "where it leads", button: "what it does" } as const;

/** The picture in a data: URI. @throws AppError `image.unreadable`, `image.tooLarge`. */
function dataPicture(uri: string): NamedPicture {
  const imageName = "The picture in the document";
  const image = readDataUri(uri);
  if (image === "tooLarge") {
    throw new AppError("image.tooLarge", `${imageName} is too large. Use a smaller copy.`);
  }
  if (image === "damaged") {
    throw new AppError("image.unreadable", `${imageName} is damaged. Put the picture in again.`);
  }
  return { image, imageName };
}

function reportChanges(run: WriteRun, { document, changes, text }: WrittenChanges): void {
  const { printer } = run.context;
  const { file } = document;
  if (printer.isJson) {
    for (const { image, alt } of changes) {
      const { range, target, resolved, alt: previous } = image.row;
      printer.json({ file, range, target, resolved, alt, previous });
    }
  } else if (run.flags.dryRun === true) {
    printer.text(patchOf(document, text));
  } else {
    for (const { image, alt } of changes) printer.text(`${placeOf(image.row)}: ${alt}\n`);
  }
}

/**
 * A unified diff that `patch -p0` applies to UTF-8; the byte order mark belongs to the first line. That
 * of a document in UTF-16 is for reading.
 */
function patchOf({ file, text, hasByteOrderMark }: DocumentText, newText: string): string {
  const mark = hasByteOrderMark ? "\ufeff" : "";
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  const [before, after] = [mark + text, mark + newText];
  return createTwoFilesPatch(file, file, before, after, undefined, undefined, options);
}

/** A failure of one document or picture, which does not stop the others. */
function reportFailure(
  run: WriteRun,
  thrown: unknown,
  about: { readonly file?: string } = {},
): void {
  if (isCancelled(thrown)) throw thrown;
  const { printer } = run.context;
  const { code, message } = AppError.from(thrown);
  // Nothing is wrong with a picture that shows nothing; it only gets no words.
  if (code === "image.blank") printer.note(message);
  else {
    run.counts.nFailed++;
    printer.failure(`sightline: ${message}`);
  }
  if (printer.isJson) {
    printer.json({
      ...(about.file === undefined ? {} : { file: about.file }),
      ...failureJson(thrown),
    });
  }
}

function inPlace(error: AppError, { row }: DocumentImage): AppError {
  return new AppError(error.code, `${placeOf(row)}: ${error.message}`, { cause: error });
}
