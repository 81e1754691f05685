/** What `doctor` finds out about a machine, as plain data; nothing here reads or prints. */

import type {
  CudaFacts,
  GraphicsFacts,
  MemoryFacts,
  ProcessorFacts,
  ProgramFacts,
} from "../machine/facts";
import type { Device, DeviceReason } from "../model/ask/device";
import type { StoreEntry } from "../library/store/modelEntries";
import type { EngineEntry } from "../roll/engineRoll";

/** Sizes are in bytes. What could not be found out is absent, and `problems` says why. */
export interface DoctorFacts {
  readonly program?: ProgramFacts;
  readonly processor?: ProcessorFacts;
  readonly memory?: MemoryFacts;
  readonly devices: readonly DeviceFacts[];
  /** Absent where drivers are not looked for: everywhere but on Linux. */
  readonly graphics?: GraphicsFacts;
  /** Absent where there is no CUDA to be had: everywhere but on Linux x64. */
  readonly cuda?: CudaFacts;
  /** Absent when nothing is remembered. */
  readonly remembered?: RememberedDevice;
  readonly store?: StoreFacts;
  /** Of this user's windows that hold a model, the largest first. */
  readonly engines?: readonly EngineEntry[];
  readonly hub: HubFacts;
  /** Sentences about what could not be looked at. */
  readonly problems: readonly string[];
}

/** `crashed` and `timeout` are told of the process that tried it. */
export type DeviceState = "works" | "absent" | "failed" | "wrong" | "crashed" | "timeout";

export interface DeviceFacts {
  readonly device: Device;
  readonly state: DeviceState;
  /** Why it does not work. */
  readonly why?: string;
  /** Of matrix products in f32, in 10^9 operations per second. */
  readonly gflops?: { readonly device: number; readonly cpu: number };
  readonly float16?: boolean;
}

export interface RememberedDevice {
  readonly file: string;
  readonly reason: DeviceReason;
  readonly ageMs: number;
  /** False when it is too old or of another system: then it counts for nothing. */
  readonly isInForce: boolean;
}

/** `network` and `rotating` are slow to load models from. */
export type DiskKind = "network" | "rotating" | "solid" | "unknown";

export interface ModelFacts extends StoreEntry {
  /** What it takes of the system when the CPU computes; absent when it cannot be loaded. */
  readonly memoryBytes?: number;
}

export interface StoreFacts {
  readonly folder: string;
  readonly freeBytes: number;
  readonly disk: DiskKind;
  readonly models: readonly ModelFacts[];
  /** Sets of which anything is here, and the names of their models that are not. */
  readonly sets: readonly { readonly name: string; readonly missing: readonly string[] }[];
  /** Names of models that were made from the same checkpoint. */
  readonly copies: readonly (readonly string[])[];
  readonly unfinished: readonly { readonly name: string; readonly bytes: number }[];
  readonly caches: { readonly features: number; readonly demo: number; readonly cuda: number };
}

export interface HubFacts {
  readonly endpoint?: string;
  /** Without user and password. */
  readonly proxy?: string;
  readonly hasToken: boolean;
}
