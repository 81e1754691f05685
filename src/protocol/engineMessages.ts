/**
 * Everything that the host and the engine's process say to each other: plain data, no behaviour.
 * The words for a question and its answer are those of the engine room; the child maps one onto the
 * other, so a difference does not compile.
 */

import type { DeviceName, DeviceReason } from "../base/device";
import type { WireError } from "../base/errors";
import type { ModelUse } from "../base/modelAdvice";
import type { World } from "../base/world";
import type { CudaMethods } from "./cudaMessages";
import type { DoubtName } from "./doubts";
import type { StagedMessage } from "./stages";

/** Raised when a message changes so that an older process would misread it. */
export const PROTOCOL_VERSION = 5;

/** Every request: what it takes and what it gives. The one list that both ends are typed by. */
export interface EngineMethods extends CudaMethods {
  /**
   * Loads a model; the model that was loaded before is released first. Sends `progressed` with the step
   * `load`; the demo is converted when it is first used, which sends `progressed` without a step.
   */
  readonly load: { readonly params: LoadParams; readonly result: ModelInfo };
  /** What loading a model would take of the memory; answered at once. */
  readonly planLoad: { readonly params: PlanLoadParams; readonly result: LoadPlanReply };
  /**
   * Does for a picture what does not depend on the question. Once it has begun, a cancel does not end it
   * before the picture is seen through.
   */
  readonly prepare: { readonly params: PictureParams; readonly result: PrepareReply };
  /** Answers a question about a picture; sends `staged` and `textEmitted`. */
  readonly generate: { readonly params: GenerateParams; readonly result: GenerateReply };
  /** Says how well texts fit a picture. */
  readonly score: { readonly params: ScoreParams; readonly result: ScoreReply };
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
  readonly addModel: { readonly params: AddModelParams; readonly result: AddModelReply };
  /** Deletes what has arrived of a download that was not finished. */
  readonly deleteDownload: { readonly params: DeleteParams; readonly result: DeleteReply };
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

/** What a model can do: answer, or compare pictures with texts. */
export const MODEL_KINDS = ["generation", "retrieval"] as const;

export interface LoadParams {
  /** Name of a model in the store, `demo`, or the folder of a converted model. */
  readonly model: string;
  readonly device: "auto" | DeviceName;
}

export interface ModelInfo {
  /** The model's name, for people. */
  readonly model: string;
  readonly device: DeviceName;
  /** Why this device and not a faster one. */
  readonly deviceReason?: DeviceReason;
  readonly kind: "generation" | "retrieval";
  /** Such as `f32` or `balanced`; absent for a mixture without a name. */
  readonly precision?: string;
  /** What pictures it knows. */
  readonly world?: World;
}

/** What would be loaded, and where. */
export type PlanLoadParams = LoadParams;

/** Sizes in bytes. */
export interface LoadPlanReply {
  /** About; 0 for what fits everywhere. */
  readonly neededBytes: number;
  /** Free once the model that is loaded now is released. */
  readonly availableBytes: number;
  /** True when the bytes are those of a graphics adapter's own memory. */
  readonly isOnAdapter?: boolean;
  /** The largest model of the store that was made from the same checkpoint and fits. */
  readonly smaller?: { readonly name: string; readonly neededBytes: number };
}

export interface PrepareReply {
  readonly cached: CachedReply;
}

export type PromptParams =
  | { readonly kind: "question"; readonly question: string }
  | { readonly kind: "caption"; readonly prefix?: string }
  | { readonly kind: "raw"; readonly text: string }
  | { readonly kind: "chat"; readonly turns: readonly TurnParams[]; readonly question: string };

export interface TurnParams {
  readonly question: string;
  readonly answer: string;
}

/** Generation settings under transformers' names; the engine has the defaults and the ranges. */
export interface GenerationParams {
  readonly maxNewTokens?: number;
  readonly minNewTokens?: number;
  readonly numBeams?: number;
  readonly numReturnSequences?: number;
  readonly lengthPenalty?: number;
  readonly earlyStopping?: boolean | "never";
  readonly doSample?: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly repetitionPenalty?: number;
  readonly noRepeatNgramSize?: number;
  readonly stopStrings?: readonly string[];
}

/** How transparent pixels are treated. */
export const ALPHA_NAMES = ["auto", "white", "dark", "drop"] as const;
export type AlphaName = (typeof ALPHA_NAMES)[number];

export interface PictureParams {
  /** Bytes of an image file; a path never crosses. */
  readonly image: Uint8Array;
  /** What to call the picture in an error message. */
  readonly imageName?: string;
  readonly alpha?: AlphaName;
}

export interface GenerateParams extends PictureParams {
  readonly prompt: PromptParams;
  readonly options?: GenerationParams;
}

export interface GenerateReply {
  /** Best first. */
  readonly sequences: readonly SequenceReply[];
  /** New tokens that were decoded. */
  readonly tokens: number;
  readonly timings: TimingsReply;
  readonly cached: CachedReply & { readonly prefixTokens: number };
  /** Oldest chat turns that were left out for want of room. */
  readonly droppedTurns: number;
  /** Why the answer may mean nothing; absent where nothing is known against it. */
  readonly doubts?: readonly DoubtName[];
}

export interface SequenceReply {
  readonly text: string;
  readonly tokenIds: readonly number[];
  /** Beam search only. */
  readonly score?: number;
  readonly finishReason: "eos" | "length" | "stop";
}

/** Milliseconds. */
export interface TimingsReply {
  readonly preprocess: number;
  readonly vision: number;
  readonly qformer: number;
  readonly prefill: number;
  readonly decode: number;
  readonly total: number;
}

export interface CachedReply {
  readonly imageFeatures: "computed" | "memory" | "disk";
}

export interface ScoreParams extends PictureParams {
  readonly texts: readonly string[];
}

export interface ScoreReply {
  readonly scores: readonly { readonly text: string; readonly itc: number; readonly itm: number }[];
  readonly timings: TimingsReply;
  readonly cached: CachedReply;
}

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

/** Sizes in bytes. */
export interface ImportPlan {
  /** What the model will be called: free in the store, derived from the checkpoint. */
  readonly name: string;
  /** `ConvertParams.out` for it. */
  readonly out: string;
  readonly precision: string;
  readonly kind: "generation" | "retrieval";
  /** The architecture, for people, such as "BLIP-2 OPT". */
  readonly architecture: string;
  readonly sourceBytes: number;
  readonly modelBytes: number;
  /** Free on the disk of the store. */
  readonly freeBytes: number;
}

export interface ModelsReply {
  /** The folder that holds them. */
  readonly folder: string;
  /** Free on its disk, in bytes. */
  readonly freeBytes: number;
  /** The demo first, then by name. */
  readonly models: readonly StoredModelReply[];
}

export interface StoredModelReply {
  /** What `load` takes. */
  readonly name: string;
  /** Absent for the demo that is not converted yet. */
  readonly folder?: string;
  readonly bytes: number;
  readonly kind?: "generation" | "retrieval";
  /** Such as "BLIP-2 OPT", for people. */
  readonly architecture?: string;
  readonly precision?: string;
  /** Why it cannot be used, for people. */
  readonly problem?: string;
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

export const PROFILES = ["exact", "balanced", "small"] as const;
/** A precision by its name, from the largest to the smallest. */
export type ProfileName = (typeof PROFILES)[number];

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
  readonly kind: "generation" | "retrieval";
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

export interface AddModelReply {
  /** What the model is called in the store. */
  readonly name: string;
  readonly folder: string;
  readonly source: "hub" | "cache" | "store";
  readonly kind: "generation" | "retrieval";
}

export interface DeleteParams {
  readonly name: string;
}

export interface DeleteReply {
  readonly freedBytes: number;
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
  readonly loaded?: ModelInfo;
  /** Resident memory of the process, in bytes. */
  readonly rssBytes: number;
  readonly pid: number;
  readonly uptimeMs: number;
}

export const PROGRESS_STEPS = ["download", "convert", "load"] as const;

/** Bytes so far and in all; each step of a work that has several counts anew. */
export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly step?: (typeof PROGRESS_STEPS)[number];
  /** Of a model that is converted while it is downloaded. */
  readonly convertedBytes?: number;
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
