/** What can be asked of the engine and what it answers: plain data, the same on both sides of a pipe. */

import type { GenerationOptions } from "./generationOptions";

/** A finished or running exchange about one picture. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** What to put after the picture; `prompt.ts` turns it into the words of each model family. */
export type Prompt =
  | { readonly kind: "question"; readonly question: string }
  | { readonly kind: "caption"; readonly prefix?: string }
  | { readonly kind: "raw"; readonly text: string }
  | { readonly kind: "chat"; readonly turns: readonly Turn[]; readonly question: string };

/**
 * How transparent pixels are treated: laid on white, or on dark where little would be seen on white; on
 * one of the two in any case; or alpha dropped as the reference does.
 */
export const ALPHA_MODES = ["auto", "white", "dark", "drop"] as const;
export type AlphaMode = (typeof ALPHA_MODES)[number];

/** An encoded picture that is known by its content; its bytes are asked for where they are needed. */
export interface LatePicture {
  /** The sha256 of the bytes, in hexadecimal. */
  readonly digest: string;
  /** @throws AppError `request.cancelled`, or why they cannot be had. */
  readonly read: () => Promise<Uint8Array>;
}

export interface PictureRequest {
  /** An encoded picture: the bytes of a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file. */
  readonly image: Uint8Array | LatePicture;
  /** What to call the picture in an error message. @default "the picture" */
  readonly imageName?: string;
  /** @default "auto" */
  readonly alpha?: AlphaMode;
}

export interface GenerateRequest extends PictureRequest {
  readonly prompt: Prompt;
  /** How to write; with `answers` nothing is written. */
  readonly options?: Partial<GenerationOptions>;
  /**
   * Choose among these rather than write, as BLIP's question models were evaluated. All that were compared come
   * back as `sequences`, the best first, each with a `score`: the sum of its tokens' log-likelihoods.
   */
  readonly answers?: readonly string[];
}

/** One generated text. */
export interface GeneratedSequence {
  readonly text: string;
  /** Ids of the new tokens, the end-of-sequence token included when it was produced. */
  readonly tokenIds: readonly number[];
  /** Sum of log-probabilities / length^length_penalty; of beam search, and of given answers. */
  readonly score?: number;
  readonly finishReason: FinishReason;
}

export const FINISH_REASONS = ["eos", "length", "stop"] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** Milliseconds of wall time per stage; a stage that was served from a cache took 0. */
export interface Timings {
  readonly preprocess: number;
  readonly vision: number;
  readonly qformer: number;
  readonly prefill: number;
  readonly decode: number;
  readonly total: number;
}

/** Where features can come from. */
export const FEATURE_SOURCES = ["computed", "memory", "disk"] as const;

/** Work that was not done again. */
export interface Cached {
  /** Where the picture's Q-Former output came from. */
  readonly imageFeatures: (typeof FEATURE_SOURCES)[number];
  /** Positions (image and text) whose keys and values were still in the cache. */
  readonly prefixTokens: number;
}

export interface GenerateResult {
  /** Best first. */
  readonly sequences: readonly GeneratedSequence[];
  /** New tokens that were decoded. */
  readonly tokens: number;
  readonly timings: Timings;
  readonly cached: Cached;
  /** Oldest chat turns that did not fit the position table and were left out. */
  readonly droppedTurns: number;
  /** Why the answer may mean nothing; absent where nothing is known against it. */
  readonly doubts?: readonly Doubt[];
  /** The host that answered in the place of this machine. */
  readonly server?: string;
}

/**
 * What may be wrong with asking about a picture. `oneColor`: there is nothing to see; `outsideWorld`: the
 * model was trained on another kind of pictures only.
 */
export const DOUBTS = ["oneColor", "outsideWorld"] as const;
export type Doubt = (typeof DOUBTS)[number];

export interface ScoreRequest extends PictureRequest {
  readonly texts: readonly string[];
}

/** How well a text fits a picture (paper section 3.1). */
export interface TextScore {
  readonly text: string;
  /** Image-text contrastive score: the largest cosine over the queries, -1 to 1; not a probability. */
  readonly itc: number;
  /** Image-text matching: probability of a match, 0 to 1. */
  readonly itm: number;
  /**
   * Probability that it is this one of the texts, by the contrastive score alone; of several texts, where the
   * checkpoint has kept the temperature of its training.
   */
  readonly contrast?: number;
}

export interface ScoreResult {
  readonly scores: readonly TextScore[];
  readonly timings: Timings;
  readonly cached: Pick<Cached, "imageFeatures">;
}

/** One text and the pictures that it is read with. */
export interface MatchRequest {
  readonly text: string;
  readonly pictures: readonly PictureRequest[];
}

/** What a text and a picture are together. */
export interface PictureMatch {
  /** Logit of a match less that of none. */
  readonly logOdds: number;
  /** Of a match, 0 to 1: good as a yes or no, too sure of itself as a share. */
  readonly probability: number;
}

/** A text in the space where pictures are found. */
export interface EmbeddedText {
  /** Unit length, [projection]. */
  readonly vector: Float32Array;
  /** It was longer than the model reads. */
  readonly isCut: boolean;
}

/** What is known of a picture from its pixels alone, whatever a model makes of them. */
export interface PictureFacts {
  /** Pixels, upright. */
  readonly width: number;
  /** Pixels, upright. */
  readonly height: number;
  /** There is nothing to see. */
  readonly isOneColor: boolean;
  /** The model was trained on another kind of pictures only. */
  readonly isOutsideWorld: boolean;
  /** A difference hash of 64 bits, in hexadecimal: equal or nearly so for copies in other sizes and formats. */
  readonly look: string;
}

/** A picture in that space. */
export interface EmbeddedPicture {
  /** [queries, projection], each row of unit length; BLIP has one row. */
  readonly vectors: Float32Array;
  readonly facts: PictureFacts;
}

/** What was done for a picture before a question about it. */
export interface PrepareResult {
  readonly cached: Pick<Cached, "imageFeatures">;
}
