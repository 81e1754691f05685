/** What every feature of the editor is given, and what it gives back; types, and names of the manifest. */

import type { CommandId } from "./commandIds";
import type * as vscode from "vscode";
import type { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { Settings } from "./settings";
import type { EngineApi } from "../../host/service/engine";
import type { Picture } from "../../host/pictures/picture";

/** Everything that a feature may use; made once by extension.ts. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly engine: EngineApi;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Notices;
  readonly pictures: PictureReader;
}

/** A part of the extension: what it registered ends with `dispose`. */
export interface Feature extends Pick<vscode.Disposable, "dispose"> {
  readonly commands: CommandTable;
}

export type CommandTable = Partial<Readonly<Record<CommandId, CommandHandler>>>;

/** Arguments come from menus and from other extensions, so each handler checks its own. */
export type CommandHandler = (...args: readonly unknown[]) => unknown;

/** The walkthrough's steps and what ticks each, as package.json has it in `completionEvents`. */
export const STEP_KEYS = {
  /** A model that knows photographs is there. */
  model: "sightline.hasModel",
  /** A question was answered. */
  ask: "sightline.hasAnswered",
  /** A text was written into a document. */
  alt: "sightline.hasWrittenAlt",
} as const;

/** The view of the chat in the side bar. */
export const CHAT_VIEW_ID = "sightline.chat";

/** The page of a review; the manifest's activation events know it too. */
export const REVIEW_VIEW_TYPE = "sightline.review";

/** Of the documents that only we can fill; menus of the manifest know it too. */
export const DIAGNOSTICS_SCHEME = "sightline-diagnostics";

/** Turns failures into sentences with buttons. */
export interface Notices {
  /** Shows a failure once; a cancellation shows nothing. The log gets all of it. */
  show(thrown: unknown): Promise<void>;
  /** The sentence and the buttons, for a place of its own such as the chat. */
  describe(error: AppError): Notice;
  /** Does what a button of `describe` says. Unknown ids do nothing. */
  run(actionId: string): Promise<void>;
  /** Runs the work; shows what it throws and gives undefined. */
  guard<T>(work: () => Promise<T>): Promise<T | undefined>;
}

export interface Notice {
  readonly text: string;
  readonly actions: readonly { readonly id: string; readonly label: string }[];
}

/** Reads pictures through the editor's file systems, so that remote and virtual ones work. */
export interface PictureReader {
  /** @throws AppError `image.missing`, `image.tooLarge`, `image.unreadable`. */
  read(uri: vscode.Uri): Promise<Picture>;
}

/** The side bar's chat, for the commands that open it. */
export interface Chat {
  /** Shows the view with these pictures selected and the keyboard in the question's field. */
  askAbout(pictures: readonly Picture[]): Promise<void>;
  /** Shows the view and asks this at once. */
  ask(pictures: readonly Picture[], question: string): Promise<void>;
  /** Shows the view and describes the pictures there. */
  describe(pictures: readonly Picture[], length: "short" | "long"): Promise<void>;
}
