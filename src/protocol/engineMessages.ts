/**
 * Everything that the host and the engine's process say to each other: plain data, no behaviour.
 * The words for models, questions and answers are those of model/ask.
 */

import type { WireError } from "../base/errors";
import type { ModelUse } from "../base/modelAdvice";
import type { ModelKind, ProfileName } from "../model/ask/kinds";
import type {
  AddedModel,
  EngineInfo,
  ImportPlan,
  LoadPlan,
  LoadRequest,
  ModelEntry,
} from "../model/ask/models";
import type { Progress } from "../model/ask/progress";
import type {
  GenerateRequest,
  GenerateResult,
  PictureRequest,
  PrepareResult,
  ScoreRequest,
  ScoreResult,
} from "../model/ask/request";
import type { CudaMethods } from "./cudaMessages";
import type { StagedMessage } from "./stages";

/** Raised when a message changes so that an older process would misread it. */
export const PROTOCOL_VERSION = 6;

/** Every request: what it takes and what it gives. The one list that both ends are typed by. */
export interface EngineMethods extends CudaMethods {
  /**
   * Loads a model; the model that was loaded before is released first. Sends `progressed` with the step
   * `load`; the demo is converted when it is first used, which sends `progressed` without a step.
   */
  readonly load: { readonly params: LoadRequest; readonly result: EngineInfo };
  /** What loading a model would take of the memory; answered at once. */
  readonly planLoad: { readonly params: LoadRequest; readonly result: LoadPlan };
  /**
   * Does for a picture what does not depend on the question. Once it has begun, a cancel does not end it
   * before the picture is seen through.
   */
  readonly prepare: { readonly params: PictureRequest; readonly result: PrepareResult };
  /** Answers a question about a picture; sends `staged` and `textEmitted`. */
  readonly generate: { readonly params: GenerateRequest; readonly result: GenerateResult };
  /** Says how well texts fit a picture. */
  readonly score: { readonly params: ScoreRequest; readonly result: ScoreResult };
  /** What importing a checkpoint would cost. Writes nothing. */
  readonly planImport: { readonly params: ImportParams; readonly result: ImportPlan };
  /** Converts a checkpoint to a model folder; sends `progressed`. */
  readonly convert: { readonly params: ConvertParams; readonly result: ConvertReply };
  /** The models that there are; answered at once, also while another request runs. */
  readonly models: { readonly params: Empty; readonly result: ModelsReply };
  /** Deletes a model from the store; the demo comes back when it is next used. */
  readonly deleteModel: { readonly params: DeleteParams; readonly result: DeleteReply };
  /** The published checkpoints, and what is here of each; answered at once. Asks no network. */
  readonly catalog: { readonly params: Empty; readonly result: CatalogReply };
  /**
   * Gets a model of the catalogue: downloads what is missing, converts, deletes the download. The only
   * request that uses a network; sends `progressed` with a step, and `staged`.
   */
  readonly addModel: { readonly params: AddModelParams; readonly result: AddedModel };
  /** Deletes what has arrived of a download that was not finished. */
  readonly deleteDownload: { readonly params: DeleteParams; readonly result: DeleteReply };
  /** What the store holds that Sightline put there. Deletes nothing. */
  readonly storeContents: { readonly params: Empty; readonly result: StoreContentsReply };
  /** Deletes all of that; refused while an engine is at work or a process writes there. */
  readonly emptyStore: { readonly params: Empty; readonly result: EmptyStoreReply };
  /** A small copy of a picture; does not wait for other requests. */
  readonly thumbnail: { readonly params: ThumbnailParams; readonly result: ThumbnailReply };
  /** Releases the model. */
  readonly unload: { readonly params: Empty; readonly result: Empty };
  /** Facts about the process; answered at once, also while another request runs. */
  readonly status: { readonly params: Empty; readonly result: StatusReply };
}

export type MethodName = keyof EngineMethods;
export type Params<M extends MethodName> = EngineMethods[M]["params"];
export type Result<M extends MethodName> = EngineMethods[M]["result"];

export type Empty = Readonly<Record<string, never>>;

export interface ConvertParams {
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** Folder of the new model. */
  readonly out: string;
  /** As on the command line: f32, f16, int8, int4, int4:128. */
  readonly precision?: string;
}

export interface ConvertReply {
  readonly folder: string;
}

export interface ImportParams {
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** As in `ConvertParams`. @default the smallest that keeps the answers */
  readonly precision?: string;
}

export interface ModelsReply {
  /** The folder that holds them. */
  readonly folder: string;
  /** Free on its disk, in bytes. */
  readonly freeBytes: number;
  /** The demo first, then by name. */
  readonly models: readonly ModelEntry[];
}

export interface CatalogReply {
  /** Free on the disk of the store, in bytes. */
  readonly freeBytes: number;
  readonly entries: readonly CatalogEntryReply[];
  /** Those that are published in a form that cannot be imported yet. */
  readonly later: readonly LaterEntryReply[];
}

