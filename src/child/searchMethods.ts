/** Finding pictures in the workspace: a retrieval model and its index, kept for as long as the process lives. */

import type { EnginePort, TaskRun } from "./enginePort";
import { isBelow } from "../disk/belowFolder";
import { TaskQueue } from "../base/taskQueue";
import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import type { ModelStore } from "../library/store/modelStore";
import { lookAtFiles, type SkippedFile } from "../search/files/pictureFiles";
import type { KnownFiles } from "../search/files/knownFiles";
import type { PictureIndex } from "../search/index/pictureIndex";
import type { ComparingEngine } from "../search/indexing/indexPictures";
import type { Params, Result } from "../protocol/methods";

export interface SearchOptions {
  readonly logger: Logger;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
}

type SearchMethod = "listPictures" | "indexPictures" | "findPictures";

/** How transparent pictures are looked at. */
const ALPHA = "auto";

export function createSearchMethods(options: SearchOptions): Pick<EnginePort, SearchMethod> {
  const search = new WorkspaceSearch(options);
  return {
    listPictures: (params, run) => listPictures(params, run),
    indexPictures: (params, run) => search.add(params, run),
    findPictures: (params, run) => search.find(params, run),
  };
}

async function listPictures(
  { folders }: Params<"listPictures">,
  { signal }: TaskRun,
): Promise<Result<"listPictures">> {
  const { filesBelow, SkippedParts } = await import("../disk/searchFolder");
  const { IGNORE_FILES } = await import("../search/files/pictureFiles");
  const { isPictureName } = await import("../model/ask/pictureNames");
  const files: string[] = [];
  for (const folder of folders) {
    const found = filesBelow(folder, {
      ...{ signal, isWanted: isPictureName, heedsGitignore: true, ignoreFiles: IGNORE_FILES },
      ...{ followsLinks: true, skipped: new SkippedParts(), onFailure: () => undefined },
    });
    for await (const file of found) files.push(file);
  }
  return { files };
}

interface Opened {
  readonly engine: ComparingEngine;
  /** The model's name. */
  readonly model: string;
  readonly index: PictureIndex;
  readonly known: KnownFiles;
  /** Another process writes to the index. */
  readonly isReadOnly: boolean;
}

class WorkspaceSearch {
  readonly #options: SearchOptions;
  /** Files of each content that can be found. */
  readonly #files = new Map<string, string[]>();
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
    const nFiles = [...this.#files.values()].reduce((sum, same) => sum + same.length, 0);
    const skipped: SkippedFile[] = [...searched.skipped];
    return { nFiles, skipped };
  }

  async find(
    { words, k, below }: Params<"findPictures">,
    run: TaskRun,
  ): Promise<Result<"findPictures">> {
    const { findPictures } = await import("../search/ask/findPictures");
    const { engine, model, index } = await this.#open(run);
    const files = this.#below(below);
    const { pictures } = await findPictures(words, {
      ...{ index, engine, k, alpha: ALPHA, signal: run.signal },
      // The order of ITC at once; reading pictures and words together takes seconds.
      rerank: 0,
      searched: { files, nFiles: files.size, nEmbedded: 0, skipped: [] },
      read: () => Promise.reject(new AppError("internal", "Nothing is read to find pictures.")),
    });
    return {
      model,
      matches: pictures.map(({ file, similarity, isLikely }) => ({ file, similarity, isLikely })),
    };
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

  async #openNew({ onProgress }: TaskRun): Promise<Opened> {
    const { store, demoCheckpoint, logger } = this.#options;
    const { findingModel, findNamedModel, loadFoundModel } =
      await import("../library/open/openNamedModel");
    const { createOrtSessionFactory } = await import("../engine/session/ortSession");
    const { KnownFiles: Known } = await import("../search/files/knownFiles");
    const { knownFilesOf, planIndex, withIndex } = await import("../search/index/openIndex");
    const model = await findingModel(store);
    const found = await findNamedModel({ model, store, demoCheckpoint, onProgress });
    const plan = await planIndex({ store, modelFolder: found.folder, alpha: ALPHA });
    const place = { store, factory: createOrtSessionFactory() };
    const engine = inTurn(await loadFoundModel(found, { store, device: "auto", logger }));
    const known = await Known.open(knownFilesOf(store));
    return await new Promise((resolve, reject) => {
      // Until the process ends; who finds the lock of a process that is gone takes it.
      withIndex(plan, place, async (index, mode) => {
        resolve({ engine, model, index, known, isReadOnly: mode === "read" });
        await new Promise(() => undefined);
      }).catch(reject);
    });
  }
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
