/** What the engine's service is made of; types only, which the start of the extension does not load. */

import type { Clock } from "../../base/clock";
import type { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { ProcessKind } from "../../model/ask/kinds";
import type { LoadRequest } from "../../model/ask/models";
import type { Doubt } from "../../model/ask/request";
import type { OtherEngine } from "../../roll/engineRoll";
import type { EngineClientOptions } from "../process/engineClient";
import type { EngineProcess } from "../process/engineProcess";
import type { CpuFallback } from "./devicePolicy";
import type { MemoryGate } from "./memoryGate";
import type { RemoteWay } from "./remoteWay";

export interface EngineSupervisorOptions {
  /** The model and the device that the user chose; read before each question. */
  readonly chosen: () => LoadRequest;
  /** Forks a new child. */
  readonly startProcess: (kind: ProcessKind) => EngineProcess;
  /** Without a question for this long, in ms, the model is given up to free its memory. */
  readonly idleMs: () => number;
  readonly logger: Logger;
  /** Asked before a model is loaded. @default there is memory enough */
  readonly memory?: Pick<MemoryGate, "permit">;
  /** The chosen device failed twice, and the CPU stands in for it. @default nobody is told */
  readonly onDeviceOverruled?: (device: CpuFallback, error: AppError) => void;
  /** An answer was given that may mean nothing. @default nobody is told */
  readonly onDoubted?: (doubts: readonly Doubt[]) => void;
  /** Of this user on this machine. @default there are no others */
  readonly otherEngines?: () => Promise<readonly OtherEngine[]>;
  /** @default no server is asked */
  readonly remote?: RemoteWay;
  /** Why every call is refused, when this installation has no runtime for the platform. */
  readonly unsupported?: AppError | undefined;
  /** @default the real time */
  readonly clock?: Clock;
  /** As in EngineClientOptions. */
  readonly limits?: EngineClientOptions["limits"];
  /** As in EngineClientOptions. */
  readonly restart?: EngineClientOptions["restart"];
}
