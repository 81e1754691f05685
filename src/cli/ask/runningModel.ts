/** A model as the commands have it, on this machine or on a server. */

import type { Device } from "../../model/ask/device";
import type { EngineInfo } from "../../model/ask/models";
import type { CommandEngine } from "./setModel";

/** A model that answers, or a set of them. */
export interface RunningModel {
  readonly engine: Omit<CommandEngine, "info"> & { readonly info: RunningInfo };
  readonly name: string;
  /** Requests that may be worked on at once. @default one */
  readonly atOnce?: () => number;
}

/** What is known of a model that answers, here or on a server. */
export type RunningInfo = Omit<EngineInfo, "device" | "deviceReason"> &
  Partial<Pick<EngineInfo, "deviceReason">> & {
    readonly device: Device | "remote";
  };
