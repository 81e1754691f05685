/** What the commands of search share: which pictures, which model, and the index brought up to date. */

import { countOf } from "../../base/countOf";
import { stat } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../../base/bytes";
import { abortable } from "../../base/abortable";
import { AppError, isCancelled } from "../../base/errors";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { findingModel } from "../../library/open/openNamedModel";
import { modelOfServer } from "../../model/ask/remoteEndpoint";
import { remoteName } from "../../model/ask/remoteName";
import { KnownFiles } from "../../search/files/knownFiles";
import { RefusedPictures } from "../../search/files/refusedPictures";
import {
  IGNORE_FILES,
  IGNORED,
  LEADS_AWAY,
  lookAtFiles,
  type LookedAt,
  type SkippedFile,
} from "../../search/files/pictureFiles";
import { type Shard, shardRange } from "../../measure/eval/predict/shard";
import { type IndexPlan, knownFilesOf, planIndex, withIndex } from "../../search/index/openIndex";
import {
  type QdrantAddress,
  qdrantAddress,
  QdrantServer,
  TOKEN_VARIABLE,
} from "../../search/index/qdrantServer";
import type { PictureIndex } from "../../search/index/pictureIndex";
import { codeBytes, halfBytes } from "../../search/index/vectorRecord";
import { type IndexProgress, makeSearchable } from "../../search/indexing/searchable";
import type { SearchablePictures } from "../../search/indexing/searchable";
import { isPictureName } from "../../model/ask/pictureNames";
import { nearestName } from "../../tools/files/nearestName";
import { findModel, withModel } from "../ask/openModel";
import { graphEndpointNamed } from "../ask/remoteModel";
import type { RunningModel } from "../ask/runningModel";
import { picturesNamed } from "../ask/pictureList";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { ModelFlags } from "../terminal/flags";

/** What a command works with. */
export interface SearchRun {
  readonly model: RunningModel;
  readonly index: PictureIndex;
  readonly searched: SearchablePictures;
}

/** Where vectors are kept, beside how pictures are compared. */
export interface SearchFlags extends ModelFlags {
  /** A server, as `qdrantAddress` reads it. @default the store of this machine */
  readonly index?: string;
}

export interface SearchAsk {
  readonly flags: SearchFlags;
  readonly paths: readonly string[];
  /** The part of the files that this run looks at. @default all */
  readonly shard?: Shard;
  /** Where nothing can be written, what is there is not enough. @default false */
  readonly mustWrite?: boolean;
}

/**
 * @throws AppError as `withModel`, `planIndex`, `makeSearchable`, `qdrantAddress`, `openQdrantIndex`, and what the
 * work throws.
 */
export async function withSearch(
  context: CliContext,
  asked: SearchAsk,
  work: (run: SearchRun) => Promise<number>,
): Promise<number> {
  const { store } = context;
  const { alpha, device, model: named } = asked.flags;
  const address = asked.flags.index === undefined ? undefined : qdrantAddress(asked.flags.index);
  const remote = remoteName(named);
  // The index is the model's own, wherever its graphs run.
  const local = remote === undefined ? named : (await graphEndpointNamed(context, remote)).model;
  const found = await findModel(local ?? (await findingModel(store)), context);
  // The best that is installed may be another one today.
  if (named === undefined) context.printer.note(`With ${found.name}.`);
  // Before anything is loaded: a model that compares nothing has no index.
  const plan = await planIndex({ store, alpha, modelFolder: found.folder });
  const { shape } = plan;
  const all = await lookAt(asked.paths, context);
  const looked = { ...all, pictures: partOf(all.pictures, asked.shard) };
  const flags = {
    ...asked.flags,
    device,
    model: remote === undefined ? found.folder : modelOfServer(remote),
  };
  return await withModel(context, flags, async ({ engine }) => {
    const model = { engine, name: found.name };
    const runWith = async (index: PictureIndex, whyNot?: string): Promise<number> => {
      const searched = await bringUpToDate(looked, {
        ...{ context, model, index, alpha, whyNot, folder: plan.folder },
        // A server keeps halves twice, and no integers.
        bytesEach: halfBytes(shape) + (address === undefined ? codeBytes : halfBytes)(shape),
      });
      return await work({ model, index, searched });
    };
    if (address !== undefined) return await runWith(await openedServer(context, address, plan));
    return await withOwnIndex(plan, { context, mustWrite: asked.mustWrite === true }, runWith);
  });
}

/** What lies there is searched where another program writes, or nobody can. @throws AppError as `withIndex`. */
async function withOwnIndex(
  plan: IndexPlan,
  { context, mustWrite }: { readonly context: CliContext; readonly mustWrite: boolean },
  run: (index: PictureIndex, whyNot?: string) => Promise<number>,
): Promise<number> {
  const place = { store: context.store, factory: createOrtSessionFactory() };
  try {
    return await withIndex(plan, place, (index, mode) =>
      run(index, mode === "read" ? "not indexed yet, another program is at it" : undefined),
    );
  } catch (thrown) {
    const { code, message } = AppError.from(thrown);
    if (mustWrite || code !== "index.unwritable") throw thrown;
    context.printer.note(message);
    const reading = { ...place, wanted: "read" } as const;
    return await withIndex(plan, reading, (index) => run(index, "not indexed yet"));
  }
}

async function openedServer(
  { host, signal }: CliContext,
  address: QdrantAddress,
  { key, shape }: IndexPlan,
): Promise<PictureIndex> {
  const { openQdrantIndex } = await import("../../search/index/qdrantIndex");
  const server = await QdrantServer.at(address, host.environment.env[TOKEN_VARIABLE]);
  return await abortable(
    openQdrantIndex({ server, collection: `sightline-${key}`, shape }),
    signal,
  );
}

