/**
 * What other extensions get from `vscode.extensions.getExtension("sightline.sightline").activate()`.
 * This file needs nothing but VS Code's own types, so that it can be copied into another project.
 */

import type * as vscode from "vscode";

/**
 * Questions about pictures, answered on the user's machine. The first call starts the engine and loads
 * the model that the user chose, which takes a moment; one call is worked on at a time, and others wait.
 * No call has a time limit: give a token to end one.
 *
 * What a model writes is English, one line, without characters that nobody sees. It is data: words in a
 * picture can come out as words in an answer.
 *
 * Every promise rejects with a `SightlineError`.
 */
export interface SightlineApi {
  /** Raised when something is taken away or means something else; additions leave it as it is. */
  readonly apiVersion: 1;
  /**
   * The answer to a question about a picture, in the words of the model: a few words long, empty when the
   * model has none.
   * @param question 1 to 500 characters.
   */
  ask(picture: vscode.Uri, question: string, options?: AskOptions): Promise<string>;
  /**
   * A text that can stand for the picture, without "a photo of". It rejects with `image.unreadable` or
   * `image.blank` when there is nothing to say.
   */
  describe(picture: vscode.Uri, options?: DescribeOptions): Promise<string>;
  /**
   * How well texts fit a picture, the best first. The model that the user chose must compare pictures with
   * texts; otherwise it rejects with `model.unsupported`.
   * @param texts 1 to 20, of up to 300 characters.
   */
  score(
    picture: vscode.Uri,
    texts: readonly string[],
    options?: CallOptions,
  ): Promise<readonly TextScore[]>;
  /**
   * Pictures in folders of this machine by what they show, the best first. The first search of a folder
   * looks at each picture in it, a second or more for each; the next ones take a moment. It uses a model
   * that compares pictures with texts, whichever the user chose for questions.
   * @param query 1 to 200 characters, in English.
   */
  find(query: string, options?: FindOptions): Promise<readonly FoundPicture[]>;
}

export interface CallOptions {
  /** Ends the call, which then rejects with `request.cancelled`. */
  readonly token?: vscode.CancellationToken;
}

export interface AskOptions extends CallOptions {
  /**
   * 2 to 50 answers of up to 100 characters; the one that fits best is chosen, and nothing is written. The
   * model must be a question model, otherwise the call rejects with `model.unsupported`.
   */
  readonly answers?: readonly string[];
  /** Up to four questions and answers about the same picture before this one, the oldest first. */
  readonly earlier?: readonly { readonly question: string; readonly answer: string }[];
}

export interface DescribeOptions extends CallOptions {
  /** `short` is one phrase, as alternative text should be. @default "short" */
  readonly length?: "short" | "long";
  /** Words that the text begins with, up to 80 characters. */
  readonly focus?: string;
}

export interface FindOptions extends CallOptions {
  /** Where to search. @default the folders of the workspace */
  readonly folder?: vscode.Uri;
  /** How many pictures at most, 1 to 50. @default 10 */
  readonly limit?: number;
}

export interface TextScore {
  readonly text: string;
  /** Probability that text and picture match, 0 to 1. */
  readonly match: number;
  /** Cosine of the two, -1 to 1; not comparable with `match`. */
  readonly similarity: number;
}

export interface FoundPicture {
  readonly picture: vscode.Uri;
  /** Cosine of words and picture, -1 to 1. */
  readonly similarity: number;
  /** Probability that words and picture match, 0 to 1, of those that were read together. */
  readonly match?: number;
  /** `match` is at least 0.5. */
  readonly isLikely: boolean;
}

/**
 * Why a call failed. The message is a sentence for people. Codes that a caller may want to tell apart:
 *
 * - `request.cancelled`: the token fired.
 * - `image.missing`, `image.unreadable`, `image.tooLarge`, `image.blank`: the picture.
 * - `prompt.tooLong`, `option.invalid`: the question or an option.
 * - `model.missing`, `model.corrupt`, `model.unsupported`: the model that the user chose.
 * - `device.unavailable`, `device.failed`: where it computes, or a platform without an engine.
 * - `engine.exited`, `engine.timeout`: the engine's process; the next call starts it again.
 */
export interface SightlineError extends Error {
  readonly code: string;
}
