/**
 * Which model the child holds, as far as we know, and the one load that makes it the chosen one: of a set
 * the one for the task, because the child holds one at a time. Starts no process and asks no question.
 */

import { AppError, isCancelled, throwIfAborted } from "../../base/errors";
import { optional } from "../../base/optional";
import type { EngineClient } from "../process/engineClient";
import type { MemoryGate } from "./memoryGate";
import { progressText } from "./progressText";
import { SharedWork, type WorkContext } from "./sharedWork";
import type { EngineInfo, LoadPlan, LoadRequest, RemoteTarget } from "../../model/ask/models";
import { memberFor, membersOf, missingText, type Task } from "../../model/ask/modelSets";
import type { Progress } from "../../model/ask/progress";

export interface ModelLoaderOptions {
  readonly chosen: () => LoadRequest;
  /** Asked before each load. @default there is memory enough */
  readonly memory?: Pick<MemoryGate, "permit"> | undefined;
  /** Called when any getter may give something else. */
  readonly onChanged: () => void;
}

/** What holds models; EngineClient does. */
export type ModelHolder = Pick<EngineClient, "call">;

interface Load {
  /** What the user chose. */
  readonly choice: LoadRequest;
  /** What is loaded: the choice, or its member for the task. */
  readonly request: LoadRequest;
  readonly task: Task;
  /** The server in the place of the model. */
  readonly remote: RemoteTarget | undefined;
  readonly holder: ModelHolder;
  readonly work: SharedWork;
}

/** What is wanted of the model. */
export interface LoadNeed {
  /** Tells which model of a set is meant. */
  readonly task: Task;
  readonly remote?: RemoteTarget | undefined;
}

export class ModelLoader {
  readonly #options: ModelLoaderOptions;
  #load: Load | undefined;
  #loaded:
    (Pick<Load, "choice" | "request" | "remote"> & { readonly info: EngineInfo }) | undefined;
  #failed: { readonly choice: LoadRequest; readonly error: AppError } | undefined;
  #progress: Progress | undefined;

  constructor(options: ModelLoaderOptions) {
    this.#options = options;
  }

  /** True while a load is wanted by somebody. */
  get isLoading(): boolean {
    return this.#load?.work.isCancelled === false;
  }

  /** Of the running load. */
  get progress(): Progress | undefined {
    return this.isLoading ? this.#progress : undefined;
  }

  /** The chosen model, or one of the chosen set, when it is loaded. */
  get loaded(): EngineInfo | undefined {
    return this.#loadedFor(membersOf(this.#options.chosen().model));
  }

  /** Why the chosen model is not loaded, when it was tried. */
  get error(): AppError | undefined {
    return this.#isChosen(this.#failed?.choice) ? this.#failed?.error : undefined;
  }

