/** `ask` and `caption`: one prompt about one or more pictures. */

import { realpath } from "node:fs/promises";
import path from "node:path";
import { countOf } from "../../base/countOf";
import { promptOf } from "../../alt/wording/describingRequest";
import { AppError, throwIfAborted } from "../../base/errors";
import { inOrder } from "../../base/inOrder";
import { answerJson, generateAnswer, printed } from "./answer";
import { answersOf } from "./givenAnswers";
import { AnswerFile } from "../../answers/answerFile";
import {
  FILE_FORMATS,
  type FileFormat,
  type TableFormat,
  tableHead,
  tableRow,
} from "../../answers/answerTable";
import type { CliContext } from "../terminal/cliContext";
import { EXIT, failureJson } from "../terminal/failure";
import {
  type GenerationFlags,
  generationOptionsOf,
  idleFlags,
  type ModelFlags,
  type OutputFlags,
} from "../terminal/flags";
import { withModelLock } from "../../library/store/modelLock";
import { withModel } from "./openModel";
import type { RunningModel } from "./runningModel";
import { type NamedPictures, picturesNamed } from "./pictureList";
import { readPicture } from "./pictureSource";
import type { GenerateRequest, GenerateResult, Prompt } from "../../model/ask/request";

/** How answers about many pictures are printed. */
export interface TableFlags {
  readonly csv?: boolean;
  readonly tsv?: boolean;
}

/** Of `ask` about many pictures. */
export interface ManyFlags {
  readonly question?: string;
  readonly jsonl?: boolean;
  readonly out?: string;
}

export interface AskFlags extends ModelFlags, GenerationFlags, TableFlags, ManyFlags {
  readonly rawPrompt?: string;
  readonly answers?: string;
}

export interface CaptionFlags extends ModelFlags, GenerationFlags, TableFlags {
  readonly prompt?: string;
}

/**
 * Answers a question about a picture, or about each picture below a folder.
 * @param given a picture and a question; with `--question` pictures and folders.
 * @throws AppError `option.invalid` without a question or with two prompts, and as `withModel`.
 */
export async function ask(
  context: CliContext,
  given: readonly string[],
  flags: AskFlags,
): Promise<number> {
  const { names, question } = askedOf(given, flags);
  const prompt = askPrompt(question, flags.rawPrompt);
  const answers = flags.answers === undefined ? {} : { answers: await answersOf(flags.answers) };
  const text = question ?? flags.rawPrompt ?? "";
  return await answerAll(context, { names, prompt, ...answers }, { ...flags, question: text });
}

/** @throws AppError `option.invalid`. */
function askedOf(
  given: readonly string[],
  flags: AskFlags,
): { readonly names: readonly string[]; readonly question: string | undefined } {
  if (flags.question !== undefined) return { names: given, question: flags.question };
  const [image = "", question, ...more] = given;
  if (more.length === 0) return { names: [image], question };
  throw new AppError(
    "option.invalid",
    "Put the question in quotes, or ask about several pictures with --question: sightline ask PATH… --question QUESTION",
  );
}

/**
 * Describes pictures, one line each; of a folder all that are below it.
 * @throws AppError as `ask`.
 */
export async function caption(
  context: CliContext,
  names: readonly string[],
  flags: CaptionFlags,
): Promise<number> {
  const prompt: Prompt =
    flags.prompt === undefined ? { kind: "caption" } : { kind: "caption", prefix: flags.prompt };
  return await answerAll(context, { names, prompt }, flags);
}

/**
 * The prompt of `ask`.
 * @throws AppError `option.invalid`.
 */
export function askPrompt(question: string | undefined, rawPrompt: string | undefined): Prompt {
  if (question !== undefined && rawPrompt !== undefined) {
    throw new AppError("option.invalid", "Give either a question or --raw-prompt, not both.");
  }
  if (rawPrompt !== undefined) return { kind: "raw", text: rawPrompt };
  if (question !== undefined) return promptOf(question);
  throw new AppError(
    "option.invalid",
    'The question is missing. Use: sightline ask IMAGE "QUESTION"',
  );
}

