/** The engine as the editor's features see it; engineSupervisor.ts is behind it, and a fake in tests. */

import type { AppError } from "../../base/errors";
import type { World } from "../../model/folder/world";
import type { CpuFallback } from "./devicePolicy";
import type { Device, DeviceReason } from "../../model/ask/device";
import type { EngineKind } from "../../model/ask/kinds";
import type { Progress } from "../../model/ask/progress";
import type {
  GenerateRequest,
  GenerateResult,
  PictureRequest,
  ScoreRequest,
  ScoreResult,
} from "../../model/ask/request";
import type { HelperMethod, Params, Result } from "../../protocol/methods";
import type { CallOptions } from "../../protocol/rpcClient";
import type { OtherEngine } from "../../roll/engineRoll";

/**
 * Starts by itself when it is needed and loads the model that the settings name. Every promise rejects
 * with AppError; `request.cancelled` when the signal fired.
 */
export interface EngineApi {
  readonly status: EngineStatus;
  /** Calls back with each new status. Returns the function that ends this. */
  onStatusChanged(listener: (status: EngineStatus) => void): () => void;
  /**
   * Answers a question about a picture, or describes it. Where a device is lost on the way, the question
   * is asked again, at last on the CPU.
   */
  generate(params: GenerateRequest, options?: AskOptions): Promise<GenerateResult>;
  /** Says how well texts fit a picture. */
  score(params: ScoreRequest, options?: CallOptions): Promise<ScoreResult>;
  /**
   * Looks at a picture before it is asked about, so that the answer comes sooner. Loads the chosen model
   * first, gives way to questions, and ends as `request.cancelled` when one comes before it has begun.
   */
  prepare(params: PictureRequest, options?: CallOptions): Promise<void>;
  /**
   * A method of a process beside the one that answers. A model, or CUDA's libraries, that are loaded are
   * let go of before they are deleted, and the idle engine before the whole store is; CUDA that was installed counts for the next question.
   */
  call<M extends HelperMethod>(
    method: M,
    params: Params<M>,
    options?: CallOptions,
  ): Promise<Result<M>>;
  /** The engines of other windows and of command lines, the largest first. */
  otherEngines(): Promise<readonly OtherEngine[]>;
  /** Loads the chosen model now, so that the first question need not wait for it. */
  warmUp(options?: CallOptions): Promise<void>;
  /** Ends the processes; the next call starts them again. */
  restart(): Promise<void>;
  /**
   * Ends what is on its way to a server, with the process that sends: the user took the consent back. Whoever waits
   * for an answer gets `request.cancelled`.
   */
  endRemote(): Promise<void>;
  /** Ends the processes for good. */
  dispose(): Promise<void>;
}

export interface AskOptions extends CallOptions {
  /** The answer begins anew: what `onText` has given so far is void. */
  readonly onRestarted?: (() => void) | undefined;
}

export interface EngineStatus {
  readonly kind: EngineKind;
  /** The chosen model's or set's name. */
  readonly model: string;
  /** The server that answers in the place of this machine, where one was chosen: its host once it was asked, its name before. */
  readonly server?: string;
  /** Questions that may be asked at once, of a server that was asked. @default one */
  readonly maxParallel?: number;
  /** The model of the chosen set that is loaded. */
  readonly member?: string;
  /** Where the loaded model computes. */
  readonly device?: Device;
  /** Such as `f32` or `balanced`, of the loaded model. */
  readonly precision?: string;
  /** What pictures the loaded model knows; `worldOf` tells it of any. */
  readonly world?: World;
  /** Why there and nowhere faster, for people. */
  readonly deviceReason?: DeviceReason;
  /** Why the CPU stands in for the chosen device, while it does. */
  readonly overruled?: CpuFallback["why"];
  /** Only when `kind` is `busy`, and known. */
  readonly step?: "look" | "write";
  /** While a model is loaded, or the demo is converted. */
  readonly progress?: Progress;
  /** Resident memory of the process that answers, in bytes, when it was last asked. */
  readonly rssBytes?: number;
  /** Only when `kind` is `failed` or `unsupported`. */
  readonly error?: AppError;
}
