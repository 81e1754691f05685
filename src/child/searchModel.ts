/**
 * The retrieval model of a process and its index, opened once for all who wait. Whoever is cancelled leaves at
 * once; what was begun is seen through for the next call, because a model's load cannot be stopped.
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { abortable, type CancelSignal } from "../base/abortable";
import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import { TaskQueue } from "../base/taskQueue";
import type { Blip2Engine } from "../engine/blip2Engine";
import type { ModelStore } from "../library/store/modelStore";
import type { GraphTarget } from "../model/ask/models";
import { readAllEndpoints } from "../model/ask/remoteEndpoint";
import { remoteName } from "../model/ask/remoteName";
import { MANIFEST_FILE } from "../model/folder/manifest";
import type { GraphServer } from "../remote/graphSession";
import type { KnownFiles } from "../search/files/knownFiles";
import type { RefusedPictures } from "../search/files/refusedPictures";
import type { IndexPlan } from "../search/index/openIndex";
import type { PictureIndex } from "../search/index/pictureIndex";
import type { ComparingEngine } from "../search/indexing/indexPictures";
import type { TaskRun } from "./enginePort";

export interface SearchOptions {
  readonly logger: Logger;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
  /** After this long without a new picture another process may write, in ms. @default 3000 */
  readonly writerMs?: number;
}

/** How transparent pictures are looked at. */
export const ALPHA = "auto";
const DEFAULT_WRITER_MS = 3000;

/** What is done with the model and its index. */
export interface Opened {
  readonly engine: SearchEngine;
  /** Of the model. */
  readonly name: string;
  readonly index: PictureIndex;
  readonly known: KnownFiles;
  readonly refused: RefusedPictures;
  /** Bytes that a picture takes in the index. */
  readonly bytesEach: number;
  /** Nobody may write, or another process does. */
  readonly isReadOnly: boolean;
}

type SearchEngine = ComparingEngine & Pick<Blip2Engine, "score">;
type Run = Pick<TaskRun, "signal" | "onProgress">;
type Mode = "read" | "write";

interface Model {
  readonly engine: SearchEngine;
  readonly release: () => Promise<void>;
  readonly name: string;
  readonly folder: string;
  readonly plan: IndexPlan;
  readonly known: KnownFiles;
  readonly refused: RefusedPictures;
}

/** An open index, and how many work with it. */
interface Held {
  /** What was asked for; another process may have been faster. */
  readonly wanted: Mode;
  readonly opened: Opened;
  readonly close: () => Promise<void>;
  nUsers: number;
  /** Another is opened in its place. */
  isLeft: boolean;
}

export class SearchModel {
  readonly #options: SearchOptions;
  readonly #waiting = new Set<Run["onProgress"]>();
  /** One index is opened or closed at a time. */
  readonly #changes = new TaskQueue();
  #model: Promise<Model> | undefined;
  #server: GraphTarget | undefined;
  #held: Held | undefined;
  #quiet: NodeJS.Timeout | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /**
   * Works with what is open, or with what can be read.
   * @throws AppError `request.cancelled` at once, as `findNamedModel`, `planIndex` and `withIndex`, and what the
   * work throws.
   */
  async read<T>(run: Run, work: (opened: Opened) => Promise<T>): Promise<T> {
    return await this.#use(run, "read", work);
  }

  /** Works with an index that can be written, unless another process writes. @throws AppError as `read`. */
  async write<T>(run: Run, work: (opened: Opened) => Promise<T>): Promise<T> {
    clearTimeout(this.#quiet);
    try {
      return await this.#use(run, "write", work);
    } finally {
      clearTimeout(this.#quiet);
      const quietMs = this.#options.writerMs ?? DEFAULT_WRITER_MS;
      this.#quiet = setTimeout(() => void this.#stopWriting(), quietMs).unref();
    }
  }

  /** The next load has its graphs there; what is loaded with another server, or another token, is given up. */
  async useServer(target: GraphTarget): Promise<void> {
    const isSame = JSON.stringify(target) === JSON.stringify(this.#server);
    this.#server = target;
    if (isSame || this.#model === undefined) return;
    await this.#changes.add(() => this.#giveUp());
  }

  /** Closes the index, so that its files can be deleted; the model stays. */
  async close(): Promise<void> {
    await this.#changes.add(() => this.#leave());
    (await this.#model?.catch(() => undefined))?.refused.forget();
  }

  async #use<T>(run: Run, mode: Mode, work: (opened: Opened) => Promise<T>): Promise<T> {
    const held = await this.#hold(run, mode);
    try {
      return await work(held.opened);
    } finally {
      await release(held);
    }
  }

  async #hold(run: Run, mode: Mode): Promise<Held> {
    this.#waiting.add(run.onProgress);
    const holding = this.#changes.add(async () => {
      await this.#giveUpDeleted();
      if (!this.#isEnough(mode)) await this.#leave();
      this.#held ??= await this.#openNew(mode);
      this.#held.nUsers++;
      return this.#held;
    });
    try {
      return await abortable(holding, run.signal);
    } catch (thrown) {
      // Who has left uses nothing.
      holding.then(release).catch(() => undefined);
      throw thrown;
    } finally {
      this.#waiting.delete(run.onProgress);
    }
  }

  /** A model that somebody has deleted: parts that were not open yet are gone with it. */
  async #giveUpDeleted(): Promise<void> {
    const model = await this.#model?.catch(() => undefined);
    if (model === undefined || existsSync(path.join(model.folder, MANIFEST_FILE))) return;
    await this.#giveUp();
  }

  async #giveUp(): Promise<void> {
    const model = await this.#model?.catch(() => undefined);
    this.#model = undefined;
    const held = this.#held;
    await this.#leave();
    // Who works with it still may.
    if (held === undefined || held.nUsers === 0) await model?.release();
  }

