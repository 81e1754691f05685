/** The port between the server and the engine: what has to be there to answer the host. */

import type { RunOptions } from "../engine/runOptions";
import type {
  AddedModel,
  EngineInfo,
  ImportPlan,
  LoadPlan,
  LoadRequest,
} from "../model/ask/models";
import type { Progress, Stage } from "../model/ask/progress";
import type {
  GenerateRequest,
  GenerateResult,
  PictureRequest,
  PrepareResult,
  ScoreRequest,
  ScoreResult,
} from "../model/ask/request";
import type {
  CudaPlanReply,
  CudaStatusReply,
  CudaWay,
  InstallCudaParams,
  InstallCudaReply,
} from "../protocol/cudaMessages";
import type {
  AddModelParams,
  CatalogReply,
  DeleteReply,
  EmptyStoreReply,
  ModelsReply,
  StoreContentsReply,
  ThumbnailReply,
} from "../protocol/engineMessages";

export interface EngineHost {
  /**
   * Loads a model with all its weights; the demo is converted when it is first used.
   * @throws AppError `model.missing`, `model.corrupt`, `model.unsupported`, `device.unavailable`,
   * `device.failed`, `checkpoint.missing` and `convert.failed` for the demo, `request.cancelled`.
   */
  load(params: LoadRequest, run: TaskRun): Promise<LoadedEngine>;
  /**
   * What loading a model would take.
   * @param held the model that is released before.
   * @throws AppError `model.*`.
   */
  planLoad(params: LoadRequest, held: LoadedEngine | undefined): Promise<LoadPlan>;
  /** What importing a checkpoint would cost. @throws AppError `checkpoint.*`, `option.invalid`. */
  planImport(params: ImportRequest): Promise<ImportPlan>;
  /**
   * Converts a checkpoint.
   * @throws AppError `checkpoint.*`, `option.invalid`, `convert.failed`, `model.busy`,
   * `request.cancelled`.
   */
  convert(params: ConvertRequest, run: TaskRun): Promise<{ readonly folder: string }>;
  /** The models that there are. */
  models(): Promise<ModelsReply>;
  /**
   * Deletes a model of the store.
   * @param beforeRemoval called with its folder, to release what is loaded from it.
   * @throws AppError `model.missing`, `model.busy`.
   */
  deleteModel(name: string, beforeRemoval: (folder: string) => Promise<void>): Promise<DeleteReply>;
  /** The published checkpoints. Asks no network. */
  catalog(): Promise<CatalogReply>;
  /**
   * Gets a model of the catalogue.
   * @throws AppError `model.missing`, `hub.*`, `download.*`, `checkpoint.*`, `convert.failed`,
   * `option.invalid`, `model.busy`, `request.cancelled`.
   */
  addModel(params: AddModelParams, run: TaskRun): Promise<AddedModel>;
  /** Deletes what has arrived of a download. @throws AppError `model.missing`, `model.busy`. */
  deleteDownload(name: string): Promise<DeleteReply>;
  /** What is ours in the store. */
  storeContents(): Promise<StoreContentsReply>;
  /** Deletes it. @throws AppError `model.busy`. */
  emptyStore(): Promise<EmptyStoreReply>;
  /** ONNX Runtime's CUDA libraries. */
  readonly cuda: CudaHost;
  /** A small copy of a picture. @throws AppError `image.unreadable`, `image.tooLarge`. */
  thumbnail(params: ThumbnailRequest): Promise<ThumbnailReply>;
}

/** @throws AppError each `device.unavailable` where there is no CUDA to be had. */
export interface CudaHost {
  /** What is installed. Asks no network. */
  status(): Promise<CudaStatusReply>;
  /** What an installation would take; writes nothing. @throws AppError `hub.*`, `request.cancelled`. */
  plan(way: CudaWay, signal: AbortSignal): Promise<CudaPlanReply>;
  /**
   * Does what was agreed to.
   * @throws AppError `hub.*`, `download.*`, `model.busy`, `request.cancelled`.
   */
  install(params: InstallCudaParams, run: TaskRun): Promise<InstallCudaReply>;
  /** Deletes what was installed. @throws AppError `model.busy`. */
  remove(): Promise<DeleteReply>;
}

/** A model in memory. One run at a time; the server sees to that. */
export interface LoadedEngine {
  readonly info: EngineInfo;
  /** Where its files are. */
  readonly folder: string;
  /** As `Blip2Engine.prepare`. */
  prepare(request: PictureRequest, run: Pick<RunOptions, "signal">): Promise<PrepareResult>;
  generate(request: GenerateRequest, run: RunOptions): Promise<GenerateResult>;
  score(request: ScoreRequest, run: RunOptions): Promise<ScoreResult>;
  /** Frees the weights; nothing may be called after it. */
  release(): Promise<void>;
}

export interface ImportRequest {
  readonly checkpoint: string;
  /** As on the command line. */
  readonly precision?: string;
}

export interface ConvertRequest extends ImportRequest {
  readonly out: string;
}

export interface ThumbnailRequest {
  readonly image: Uint8Array;
  readonly imageName?: string;
  /** Pixels. */
  readonly maxSide: number;
}

/** How a long task is stopped and tells how far it is. */
export interface TaskRun {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Says what is done while no bytes come. */
  readonly onStage?: ((stage: Stage) => void) | undefined;
}