function partOf<T>(files: readonly T[], shard: Shard | undefined): readonly T[] {
  return shard === undefined ? files : files.slice(...shardRange(shard, files.length));
}

/** The exit code, and what was left out told on stderr. */
export function finish(
  { printer }: CliContext,
  { nFiles, skipped }: Pick<SearchablePictures, "nFiles" | "skipped">,
): number {
  if (skipped.length > 0) printer.note(skippedText(skipped));
  return nFiles === 0 ? EXIT.failed : EXIT.ok;
}

/** Reasons and how often, the commonest first. */
export function skippedText(skipped: readonly SkippedFile[]): string {
  const counts = new Map<string, number>();
  for (const { why } of skipped) counts.set(why, (counts.get(why) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const reasons = sorted.slice(0, MAX_REASONS).map(([why, count]) => {
    const [one] = skipped.filter((file) => file.why === why);
    // A reason with the file's name in it says it itself.
    const file = one?.file ?? "";
    return count > 1 ? `${count} ${why}` : why.includes(file) ? why : `${file}: ${why}`;
  });
  const more = sorted.length > MAX_REASONS ? "; and others, which --json names" : "";
  const text = `Not searched: ${reasons.join("; ")}${more}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const MAX_REASONS = 4;

/** Words and paths of one list: paths are the last ones that are there, or look like a path or pattern. */
export async function splitWords(given: readonly string[]): Promise<{
  readonly words: string;
  readonly paths: readonly string[];
  /** As they were given. */
  readonly given: readonly string[];
}> {
  let begin = given.length;
  // The first is always a word, whatever lies in this folder.
  while (begin > 1 && (await isPath(given[begin - 1] ?? ""))) begin--;
  const paths = given.slice(begin);
  const words = given.slice(0, begin);
  return { words: words.join(" "), paths: paths.length === 0 ? ["."] : paths, given: words };
}

/**
 * What to say of words that were probably meant as a path: behind a quoted phrase, or nearly the name of something
 * that is here. Undefined when they look like words.
 * @param words those of the words that came as single arguments.
 */
export async function mistypedPath(words: readonly string[]): Promise<string | undefined> {
  const [first = "", ...others] = words;
  for (const word of others) {
    const near = await nearestName(".", word);
    const isNear = near !== undefined && word.length >= 4;
    const isNamed = isPictureName(word) || word.startsWith(".");
    if (!isNear && !isNamed && !/\s/.test(first.trim())) continue;
    const meant = isNear ? ` Did you mean ${near}?` : "";
    return `There is no file or folder "${word}", so it is looked for as a word.${meant}`;
  }
  return undefined;
}

async function isPath(text: string): Promise<boolean> {
  if (/[/\\*]/.test(text)) return true;
  return stat(text).then(
    () => true,
    () => false,
  );
}

/** Pictures below the paths, and all that is left out, by name. */
async function lookAt(paths: readonly string[], { signal }: CliContext): Promise<LookedAt> {
  const { files, failures, skipped } = await picturesNamed(paths, signal, {
    ...{ heedsGitignore: true, ignoreFiles: IGNORE_FILES, followsLinks: true },
  });
  const looked = await lookAtFiles(files, signal);
  const ignored = skipped.ignored().map((file) => ({ file: near(file), why: IGNORED }));
  const links = skipped.links().map((file) => ({ file: near(file), why: LEADS_AWAY }));
  const unread = failures.map(({ folder, error }) => ({ file: folder, why: error.message }));
  return {
    pictures: looked.pictures,
    skipped: [...unread, ...ignored, ...links, ...looked.skipped],
  };
}

/** As the other files are named, which are below the current folder mostly. */
function near(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") || relative === "" ? file : relative;
}

async function bringUpToDate(
  looked: LookedAt,
  by: {
    readonly context: CliContext;
    readonly model: RunningModel;
    readonly index: PictureIndex;
    /** Of new pictures, where none can be taken. */
    readonly whyNot: string | undefined;
    readonly alpha: ModelFlags["alpha"];
    /** Of the index, or of one that this machine would keep. */
    readonly folder: string;
    readonly bytesEach: number;
  },
): Promise<SearchablePictures> {
  const { context, model, index, whyNot, alpha, folder, bytesEach } = by;
  const { printer, store, signal } = context;
  const line = printer.workLine();
  let last: IndexProgress | undefined;
  try {
    return await makeSearchable(looked, {
      ...{ index, alpha, signal, whyNot },
      engine: () => Promise.resolve(model.engine),
      known: await KnownFiles.open(knownFilesOf(store)),
      refused: await RefusedPictures.open(folder),
      onStart: (nNew) => {
        const bytes = formatBytes(nNew * bytesEach);
        printer.note(`${countOf(nNew, "picture")} to look at; the index takes ${bytes} for them.`);
      },
      onProgress: (progress) => {
        last = progress;
        const { step, nDone, nAll } = progress;
        const verb = step === "reading" ? "read" : "looked at";
        line.count(progress, `${nDone} of ${countOf(nAll, "picture")} ${verb}`);
      },
    });
  } catch (thrown) {
    line.end();
    if (isCancelled(thrown) && last?.step === "embedding") {
      printer.note(
        `Stopped after ${last.nDone} of ${countOf(last.nAll, "new picture")}. The same command goes on from there.`,
      );
    }
    throw thrown;
  } finally {
    line.end();
  }
}