  /** A reader looks again whether it may write, and sees what was written meanwhile. */
  #isEnough(mode: Mode): boolean {
    return this.#held !== undefined && (mode === "read" || !this.#held.opened.isReadOnly);
  }

  async #leave(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    held.isLeft = true;
    if (held.nUsers === 0) await held.close();
  }

  async #stopWriting(): Promise<void> {
    await this.#changes.add(async () => {
      if (this.#held?.wanted === "write" && this.#held.nUsers === 0) await this.#leave();
    });
  }

  /** What failed is tried again with the next call. */
  #load(): Promise<Model> {
    this.#model ??= this.#loadNew().catch((thrown: unknown) => {
      this.#model = undefined;
      throw thrown;
    });
    return this.#model;
  }

  async #loadNew(): Promise<Model> {
    const { store, demoCheckpoint, logger } = this.#options;
    const { findingModel, findNamedModel, loadFoundModel } =
      await import("../library/open/openNamedModel");
    const { KnownFiles: Known } = await import("../search/files/knownFiles");
    const { RefusedPictures: Refused } = await import("../search/files/refusedPictures");
    const { knownFilesOf, planIndex } = await import("../search/index/openIndex");
    const onProgress: Run["onProgress"] = (progress) => {
      for (const tell of [...this.#waiting]) tell(progress);
    };
    const named = await findingModel(store);
    const server = await this.#serverFor(named);
    const model = server?.model ?? named;
    const found = await findNamedModel({ model, store, demoCheckpoint, onProgress });
    const plan = await planIndex({ store, modelFolder: found.folder, alpha: ALPHA });
    const { elsewhere } = server ?? {};
    const loaded = await loadFoundModel(found, { store, device: "auto", logger, elsewhere });
    const known = await Known.open(knownFilesOf(store));
    return {
      ...{ engine: inTurn(loaded), release: () => loaded.release() },
      ...{ name: found.name, folder: found.folder, plan, known },
      refused: await Refused.open(plan.folder),
    };
  }

  /** Where the model's graphs run, if they do not run here. @throws AppError `model.missing`, `option.invalid`. */
  async #serverFor(
    named: string,
  ): Promise<{ readonly model: string; readonly elsewhere: GraphServer } | undefined> {
    const name = remoteName(named);
    if (name === undefined) return undefined;
    const { GraphServer: Server } = await import("../remote/graphSession");
    const { realClock } = await import("../remote/realClock");
    const { endpoint: given, token } = this.#server ?? {};
    // Once more, because pictures go where this says.
    const [endpoint] = given === undefined ? [] : readAllEndpoints([given], "The server");
    if (endpoint?.dialect !== "kserve" || endpoint.name !== name) {
      const text = `There is no server "${name}" that runs graphs. Choose another model that finds pictures.`;
      throw new AppError("model.missing", text);
    }
    const howToSetToken = "Set it for this server";
    const elsewhere = new Server({ endpoint, token, clock: realClock, howToSetToken });
    return { model: endpoint.model, elsewhere };
  }

  async #openNew(wanted: Mode): Promise<Held> {
    const { store } = this.#options;
    const { createOrtSessionFactory } = await import("../engine/session/ortSession");
    const { withIndex } = await import("../search/index/openIndex");
    const { codeBytes, halfBytes } = await import("../search/index/vectorRecord");
    const { plan, ...model } = await this.#load();
    const place = { store, factory: createOrtSessionFactory(), wanted };
    const bytesEach = codeBytes(plan.shape) + halfBytes(plan.shape);
    return await new Promise((resolve, reject) => {
      // Until it is closed, or the process ends; who finds the lock of a process that is gone takes it.
      const open = withIndex(plan, place, async (index, mode) => {
        await new Promise<void>((end) => {
          const close = async (): Promise<void> => {
            end();
            await open;
          };
          const opened = { ...model, index, bytesEach, isReadOnly: mode === "read" };
          resolve({ wanted, opened, close, nUsers: 0, isLeft: false });
        });
      });
      open.catch(reject);
    });
  }
}

/** The last one who works with an index that was left closes it. */
async function release(held: Held): Promise<void> {
  held.nUsers--;
  if (held.isLeft && held.nUsers === 0) await held.close();
}

/** A model does one thing at a time; words wait for the picture that is looked at, unless they are cancelled. */
function inTurn(engine: SearchEngine): SearchEngine {
  const queue = new TaskQueue();
  const add = <T>(task: () => Promise<T>, signal: CancelSignal | undefined): Promise<T> =>
    queue.add(task, signal);
  return {
    embedText: (words, run) => add(() => engine.embedText(words, run), run?.signal),
    // A server takes several at once.
    get picturesAtOnce() {
      return engine.picturesAtOnce ?? 1;
    },
    embedPicture: (request, run) =>
      (engine.picturesAtOnce ?? 1) > 1
        ? engine.embedPicture(request, run)
        : add(() => engine.embedPicture(request, run), run?.signal),
    match: (request, run) => add(() => engine.match(request, run), run?.signal),
    score: (request, run) => add(() => engine.score(request, run), run?.signal),
  };
}
