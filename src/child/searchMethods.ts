/** Finding pictures in the workspace: a retrieval model and its index, kept for as long as the process lives. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { EnginePort, TaskRun } from "./enginePort";
import { isBelow } from "../disk/belowFolder";
import { TaskQueue } from "../base/taskQueue";
import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import type { ModelStore } from "../library/store/modelStore";
import type { FoundPicture } from "../search/ask/findPictures";
import { lookAtFiles, type SkippedFile } from "../search/files/pictureFiles";
import type { KnownFiles } from "../search/files/knownFiles";
import type { PictureIndex } from "../search/index/pictureIndex";
import type { ComparingEngine } from "../search/indexing/indexPictures";
import type { SearchablePictures } from "../search/indexing/searchable";
import type { SEARCH_METHODS } from "../protocol/searchMethods";
import type { Params, Result } from "../protocol/methods";

export interface SearchOptions {
  readonly logger: Logger;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
}

/** How transparent pictures are looked at. */
const ALPHA = "auto";

export function createSearchMethods(
  options: SearchOptions,
): Pick<EnginePort, keyof typeof SEARCH_METHODS> {
  const search = new WorkspaceSearch(options);
  const { store } = options;
  return {
    listPictures: (params, run) => listPictures(params, run),
    indexPictures: (params, run) => search.add(params, run),
    forgetPictures: ({ files }) => {
      search.forget(files);
      return Promise.resolve({});
    },
    findPictures: (params, run) => search.find(params, run),
    similarPictures: (params, run) => search.similar(params, run),
    findDuplicates: (params, run) => search.duplicates(params, run),
    samePictures: (params, run) => samePictures(params, run),
    indexSize: async () => {
      const { sizeOfIndexes } = await import("../search/index/storedIndexes");
      return { bytes: await sizeOfIndexes(store) };
    },
    deleteIndex: async () => {
      const { deleteIndexes } = await import("../search/index/storedIndexes");
      await search.close();
      return { freedBytes: await deleteIndexes(store) };
    },
  };
}

async function listPictures(
  { folders, exclude = [] }: Pick<Params<"listPictures">, "folders" | "exclude">,
  { signal }: Pick<TaskRun, "signal">,
): Promise<Result<"listPictures">> {
  const { filesBelow, SkippedParts } = await import("../disk/searchFolder");
  const { IGNORE_FILES, IGNORED } = await import("../search/files/pictureFiles");
  const { excludedPaths } = await import("../search/files/excludedPaths");
  const { isPictureName } = await import("../model/ask/pictureNames");
  const files: string[] = [];
  const parts = new SkippedParts();
  for (const folder of folders) {
    const found = filesBelow(folder, {
      ...{ signal, isWanted: isPictureName, heedsGitignore: true, ignoreFiles: IGNORE_FILES },
      ...{ followsLinks: true, skipped: parts, onFailure: () => undefined },
      isExcluded: excludedPaths(folder, exclude),
    });
    for await (const file of found) files.push(file);
  }
  const skipped = parts.ignored().map((file) => ({ file, why: IGNORED }));
  return { files, skipped };
}

async function samePictures(
  { digest, size, ...places }: Params<"samePictures">,
  run: Pick<TaskRun, "signal">,
): Promise<Result<"samePictures">> {
  const { files } = await listPictures(places, run);
  const same: string[] = [];
  for (const file of files) {
    if (run.signal.aborted) break;
    const found = await stat(file).catch(() => undefined);
    if (found?.size !== size) continue;
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes === undefined) continue;
    if (sha256(bytes) === digest) same.push(file);
  }
  return { files: same };
}

interface Model {
  readonly engine: ComparingEngine;
  readonly name: string;
  /** Of the converted model. */
  readonly folder: string;
}

interface Opened extends Model {
  readonly index: PictureIndex;
  readonly known: KnownFiles;
  /** Another process writes to the index. */
  readonly isReadOnly: boolean;
  /** Closes the index and gives up its lock; the model stays. */
  readonly close: () => Promise<void>;
}

class WorkspaceSearch {
  readonly #options: SearchOptions;
  /** Files of each content that can be found. */
  readonly #files = new Map<string, string[]>();
  #model: Promise<Model> | undefined;
  #opening: Promise<Opened> | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async add({ files }: Params<"indexPictures">, run: TaskRun): Promise<Result<"indexPictures">> {
    const { makeSearchable } = await import("../search/indexing/searchable");
    const { engine, index, known, isReadOnly } = await this.#open(run);
    const { signal } = run;
    const searched = await makeSearchable(await lookAtFiles(files, signal), {
      ...{ index, known, signal, alpha: ALPHA, engine: () => Promise.resolve(engine) },
      ...(isReadOnly ? { whyNot: "not indexed yet, another program is at it" } : {}),
    });
    this.#take(files, searched.files);
    const skipped: SkippedFile[] = [...searched.skipped];
    return { nFiles: this.#searched().nFiles, skipped };
  }

  forget(files: readonly string[]): void {
    this.#take(files, new Map());
  }

  async find(params: Params<"findPictures">, run: TaskRun): Promise<Result<"findPictures">> {
    const { findPictures } = await import("../search/ask/findPictures");
    const { engine, index, name } = await this.#open(run);
    // Reading pictures and words together takes seconds.
    const { words, k, rerank = 0, below } = params;
    const { pictures } = await findPictures(words, {
      ...{ index, engine, k, rerank, alpha: ALPHA, signal: run.signal },
      searched: this.#searched(below),
      read: (file) => readFile(file),
    });
    return { model: name, matches: pictures.map(replyOf) };
  }

