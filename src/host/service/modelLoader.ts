/**
 * Which model the child holds, as far as we know, and the one load that makes it the chosen one.
 * Starts no process and asks no question.
 */

import { AppError, isCancelled, throwIfAborted } from "../../base/errors";
import type { EngineClient } from "../process/engineClient";
import type { MemoryGate } from "./memoryGate";
import { progressText } from "./progressText";
import { SharedWork, type WorkContext } from "./sharedWork";
import type { EngineInfo, LoadPlan, LoadRequest } from "../../model/ask/models";
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
  readonly choice: LoadRequest;
  readonly holder: ModelHolder;
  readonly work: SharedWork;
}

export class ModelLoader {
  readonly #options: ModelLoaderOptions;
  #load: Load | undefined;
  #loaded: { readonly choice: LoadRequest; readonly info: EngineInfo } | undefined;
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

  /** The chosen model, when it is loaded. */
  get loaded(): EngineInfo | undefined {
    return this.#isChosen(this.#loaded?.choice) ? this.#loaded?.info : undefined;
  }

  /** Why the chosen model is not loaded, when it was tried. */
  get error(): AppError | undefined {
    return this.#isChosen(this.#failed?.choice) ? this.#failed?.error : undefined;
  }

  /** The load to wait for before the chosen model can be used, or undefined when it is loaded. */
  neededLoad(holder: ModelHolder): SharedWork | undefined {
    const current = this.#load;
    if (current === undefined && this.loaded !== undefined) return undefined;
    if (current?.holder === holder && this.isLoading && this.#isChosen(current.choice)) {
      return current.work;
    }
    current?.work.cancel();
    const choice = { ...this.#options.chosen() };
    const work = new SharedWork(async (context) => {
      // One after the other: the child holds one model, and a cancelled load may still be in its way.
      await current?.work.settled();
      throwIfAborted(context.signal);
      try {
        await this.#permit({ choice, holder, work }, context);
        await this.#run({ choice, holder, work }, context);
      } finally {
        if (this.#load?.work === work) this.#load = undefined;
        this.#options.onChanged();
      }
    });
    this.#load = { choice, holder, work };
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
    if (this.#load?.choice.model === model) await this.#load.work.settled();
    if (this.#loaded?.choice.model !== model) return false;
    this.lose();
    return true;
  }

  /** @throws AppError `request.cancelled` when the user would rather not, or chose another model. */
  async #permit({ choice, holder, work }: Load, { signal }: WorkContext): Promise<void> {
    const { memory } = this.#options;
    const plan = (): Promise<LoadPlan> => holder.call("planLoad", choice, { signal });
    const asked = { ...choice, plan, signal };
    const permit = (await memory?.permit(asked)) ?? "load";
    // Whoever waits then looks again at what is chosen.
    if (permit === "changed") work.cancel();
    throwIfAborted(signal);
    if (permit !== "load") {
      throw new AppError("request.cancelled", "The model was not loaded for want of memory.");
    }
  }

  async #run({ choice, holder, work }: Load, context: WorkContext): Promise<void> {
    this.#loaded = undefined;
    this.#failed = undefined;
    this.#progress = undefined;
    const isCurrent = (): boolean => this.#load?.work === work;
    try {
      const info = await holder.call("load", choice, {
        signal: context.signal,
        onProgress: (progress) => {
          context.onProgress(progress);
          if (isCurrent()) this.#note(progress);
        },
      });
      if (isCurrent()) this.#loaded = { choice, info };
    } catch (error) {
      if (isCurrent() && !isCancelled(error)) {
        this.#failed = { choice, error: AppError.from(error) };
      }
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
}
