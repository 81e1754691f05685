/** Finding pictures in the workspace: what is asked of a retrieval model and its index, and which files count. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { EnginePort, TaskRun } from "./enginePort";
import { isBelow } from "../disk/belowFolder";
import { AppError } from "../base/errors";
import type { GraphTarget } from "../model/ask/models";
import type { FoundPicture } from "../search/ask/findPictures";
import { lookAtFiles, type PictureFile, type SkippedFile } from "../search/files/pictureFiles";
import { KeptTexts } from "../search/mismatch/keptTexts";
import type { ComparingMemory } from "../search/mismatch/rememberedComparing";
import type { SearchablePictures } from "../search/indexing/searchable";
import type { SEARCH_METHODS } from "../protocol/searchMethods";
import type { Params, Result } from "../protocol/methods";
import { ALPHA, SearchModel, type SearchOptions } from "./searchModel";

export function createSearchMethods(
  options: SearchOptions,
): Pick<EnginePort, keyof typeof SEARCH_METHODS> {
  const search = new WorkspaceSearch(options);
  const { store } = options;
  return {
    listPictures: (params, run) => listPictures(params, run),
    knownPictures: (params, run) => search.known(params, run),
    indexPictures: (params, run) => search.add(params, run),
    findPictures: (params, run) => search.find(params, run),
    similarPictures: (params, run) => search.similar(params, run),
    findDuplicates: (params, run) => search.duplicates(params, run),
    findMismatches: (params, run) => search.mismatches(params, run),
    useGraphServer: async (target) => {
      await search.useServer(target);
      return {};
    },
    comparingModel: async ({ chosen }) => {
      const { comparingModel } = await import("../library/open/openNamedModel");
      return await comparingModel(chosen, store);
    },
    compareWithTexts: (params, run) => search.compare(params, run),
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
  const { IGNORE_FILES, IGNORED, LEADS_AWAY } = await import("../search/files/pictureFiles");
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
  const ignored = parts.ignored().map((file) => ({ file, why: IGNORED }));
  const links = parts.links().map((file) => ({ file, why: LEADS_AWAY }));
  return { files, skipped: [...ignored, ...links] };
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

class WorkspaceSearch {
  readonly #model: SearchModel;
  /** Files of each content that can be found. */
  readonly #files = new Map<string, string[]>();
  #compared: ComparingMemory | undefined;
  readonly #texts = new KeptTexts();
  /** What the last search read of the pictures it found: whoever looks closer asks for the same words again. */
  #matched = { of: "", matches: new Map<string, number>() };

  constructor(options: SearchOptions) {
    this.#model = new SearchModel(options);
  }

  /** Files below the folders that are not among these are gone; what is in the index already can be found. */
  async known(
    { files, below }: Params<"knownPictures">,
    run: TaskRun,
  ): Promise<Result<"knownPictures">> {
    const there = new Set(files);
    const gone = [...this.#below(below).values()].flat().filter((file) => !there.has(file));
    this.#take(gone, new Map());
    const { pictures, skipped } = await lookAtFiles(files, run.signal);
    return await this.#model.read(run, ({ index, known, refused, bytesEach }) => {
      const found = new Map<string, string[]>();
      const fresh: PictureFile[] = [];
      const broken: SkippedFile[] = [];
      for (const picture of pictures) {
        const { file } = picture;
        const digest = known.digestOf(picture);
        if (digest !== undefined && index.has(digest)) {
          found.set(digest, [...(found.get(digest) ?? []), file]);
          continue;
        }
        const why = digest === undefined ? undefined : refused.whyNot(digest, file);
        if (why === undefined) fresh.push(picture);
        else broken.push({ file, why });
      }
      this.#take(files, found);
      // People look for what they have just made.
      fresh.sort((a, b) => (a.mtimeNs < b.mtimeNs ? 1 : a.mtimeNs > b.mtimeNs ? -1 : 0));
      const names = fresh.map(({ file }) => file);
      return Promise.resolve({ fresh: names, skipped: [...skipped, ...broken], bytesEach });
    });
  }

  async add({ files }: Params<"indexPictures">, run: TaskRun): Promise<Result<"indexPictures">> {
    const { makeSearchable } = await import("../search/indexing/searchable");
    const { signal } = run;
    return await this.#model.write(run, async ({ engine, index, known, refused, isReadOnly }) => {
      const searched = await makeSearchable(await lookAtFiles(files, signal), {
        ...{ index, known, refused, signal, alpha: ALPHA, engine: () => Promise.resolve(engine) },
        ...(isReadOnly ? { whyNot: "not indexed yet, another program is at it" } : {}),
      });
      this.#take(files, searched.files);
      return { nFiles: this.#searched().nFiles, skipped: [...searched.skipped] };
    });
  }

  async find(params: Params<"findPictures">, run: TaskRun): Promise<Result<"findPictures">> {
    const { findPictures } = await import("../search/ask/findPictures");
    // Reading pictures and words together takes seconds.
    const { words, k, rerank = 0, below } = params;
    return await this.#model.read(run, async ({ engine, index, name }) => {
      const of = `${name} ${words}`;
      if (this.#matched.of !== of) this.#matched = { of, matches: new Map() };
      const { matches } = this.#matched;
      const { pictures } = await findPictures(words, {
        ...{ index, engine, k, rerank, matches, alpha: ALPHA, signal: run.signal },
        searched: this.#searched(below),
        isReadLater: rerank === 0,
        read: (file) => readFile(file),
      });
      return { model: name, matches: pictures.map(replyOf) };
    });
  }

  async similar(
    { file, k }: Params<"similarPictures">,
    run: TaskRun,
  ): Promise<Result<"similarPictures">> {
    const { similarPictures } = await import("../search/ask/similarPictures");
    return await this.#model.read(run, async ({ engine, index }) => {
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
    });
  }

  async duplicates(
    { pardoned }: Params<"findDuplicates">,
    run: TaskRun,
  ): Promise<Result<"findDuplicates">> {
    const { findDuplicates } = await import("../search/ask/duplicates");
    const pairs = new Set(pardoned);
    const groups = await this.#model.read(run, ({ index }) =>
      findDuplicates(this.#searched(), {
        ...{ index, signal: run.signal },
        isPardoned: (a, b) => pairs.has(`${a} ${b}`) || pairs.has(`${b} ${a}`),
      }),
    );
    return {
      groups: groups.map(({ kind, similarity, files, digests }) => ({
        ...{ kind, similarity },
        files: files.map((file, i) => ({ file, digest: digests[i] ?? "" })),
      })),
    };
  }

  async mismatches(
    { of, changed, nDocuments }: Params<"findMismatches">,
    run: TaskRun,
  ): Promise<Result<"findMismatches">> {
    const { compareTexts } = await import("../search/mismatch/comparedTexts");
    const { findMismatches, placesOf } = await import("../search/mismatch/mismatches");
    const { ComparingMemory: Memory } = await import("../search/mismatch/rememberedComparing");
    const memory = (this.#compared ??= new Memory());
    const kept = nDocuments === 0 ? [] : this.#texts.take(of, changed);
    return await this.#model.read(run, async ({ engine, index, name: model }) => {
      const isKnown = nDocuments === 0 || kept.length === nDocuments;
      if (nDocuments === 0 || !isKnown) return { model, isKnown, nTested: 0, mismatches: [] };
      const given = kept.flatMap(({ document, texts }) =>
        texts.map((text, nth) => ({ ...text, document, nth })),
      );
      const compared = await compareTexts(given, {
        ...{ engine, index, memory, alpha: ALPHA, signal: run.signal },
        searched: this.#searched(),
        read: (file) => readFile(file),
      });
      const { port, bank, places, fileOf } = compared;
      const { findings, nTested } = await findMismatches(compared.texts, port, { bank });
      const told = findings.flatMap((finding) => placesOf(finding, compared.texts));
      const mismatches = told.flatMap(({ text, kind, fits, partner = -1 }) => {
        const [place, other] = [places[text], places[partner]];
        if (place === undefined) return [];
        const { document, digest, nth } = place;
        const found = { document, text: nth, kind, fits: fileOf(fits), digest };
        if (other === undefined) return [found];
        return [{ ...found, partner: { document: other.document, text: other.nth } }];
      });
      return { model, isKnown, nTested, mismatches };
    });
  }

  async compare(
    params: Params<"compareWithTexts">,
    run: TaskRun,
  ): Promise<Result<"compareWithTexts">> {
    return await this.#model.read(run, async ({ engine, name }) => {
      const { scores, ...rest } = await engine.score(params, { signal: run.signal });
      return { model: name, result: { ...rest, scores: [...scores] } };
    });
  }

  async useServer(target: GraphTarget): Promise<void> {
    await this.#model.useServer(target);
  }

  /** Closes the index, so that its files can be deleted. */
  async close(): Promise<void> {
    this.#files.clear();
    await this.#model.close();
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
}

function replyOf({ file, similarity, match, isLikely }: FoundPicture): {
  file: string;
  similarity: number;
  isLikely: boolean;
  match?: number;
} {
  return { file, similarity, isLikely, ...(match === null ? {} : { match }) };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