/** What a request has beside picture and prompt; hints about flags go to stderr. */
export function settingsOf(
  context: CliContext,
  flags: ModelFlags & GenerationFlags & Pick<AskFlags, "answers">,
): Required<Pick<GenerateRequest, "options" | "alpha">> {
  const options = generationOptionsOf(flags);
  for (const hint of idleFlags(flags)) context.printer.note(hint);
  return { options, alpha: flags.alpha };
}

interface AnswerRun {
  readonly context: CliContext;
  readonly flags: ModelFlags;
  readonly settings: Omit<GenerateRequest, "image" | "imageName">;
  readonly table: TableFormat | undefined;
  /** Where answers go that are kept, in place of stdout. */
  readonly file?: AnswerFile | undefined;
}

/**
 * One prompt about each picture, in turn. A picture that cannot be read does not stop the others.
 * @returns 1 when any failed.
 */
async function answerAll(
  context: CliContext,
  asked: Pick<GenerateRequest, "prompt" | "answers"> & { readonly names: readonly string[] },
  flags: ModelFlags & GenerationFlags & TableFlags & ManyFlags & Pick<AskFlags, "answers">,
): Promise<number> {
  const format = tableFormatOf(flags);
  const table = format === "jsonl" ? undefined : format;
  const { names, ...what } = asked;
  const settings = { ...settingsOf(context, flags), ...what };
  const pictures = await picturesNamed(names, context.signal);
  const run: AnswerRun = { context: inLines(context, flags), flags, settings, table };
  if (flags.out !== undefined) {
    const { question = "" } = flags;
    const by = { format: format ?? formatOfName(flags.out), question };
    const { out } = flags;
    // Two that write one table would ask everything twice, and write it twice.
    const folder = await realpath(path.dirname(out)).catch(() => path.dirname(out));
    const file = await realpath(out).catch(() => path.join(folder, path.basename(out)));
    const lock = { store: context.store, folder: file, ifBusy: "refuse" } as const;
    return await withModelLock(lock, async () =>
      answerMany({ ...run, file: await AnswerFile.open(out, by) }, pictures),
    );
  }
  const [only, ...others] = pictures.files;
  const isAlone = only !== undefined && others.length === 0 && !pictures.hasFolder;
  if (isAlone && table === undefined) return await answerAlone(run, only);
  return await answerMany(run, pictures);
}

/** The text alone, without the picture's name, and as it comes. */
async function answerAlone(run: AnswerRun, image: string): Promise<number> {
  const { context, settings } = run;
  const { printer, signal } = context;
  try {
    // Before the model, which takes longer to open.
    const picture = await readPicture(image, context);
    await withModel(context, run.flags, async (model) => {
      const request = { ...picture, ...settings };
      const result = await generateAnswer({ model, request, printer, signal });
      if (printer.isJson) printer.json({ image, ...answerJson(result, model) });
    });
    return EXIT.ok;
  } catch (thrown) {
    if (!isAboutPicture(thrown)) throw thrown;
    await reportFailure(run, image, thrown);
    return EXIT.failed;
  }
}

/** A line or an object for each picture, and a sum on stderr. */
async function answerMany(run: AnswerRun, named: NamedPictures): Promise<number> {
  const { context, table, file } = run;
  const { printer } = context;
  const { failures } = named;
  const files = named.files.filter((image) => file?.answered.has(image) !== true);
  const nBefore = named.files.length - files.length;
  if (nBefore > 0) printer.note(`${countOf(nBefore, "picture")} answered before.`);
  const line = printer.workLine();
  const done = { nAnswers: 0, nFailed: failures.length };
  if (table !== undefined && file === undefined) printer.text(tableHead(table));
  for (const { folder, error } of failures) await reportFailure(run, folder, error);
  if (files.length === 0) return nBefore > 0 && done.nFailed === 0 ? EXIT.ok : EXIT.failed;
  line.show("Loading the model…");
  try {
    await withModel(context, run.flags, async (model) => {
      const tried = inOrder(files, (image) => answerOne(run, model, image), model.atOnce);
      for (const [index, image] of files.entries()) {
        const counts = `${index} of ${countOf(files.length, "picture")}`;
        line.count({ nDone: index, nAll: files.length }, counts);
        const outcome = (await tried.next()).value as Outcome;
        if (await printOne(run, model, { image, ...outcome })) done.nAnswers++;
        else done.nFailed++;
      }
    });
  } catch (thrown) {
    line.end();
    const isTold = done.nAnswers > 0 && context.host.interrupts.exitCode !== EXIT.ok;
    if (isTold) printer.note(`Stopped after ${done.nAnswers} of ${files.length} pictures.`);
    throw thrown;
  } finally {
    line.end();
  }
  const failed = done.nFailed === 0 ? "" : `, ${done.nFailed} failed`;
  printer.note(`${countOf(done.nAnswers, "picture")} answered${failed}.`);
  return done.nFailed > 0 ? EXIT.failed : EXIT.ok;
}

