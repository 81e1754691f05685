/** What a tool for agents is, and the ports that it works over. Knows no agent's protocol and no engine. */

import type * as v from "valibot";
import type { ResolveContext } from "../alt/resolve/resolveTarget";
import type { DocumentConfig } from "../audit/config/configChain";
import type { PicturedDocument } from "../audit/documentPictures";
import type { Clock } from "../base/clock";
import type { Capability } from "../model/ask/capabilities";
import type { World } from "../model/folder/world";
import type {
  GenerateRequest,
  GenerateResult,
  ScoreRequest,
  ScoreResult,
} from "../model/ask/request";

/** A tool: what agents are told of it, what it takes and gives, and what it does. */
export interface Tool<I = never, O extends object = object> {
  /** Letters and underscores, which every client takes. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** For a model that chooses: what comes back, when to use it, when not, the limits as numbers. */
  readonly description: string;
  readonly input: v.GenericSchema<unknown, I>;
  readonly output: v.GenericSchema<unknown, O>;
  /** As the caller gave them, for somebody who is asked before they are read. */
  readonly pathsOf: (input: I) => readonly string[];
  /** @throws AppError for a failure as a whole. */
  readonly run: (input: I, context: ToolContext) => Promise<O>;
}

/** What a call works with. */
export interface ToolContext {
  readonly pictures: PicturePort;
  readonly documents: DocumentPort;
  readonly search: SearchPort;
  readonly models: ModelPort;
  readonly clock: Pick<Clock, "after">;
  /** Fires when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ToolProgress) => void;
}

/** How far a call is; `done` of `total` may be a fraction. */
export interface ToolProgress {
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface PicturePort {
  /**
   * Reads a picture that a caller named.
   * @throws AppError `path.outside`, `option.invalid`, `image.missing`, `image.unreadable`, `image.tooLarge`.
   */
  read(path: string, signal: AbortSignal): Promise<ToolPicture>;
}

export interface ToolPicture {
  /** The path that was read. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface DocumentPort {
  /**
   * The documents that a path leads to: itself, or those below a folder in the order of their names.
   * @throws AppError `path.outside`, `option.invalid`, `document.*`, `request.cancelled`.
   */
  find(path: string, signal: AbortSignal): Promise<readonly ToolDocument[]>;
}

export interface ToolDocument {
  /** As it is told. */
  readonly path: string;
  /** @throws AppError `path.outside`, `document.*`. */
  read(signal: AbortSignal): Promise<ToolDocumentText>;
}

/** A document's text, and what its pictures are looked for with. */
export interface ToolDocumentText extends PicturedDocument {
  readonly context: ResolveContext;
  /** The project's configuration leaves the document out. */
  readonly isIgnored: boolean;
  /** What the project's configuration says. */
  readonly audit: DocumentConfig["audit"];
}

export interface SearchPort {
  /**
   * Folders on this disk that are searched: the one that was named, or all that may be.
   * @throws AppError `path.outside`, `option.invalid`, `image.*`.
   */
  folders(given: string | undefined, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Looks at the pictures below folders, so that they can be found; what was looked at stays so.
   * @throws AppError `request.cancelled`, after which the picture in hand is seen through; `engine.*`.
   */
  lookAt(folders: readonly string[], run: SearchRun): Promise<void>;
  /** Of those that were looked at, the best first. @throws AppError `engine.*`. */
  find(
    words: string,
    options: {
      readonly folders: readonly string[];
      readonly k: number;
      /** How many of them are read together with the words, which takes a second for each. */
      readonly rerank: number;
      readonly signal: AbortSignal;
    },
  ): Promise<FoundPictures>;
}

export interface SearchRun {
  readonly signal: AbortSignal;
  readonly onProgress: (nDone: number, nAll: number) => void;
}

export interface FoundPictures {
  /** Of the model that compares. */
  readonly model: string;
  readonly matches: readonly {
    readonly file: string;
    readonly similarity: number;
    readonly isLikely: boolean;
    /** Of those that were read together with the words: the probability that both fit. */
    readonly match?: number;
  }[];
}

export interface ModelPort {
  /**
   * The model for a capability; loads nothing.
   * @throws AppError `model.missing`, `model.unsupported`, `engine.*`.
   */
  modelFor(capability: Capability): Promise<ToolModel>;
}

/** Each call loads the model first where that is needed. */
export interface ToolModel {
  readonly name: string;
  /** Where that is known before it is loaded. */
  readonly world: World;
  /** Loads it. Once begun, that goes on after the signal fired. @throws AppError `model.*`, `engine.*`. */
  open(run: ModelRun): Promise<void>;
  /** @throws AppError as the engine's. */
  generate(request: GenerateRequest, run: Pick<ModelRun, "signal">): Promise<GenerateResult>;
  /** @throws AppError as the engine's. */
  score(request: ScoreRequest, run: Pick<ModelRun, "signal">): Promise<ScoreResult>;
}

/** What a tool's model needs of whoever keeps the engine. */
export interface ToolEngine {
  readonly status: { readonly world?: World | undefined };
  warmUp(run: {
    onProgress: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
  }): Promise<unknown>;
  generate: ToolModel["generate"];
  score: ToolModel["score"];
}

export interface ModelRun {
  readonly signal: AbortSignal;
  /** Of the load, 0 to 1. */
  readonly onLoad?: (fraction: number) => void;
}