  /**
   * The load to wait for before the chosen model can be used, or undefined when it is loaded.
   */
  neededLoad(holder: ModelHolder, { task, remote }: LoadNeed): SharedWork | undefined {
    const current = this.#load;
    const choice = { ...this.#options.chosen() };
    const request = { ...choice, model: memberFor(choice.model, task) };
    const isLoaded =
      this.#loadedFor([request.model]) !== undefined && isSameTarget(this.#loaded?.remote, remote);
    if (current === undefined && isLoaded) return undefined;
    const isSame =
      current?.request.model === request.model &&
      this.#isChosen(current.choice) &&
      isSameTarget(current.remote, remote);
    if (current?.holder === holder && this.isLoading && isSame) return current.work;
    current?.work.cancel();
    const work = new SharedWork(async (context) => {
      // One after the other: the child holds one model, and a cancelled load may still be in its way.
      await current?.work.settled();
      throwIfAborted(context.signal);
      try {
        const load = { choice, request, task, remote, holder, work };
        await this.#permit(load, context);
        await this.#run(load, context);
      } finally {
        if (this.#load?.work === work) this.#load = undefined;
        this.#options.onChanged();
      }
    });
    this.#load = { choice, request, task, remote, holder, work };
    this.#options.onChanged();
    return work;
  }

  /** A load of a model that is no longer chosen is in vain: all who wait want the chosen one. */
  choiceChanged(): void {
    if (!this.#isChosen(this.#load?.choice)) this.#load?.work.cancel();
  }

  /** The child holds no model any more; with an error when that is to be told. */
  lose(error?: AppError): void {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (loaded === undefined) return;
    if (error !== undefined) this.#failed = { choice: loaded.choice, error };
    this.#options.onChanged();
  }

  /** Another child takes over. */
  forget(): void {
    this.#load?.work.cancel();
    this.#load = undefined;
    this.#loaded = undefined;
    this.#failed = undefined;
  }

  /** Gives a model up, so that its files are free. @returns false when the child does not hold it. */
  async release(model: string): Promise<boolean> {
    if (this.#load?.request.model === model) await this.#load.work.settled();
    if (this.#loaded?.request.model !== model) return false;
    this.lose();
    return true;
  }

  /** @throws AppError `request.cancelled` when the user would rather not, or chose another model. */
  async #permit(
    { choice, request, remote, holder, work }: Load,
    { signal }: WorkContext,
  ): Promise<void> {
    // A server takes nothing of this machine's memory.
    if (remote !== undefined) return;
    const { memory } = this.#options;
    const plan = async (): Promise<LoadPlan> => {
      const { smaller, ...planned } = await holder.call("planLoad", request, { signal });
      // A smaller form of one model would be chosen instead of the set.
      return choice.model === request.model ? { ...planned, ...optional({ smaller }) } : planned;
    };
    const asked = { ...request, plan, signal };
    const permit = (await memory?.permit(asked)) ?? "load";
    // Whoever waits then looks again at what is chosen.
    if (permit === "changed") work.cancel();
    throwIfAborted(signal);
    if (permit !== "load") {
      throw new AppError("request.cancelled", "The model was not loaded for want of memory.");
    }
  }

  async #run(load: Load, context: WorkContext): Promise<void> {
    const { choice, request, remote, holder, work } = load;
    this.#loaded = undefined;
    this.#failed = undefined;
    this.#progress = undefined;
    const isCurrent = (): boolean => this.#load?.work === work;
    try {
      const info = await holder.call(
        "load",
        { ...request, ...optional({ remote }) },
        {
          signal: context.signal,
          onProgress: (progress) => {
            context.onProgress(progress);
            if (isCurrent()) this.#note(progress);
          },
        },
      );
      if (isCurrent()) this.#loaded = { choice, request, remote, info };
    } catch (thrown) {
      const error = failureOf(thrown, load);
      if (isCurrent() && !isCancelled(error)) this.#failed = { choice, error };
      throw error;
    }
  }

  /** In whole percents, because the converter reports every few bytes and each change is drawn. */
  #note(progress: Progress): void {
    const percentOf = (step: Progress): number => progressText(step).percent;
    if (this.#progress !== undefined && percentOf(this.#progress) === percentOf(progress)) return;
    this.#progress = progress;
    this.#options.onChanged();
  }

  #isChosen(choice: LoadRequest | undefined): boolean {
    const { model, device } = this.#options.chosen();
    return choice?.model === model && choice.device === device;
  }

  #loadedFor(models: readonly string[]): EngineInfo | undefined {
    const { request, info } = this.#loaded ?? {};
    if (request === undefined || !models.includes(request.model)) return undefined;
    return request.device === this.#options.chosen().device ? info : undefined;
  }
}

/** A server with another token is another one to the process that asks it. */
function isSameTarget(a: RemoteTarget | undefined, b: RemoteTarget | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A model of a set that is not here is a part of the set that is missing. */
function failureOf(thrown: unknown, { choice: { model }, task }: Load): AppError {
  const error = AppError.from(thrown);
  const text = error.code === "model.missing" ? missingText(model, task) : undefined;
  return text === undefined ? error : new AppError(error.code, text, { detail: { model } });
}