/** An answer, or why there is none for this picture. */
type Outcome =
  | { readonly request: GenerateRequest; readonly result: GenerateResult }
  | { readonly thrown: unknown };

async function answerOne(run: AnswerRun, model: RunningModel, image: string): Promise<Outcome> {
  const { context, settings } = run;
  const { signal } = context;
  throwIfAborted(signal);
  try {
    const request = { ...(await readPicture(image, context)), ...settings };
    return { request, result: await model.engine.generate(request, { signal }) };
  } catch (thrown) {
    if (!isAboutPicture(thrown)) throw thrown;
    return { thrown };
  }
}

/** @returns false for a picture that failed, which is told. */
async function printOne(
  run: AnswerRun,
  model: RunningModel,
  outcome: Outcome & { readonly image: string },
): Promise<boolean> {
  const { context, table } = run;
  const { printer } = context;
  const { image } = outcome;
  if ("thrown" in outcome) {
    await reportFailure(run, image, outcome.thrown);
    return false;
  }
  const { request, result } = outcome;
  if (run.file !== undefined) {
    for (const { text } of printed(request, result)) {
      await run.file.add({ file: image, text, error: "" });
    }
  } else if (printer.isJson) printer.json({ image, ...answerJson(result, model) });
  else {
    printer.text(
      printed(request, result)
        .map(({ text }) => lineOf(image, text, table))
        .join(""),
    );
  }
  return true;
}

function lineOf(file: string, text: string, table: TableFormat | undefined): string {
  return table === undefined ? `${file}: ${text}\n` : tableRow(table, { file, text, error: "" });
}

async function reportFailure(run: AnswerRun, image: string, thrown: unknown): Promise<void> {
  const { context, table, file } = run;
  const { printer } = context;
  const { message } = AppError.from(thrown);
  printer.failure(`sightline: ${message}`);
  if (file !== undefined) {
    await file.add({ file: image, text: "", error: message });
    return;
  }
  if (printer.isJson) printer.json({ image, ...failureJson(thrown) });
  if (table !== undefined) printer.text(tableRow(table, { file: image, text: "", error: message }));
}

/** @throws AppError `option.invalid` for two ways to print. */
function tableFormatOf(
  flags: TableFlags & OutputFlags & Pick<ManyFlags, "jsonl">,
): FileFormat | undefined {
  const asked = ([...FILE_FORMATS, "json"] as const).filter((name) => flags[name] === true);
  if (asked.length > 1) {
    const names = asked.map((name) => `--${name}`).join(" and ");
    throw new AppError("option.invalid", `Give one of ${names}, not both.`);
  }
  return FILE_FORMATS.find((name) => flags[name] === true);
}

/** A table without a format has that of its name. @throws AppError `option.invalid` for another ending. */
function formatOfName(file: string): FileFormat {
  const found = FILE_FORMATS.find((format) => file.toLowerCase().endsWith(`.${format}`));
  if (found !== undefined) return found;
  throw new AppError(
    "option.invalid",
    `${file} must end with ${FILE_FORMATS.map((format) => `.${format}`).join(" or ")}, or --${FILE_FORMATS.join(" or --")} must say what it is.`,
  );
}

/** Without a file, objects on lines of their own are what `--json` prints. */
function inLines(context: CliContext, { jsonl }: Pick<ManyFlags, "jsonl">): CliContext {
  if (jsonl !== true) return context;
  return { ...context, printer: context.printer.inJson() };
}

function isAboutPicture(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code.startsWith("image.");
}
