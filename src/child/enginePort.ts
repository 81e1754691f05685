/** The port between the server and what answers: the work of each method, and a model in memory. */

import { AppError } from "../base/errors";
import type { Blip2Engine } from "../engine/blip2Engine";
import type { LoadPlan, LoadRequest } from "../model/ask/models";
import type { Progress, Stage } from "../model/ask/progress";
import type { AuditMethod, MethodName, ModelMethod, Params, Result } from "../protocol/methods";

/** How a task is stopped and what it tells while it goes on. */
export interface TaskRun {
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Says what is done while no bytes come. */
  readonly onStage: (stage: Stage) => void;
}

/** What is done for each method of the table. */
export type Work = {
  readonly [M in MethodName]: (params: Params<M>, run: TaskRun) => Promise<Result<M>>;
};

/** Methods about the model in memory, which the server holds, and those of another program. */
type HolderMethod = ModelMethod | AuditMethod | "load" | "planLoad" | "unload" | "status";

/** Each may throw the AppErrors that its own documentation in src/library names. */
export interface EnginePort extends Omit<Work, HolderMethod | "deleteModel"> {
  /**
   * Loads a model with all its weights; the demo is converted when it is first used.
   * @throws AppError `model.missing`, `model.corrupt`, `model.unsupported`, `device.unavailable`,
   * `device.failed`, `checkpoint.missing` and `convert.failed` for the demo, `request.cancelled`.
   */
  load(params: LoadRequest, run: TaskRun): Promise<LoadedModel>;
  /**
   * What loading a model would take.
   * @param held the model that is released before.
   * @throws AppError `model.*`.
   */
  planLoad(params: LoadRequest, held: LoadedModel | undefined): Promise<LoadPlan>;
  /**
   * Deletes a model of the store.
   * @param beforeRemoval called with its folder, to release what is loaded from it.
   * @throws AppError `model.missing`, `model.busy`.
   */
  deleteModel(
    params: Params<"deleteModel">,
    beforeRemoval: (folder: string) => Promise<void>,
  ): Promise<Result<"deleteModel">>;
}

/**
 * A model in memory. Its methods are called one after the other, or as many at once as it says itself; the server's
 * lanes see to that.
 */
export interface LoadedModel {
  readonly engine: Pick<Blip2Engine, ModelMethod | "info" | "release">;
  /** Where its files are. */
  readonly folder: string;
}

export function ofOther(method: string): AppError {
  return new AppError("internal", `Another program answers ${method}.`);
}
