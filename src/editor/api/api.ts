/**
 * What other extensions get from `vscode.extensions.getExtension("sightline.sightline").activate()`.
 * This file needs nothing but VS Code's own types, so that it can be copied into another project.
 */

import type * as vscode from "vscode";

/**
 * Questions about pictures, answered on the user's machine. The first call starts the engine and loads
 * the model that the user chose, which takes a moment; one call is worked on at a time.
 *
 * Every promise rejects with a `SightlineError`.
 */
export interface SightlineApi {
  /** Raised when something is taken away or means something else; additions leave it as it is. */
  readonly apiVersion: 1;
  /** The answer to a question about a picture, in the words of the model: English, a few words long. */
  ask(picture: vscode.Uri, question: string, options?: AskOptions): Promise<string>;
  /** A text that can stand for the picture, without "a photo of"; empty when the model has none. */
  describe(picture: vscode.Uri, options?: DescribeOptions): Promise<string>;
}

export interface AskOptions {
  /** Ends the call, which then rejects with `request.cancelled`. */
  readonly token?: vscode.CancellationToken;
}

export interface DescribeOptions extends AskOptions {
  /** `short` is one phrase, as alternative text should be. @default "short" */
  readonly length?: "short" | "long";
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
