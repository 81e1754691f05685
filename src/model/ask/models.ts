/** What is said about models: which to load, what one is and costs, what is there. Sizes in bytes. */

import type { World } from "../folder/world";
import type { Device, DeviceChoice, DeviceReason } from "./device";
import type { ModelKind } from "./kinds";
import type { GraphEndpoint, RemoteEndpoint } from "./remoteEndpoint";

export interface LoadRequest {
  /** Name of a model in the store, `demo`, or the folder of a converted model. */
  readonly model: string;
  readonly device: DeviceChoice;
  /** Of a server in the place of the model. */
  readonly remote?: RemoteTarget;
}

/** A server, and the right to ask it. */
export interface RemoteTarget {
  readonly endpoint: RemoteEndpoint;
  /** A secret: never to be logged. */
  readonly token?: string;
}

/** A server that runs the graphs of the model that finds pictures, and the right to ask it. */
export interface GraphTarget {
  readonly endpoint: GraphEndpoint;
  /** A secret: never to be logged. */
  readonly token?: string;
}

/** A model that is loaded. */
export interface EngineInfo {
  /** The model's name, for people. */
  readonly name: string;
  readonly device: Device;
  /** Why this device and not a faster one. */
  readonly deviceReason: DeviceReason;
  readonly kind: ModelKind;
  /** Such as `f32` or `balanced`; absent for a mixture without a name. */
  readonly precision?: string;
  /** What pictures it knows. @default "everyday" */
  readonly world?: World;
  /** The host that answers in the place of this machine. */
  readonly server?: string;
  /** Requests that may be worked on at once. @default one */
  readonly maxParallel?: number;
}

/** What loading a model would take. */
export interface LoadPlan {
  /** About; 0 for the demo, which fits everywhere. As long as the device is open, what an adapter takes. */
  readonly neededBytes: number;
  /** Free in the memory that it would be loaded into, or in the part of it that this process may use. */
  readonly availableBytes: number;
  /** True when that is the memory of a graphics adapter and not the system's. */
  readonly isOnAdapter?: boolean;
  /** The largest model of the store that was made from the same checkpoint and fits. */
  readonly smaller?: { readonly name: string; readonly neededBytes: number };
}

/** What importing a checkpoint would cost. */
export interface ImportPlan {
  /** Free in the store, derived from the checkpoint's. */
  readonly name: string;
  /** The model's folder to be. */
  readonly out: string;
  /** As `parsePrecisionPlan` reads it. */
  readonly precision: string;
  readonly kind: ModelKind;
  /** Such as "BLIP-2 OPT", for people. */
  readonly architecture: string;
  /** Of the checkpoint's weights. */
  readonly sourceBytes: number;
  /** Of the model's files, exactly. */
  readonly modelBytes: number;
  /** Free on the disk of the store. */
  readonly freeBytes: number;
}

/** A model that can be named, or something in the store that should be one. */
export interface ModelEntry {
  /** What a load takes. */
  readonly name: string;
  /** Absent for a demo that was never used. */
  readonly folder?: string;
  readonly kind?: ModelKind;
  /** Such as "BLIP-2 OPT", for people. */
  readonly architecture?: string;
  readonly precision?: string;
  /** What it takes of the disk; absent for a demo that was never used. */
  readonly bytes?: number;
  /** Why it cannot be used, for people. */
  readonly problem?: string;
}

/** A model of the catalogue that was got. */
export interface AddedModel {
  /** What it is called in the store. */
  readonly name: string;
  readonly folder: string;
  /** Where the checkpoint came from; `store` when the model was there already. */
  readonly source: "hub" | "cache" | "store";
  readonly kind: ModelKind;
}

/** What installing ONNX Runtime's CUDA provider would do. */
export interface CudaPlan {
  /** A folder, or the host, name and version of a package. */
  readonly source: string;
  readonly downloadBytes: number;
  /** At the most, while it is done. */
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Where it goes. */
  readonly folder: string;
}
