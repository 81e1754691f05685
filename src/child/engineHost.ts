/** The port between the server and the engine: what has to be there to answer the host. */

import type { Progress } from "../protocol/engineMessages";
import type {
  GenerateRequest,
  GenerateResult,
  RunOptions,
  ScoreRequest,
  ScoreResult,
} from "../engine/request";
import type { Device } from "../engine/session";

export interface EngineHost {
  /**
   * Loads a model folder.
   * @throws AppError `model.missing`, `model.corrupt`, `model.unsupported`, `device.unavailable`.
   */
  load(folder: string, device: Device | "auto", signal: AbortSignal): Promise<LoadedEngine>;
  /** Converts a checkpoint. @throws AppError `checkpoint.*`, `convert.failed`, `request.cancelled`. */
  convert(params: ConvertRequest, run: ConvertRun): Promise<{ readonly folder: string }>;
}

/** A model in memory. One run at a time; the server sees to that. */
export interface LoadedEngine {
  readonly info: EngineInfo;
  generate(request: GenerateRequest, run: RunOptions): Promise<GenerateResult>;
  score(request: ScoreRequest, run: RunOptions): Promise<ScoreResult>;
  /** Frees the weights; nothing may be called after it. */
  release(): Promise<void>;
}

export interface EngineInfo {
  readonly name: string;
  readonly device: Device;
  /** Why this device and not a faster one, for people. */
  readonly deviceReason?: string;
  readonly kind: "generation" | "retrieval";
}

export interface ConvertRequest {
  readonly checkpoint: string;
  readonly out: string;
  /** As on the command line. */
  readonly precision?: string;
}

export interface ConvertRun {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}