export interface LaterEntryReply {
  readonly name: string;
  readonly title: string;
  /** Pixels on each side of what the model sees. */
  readonly imageSize: number;
  /** Why not, for people. */
  readonly reason: string;
}

/** What a model costs in a precision, in bytes. */
export interface ProfileCostReply {
  readonly profile: ProfileName;
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** A published checkpoint; sizes in bytes, and those of a model at the larger usual precision. */
export interface CatalogEntryReply {
  /** What `addModel` takes. */
  readonly name: string;
  readonly title: string;
  readonly kind: ModelKind;
  /** On the hub. */
  readonly repository: string;
  readonly licence: string;
  /** Pixels on each side of what the model sees. */
  readonly imageSize: number;
  readonly downloadBytes: number;
  readonly diskBytes: number;
  readonly memoryBytes: number;
  /** Of each profile, from the largest to the smallest. */
  readonly costs: readonly ProfileCostReply[];
  readonly use: ModelUse;
  /** For people, in English. */
  readonly goodAt: string;
  /** Models of the store that were made from it. */
  readonly models: readonly string[];
  /** What need not arrive again of the checkpoint, unfinished or kept. */
  readonly partialBytes: number;
  /** A download is to be gone on with; also where a model of another precision is there already. */
  readonly isUnfinished: boolean;
  /** What is converted of that download already; it can only go on in this precision. */
  readonly begunPrecision?: string;
  /** True when Hugging Face's own tools have it on this disk, so that nothing need be downloaded. */
  readonly isCached: boolean;
}

export interface AddModelParams {
  /** Of the catalogue. */
  readonly name: string;
  /** As in `ConvertParams`. @default what fits the machine */
  readonly precision?: string;
  readonly hub?: HubParams;
}

/** The way to the hub. */
export interface HubParams {
  readonly endpoint?: string;
  /** A secret: never to be logged. */
  readonly token?: string;
  /** Address of a proxy. @default what the environment says */
  readonly proxy?: string;
  /** Hosts that are reached without it, separated by commas. */
  readonly noProxy?: string;
}

export interface DeleteParams {
  readonly name: string;
}

export interface DeleteReply {
  readonly freedBytes: number;
}

export interface StoreContentsReply {
  readonly folder: string;
  /** Sizes in bytes. */
  readonly modelBytes: number;
  readonly downloadBytes: number;
  readonly cudaBytes: number;
  /** What was worked out about pictures and devices. */
  readonly cacheBytes: number;
  /** Paths of what is not Sightline's. */
  readonly foreign: readonly string[];
}

export interface EmptyStoreReply {
  readonly freedBytes: number;
  /** Paths of what is not Sightline's, and of what another program keeps open. */
  readonly left: readonly string[];
}

export interface ThumbnailParams {
  readonly image: Uint8Array;
  readonly imageName?: string;
  /** Pixels on the longer side of the copy, 16 to 1024; a smaller picture is not enlarged. */
  readonly maxSide: number;
}

export interface ThumbnailReply {
  /** A WebP file. */
  readonly image: Uint8Array;
  /** Of the original, upright, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface StatusReply {
  readonly loaded?: EngineInfo;
  /** Resident memory of the process, in bytes. */
  readonly rssBytes: number;
  readonly pid: number;
  readonly uptimeMs: number;
}

export interface RequestMessage {
  readonly type: "request";
  /** Chosen by the host, never used twice in the life of a child. */
  readonly id: number;
  readonly method: MethodName;
  /** `Params<method>`, checked by `readParams`. */
  readonly params: unknown;
}

/** Asks for the end of a request, which is then answered with `request.cancelled`. */
export interface CancelMessage {
  readonly type: "cancel";
  readonly id: number;
}

export type ToChild = RequestMessage | CancelMessage;

/** The hello of the child; the host says nothing before it. */
export interface ReadyMessage {
  readonly type: "ready";
  readonly protocolVersion: number;
  readonly pid: number;
}

export interface ReplyMessage {
  readonly type: "reply";
  readonly id: number;
  /** `Result` of the request's method, checked by `readResult`. */
  readonly result: unknown;
}

export interface FailureMessage {
  readonly type: "failure";
  readonly id: number;
  readonly error: WireError;
}

/** A piece of the answer that is complete. */
export interface TextEmittedMessage {
  readonly type: "textEmitted";
  readonly id: number;
  readonly text: string;
}

export interface ProgressedMessage extends Progress {
  readonly type: "progressed";
  readonly id: number;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** A line for the host's log. */
export interface LoggedMessage {
  readonly type: "logged";
  readonly level: (typeof LOG_LEVELS)[number];
  readonly message: string;
}

export type FromChild =
  | ReadyMessage
  | ReplyMessage
  | FailureMessage
  | TextEmittedMessage
  | ProgressedMessage
  | StagedMessage
  | LoggedMessage;