  async similar(
    { file, k }: Params<"similarPictures">,
    run: TaskRun,
  ): Promise<Result<"similarPictures">> {
    const { similarPictures } = await import("../search/ask/similarPictures");
    const { engine, index } = await this.#open(run);
    const image = await readFile(file).catch((cause: unknown) => {
      throw new AppError("image.missing", `${file} cannot be read.`, { cause, detail: { file } });
    });
    const kept = await index.vectors(sha256(image));
    const request = { image, imageName: file, alpha: ALPHA } as const;
    const vectors = kept ?? (await engine.embedPicture(request, run)).vectors;
    const own = path.resolve(file);
    const pictures = await similarPictures(
      { vectors },
      { index, k, searched: this.#searched(), isItself: (other) => path.resolve(other) === own },
    );
    return { matches: pictures.map(replyOf) };
  }

  async duplicates(
    { pardoned }: Params<"findDuplicates">,
    run: TaskRun,
  ): Promise<Result<"findDuplicates">> {
    const { findDuplicates } = await import("../search/ask/duplicates");
    const { index } = await this.#open(run);
    const pairs = new Set(pardoned);
    const groups = await findDuplicates(this.#searched(), {
      ...{ index, signal: run.signal },
      isPardoned: (a, b) => pairs.has(`${a} ${b}`) || pairs.has(`${b} ${a}`),
    });
    return {
      groups: groups.map(({ kind, similarity, files, digests }) => ({
        ...{ kind, similarity },
        files: files.map((file, i) => ({ file, digest: digests[i] ?? "" })),
      })),
    };
  }

  /** Closes the index, so that its files can be deleted. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#files.clear();
    await (await opening?.catch(() => undefined))?.close();
  }

  /** Those below folders, or all. */
  #searched(below?: readonly string[]): SearchablePictures {
    const files = this.#below(below);
    const nFiles = [...files.values()].reduce((sum, same) => sum + same.length, 0);
    return { files, nFiles, nEmbedded: 0, skipped: [] };
  }

  #below(folders: readonly string[] | undefined): ReadonlyMap<string, readonly string[]> {
    if (folders === undefined) return this.#files;
    const isWanted = (file: string): boolean => folders.some((folder) => isBelow(file, folder));
    const below = [...this.#files].map(
      ([digest, same]) => [digest, same.filter(isWanted)] as const,
    );
    return new Map(below.filter(([, same]) => same.length > 0));
  }

  /** Files that are looked at again are what they are by now. */
  #take(looked: readonly string[], found: ReadonlyMap<string, readonly string[]>): void {
    const again = new Set(looked);
    for (const [digest, same] of this.#files) {
      const others = same.filter((file) => !again.has(file));
      if (others.length === 0) this.#files.delete(digest);
      else this.#files.set(digest, others);
    }
    for (const [digest, same] of found) {
      this.#files.set(digest, [...(this.#files.get(digest) ?? []), ...same]);
    }
  }

  /** What failed is tried again with the next call. */
  #open(run: TaskRun): Promise<Opened> {
    this.#opening ??= this.#openNew(run).catch((thrown: unknown) => {
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  #load(run: TaskRun): Promise<Model> {
    this.#model ??= this.#loadNew(run).catch((thrown: unknown) => {
      this.#model = undefined;
      throw thrown;
    });
    return this.#model;
  }

  async #loadNew({ onProgress }: TaskRun): Promise<Model> {
    const { store, demoCheckpoint, logger } = this.#options;
    const { findingModel, findNamedModel, loadFoundModel } =
      await import("../library/open/openNamedModel");
    const model = await findingModel(store);
    const found = await findNamedModel({ model, store, demoCheckpoint, onProgress });
    const engine = inTurn(await loadFoundModel(found, { store, device: "auto", logger }));
    return { engine, name: found.name, folder: found.folder };
  }

  async #openNew(run: TaskRun): Promise<Opened> {
    const { store } = this.#options;
    const { createOrtSessionFactory } = await import("../engine/session/ortSession");
    const { KnownFiles: Known } = await import("../search/files/knownFiles");
    const { knownFilesOf, planIndex, withIndex } = await import("../search/index/openIndex");
    const model = await this.#load(run);
    const plan = await planIndex({ store, modelFolder: model.folder, alpha: ALPHA });
    const place = { store, factory: createOrtSessionFactory() };
    const known = await Known.open(knownFilesOf(store));
    return await new Promise((resolve, reject) => {
      // Mostly until the process ends; who finds the lock of a process that is gone takes it.
      const held = withIndex(plan, place, async (index, mode) => {
        await new Promise<void>((end) => {
          const close = async (): Promise<void> => {
            end();
            await held;
          };
          resolve({ ...model, index, known, isReadOnly: mode === "read", close });
        });
      });
      held.catch(reject);
    });
  }
}

function replyOf({ file, similarity, match, isLikely }: FoundPicture): {
  file: string;
  similarity: number;
  isLikely: boolean;
  match?: number;
} {
  return { file, similarity, isLikely, ...(match === null ? {} : { match }) };
}

/** A model does one thing at a time; words wait for the picture that is looked at. */
function inTurn(engine: ComparingEngine): ComparingEngine {
  const queue = new TaskQueue();
  return {
    embedText: (words, run) => queue.add(() => engine.embedText(words, run)),
    embedPicture: (request, run) => queue.add(() => engine.embedPicture(request, run)),
    match: (request, run) => queue.add(() => engine.match(request, run)),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
