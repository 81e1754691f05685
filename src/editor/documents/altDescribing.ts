/** Texts for a picture in a document, with progress, and what is said once one is written. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { isLongAlt, MAX_ALT_CHARACTERS } from "../../alt/wording/altText";
import { setAlt } from "../../alt/edit/editAlt";
import { type Described, PictureDescriber } from "../../alt/write/describePictures";
import { altTexts, type AltTextOptions } from "../../alt/write/describer";
import { askAbout } from "../../host/documents/askAbout";
import { modelTitle } from "../../host/models/modelTitle";
import type { Picture } from "../../host/pictures/picture";
import { writeAlt, type DocumentImage } from "./altDocument";
import { aboutPlace, allowPlace, placeOf, readPlace } from "./altPicture";
import { imageArgument } from "./altTarget";
import { withDelayedProgress, type CancellableRun } from "../shell/delayedProgress";
import type { Services } from "../shell/services";
import { languageAround, showNotesOnce } from "../review/writingNotes";

/** How long a sentence stays in the status bar, in ms. */
const MESSAGE_MS = 6000;
/** How long a message stands that goes by itself, in ms. */
const ANNOUNCED_MS = 4000;

/**
 * Texts for a picture, the best first; perhaps none.
 * @throws AppError as `pictureOf` and `altTexts`.
 */
export async function textsFor(
  services: Services,
  image: DocumentImage,
  options: Omit<AltTextOptions, "signal">,
): Promise<string[]> {
  const place = await placeOf(services, image);
  await allowPlace(services, image, place);
  const texts = await withDelayedProgress(vscode.l10n.t("Describing the picture"), async (run) => {
    return aboutPlace(place, async () => {
      const ask = askAbout(services.engine, await readPlace(services, place, run.signal));
      return reportingEngine(services, run, () =>
        altTexts(ask, { ...options, signal: run.signal }),
      );
    });
  });
  showNotesOnce(services, [languageAround(image)]);
  return texts;
}

/** The best text for a picture. @throws AppError as `textsFor`; `image.unreadable` without one. */
export async function textFor(services: Services, image: DocumentImage): Promise<string> {
  const [text] = await textsFor(services, image, {});
  if (text === undefined) throw new AppError("image.unreadable", nothingToSay());
  return text;
}

function nothingToSay(): string {
  return vscode.l10n.t("The model has nothing to say about this picture. Write a text by hand.");
}

/** How pictures of any kind are described in turn. */
export interface InTurn<T> {
  readonly keyOf: (picture: T) => string;
  readonly read: (picture: T, signal: AbortSignal) => Promise<Picture>;
  /** What is being done, in words, when so many are done. */
  readonly words: (picture: T, nDone: number) => string;
  /** Given each picture as soon as it has a text or has failed. */
  readonly onDescribed: (described: Described<T>) => void | Promise<void>;
}

export interface EndOfTurn {
  /** Of the first picture without a text. */
  readonly failure: AppError | undefined;
  /** Why the work ended early, `request.cancelled` included; undefined when it did not. */
  readonly stop: AppError | undefined;
}

/** Describes pictures with progress and a cancel button. */
export async function describeInTurn<T>(
  services: Services,
  pictures: readonly T[],
  { keyOf, read, words, onDescribed }: InTurn<T>,
): Promise<EndOfTurn> {
  return withDelayedProgress(vscode.l10n.t("Describing pictures"), async (run) => {
    const { signal } = run;
    const describer = new PictureDescriber<T>({
      signal,
      keyOf,
      read: async (picture) => askAbout(services.engine, await read(picture, signal)),
      atOnce: () => services.engine.status.maxParallel ?? 1,
      onBegin: (picture, index) => {
        run.report(words(picture, index), index / pictures.length);
      },
      nothingToSay: nothingToSay(),
    });
    let failure: AppError | undefined;
    try {
      return await reportingEngine(services, run, async () => {
        for await (const described of describer.describe(pictures)) {
          failure ??= described.error;
          await onDescribed(described);
        }
        return { failure, stop: undefined };
      });
    } catch (thrown) {
      return { failure, stop: AppError.from(thrown) };
    }
  });
}

/** Tells while the work waits for the model to load. */
async function reportingEngine<T>(
  { engine }: Services,
  { report }: CancellableRun,
  work: () => Promise<T>,
): Promise<T> {
  const reportLoading = (): void => {
    if (engine.status.kind === "loading") {
      report(vscode.l10n.t("Loading the model {0}", modelTitle(engine.status.model)));
    }
  };
  reportLoading();
  const stop = engine.onStatusChanged(reportLoading);
  try {
    return await work();
  } finally {
    stop();
  }
}

/** @throws AppError `document.notEditable` when an expression decides the text, before any work. */
export function requireEditable({ found, reference }: DocumentImage): void {
  // Any text but the present one shows whether there is a place for it.
  setAlt(found.text, reference, `${reference.alt ?? ""}.`);
}

/** Writes a text and says so; a long one is written as it is, with a warning. */
export async function writeAndShow(
  services: Services,
  image: DocumentImage,
  alt: string,
): Promise<void> {
  const written = await writeAlt(services, image, alt);
  showStatus(vscode.l10n.t("Alt text: {0}", alt));
  if (isLongAlt(alt)) void warnOfLength(alt, written);
}

/**
 * A sentence in the status bar, for what needs no answer. Screen readers are not told what changes
 * there, so a message that goes by itself says the same, unless the user's settings say that there is
 * no screen reader; whether there is one the editor tells nobody.
 */
export function showStatus(text: string): void {
  vscode.window.setStatusBarMessage(text, MESSAGE_MS);
  if (!mayBeReadAloud()) return;
  const options = { location: vscode.ProgressLocation.Notification, title: text };
  void vscode.window.withProgress(options, async (progress) => {
    // Nothing is being waited for.
    progress.report({ increment: 100 });
    await new Promise((resolve) => setTimeout(resolve, ANNOUNCED_MS));
  });
}

/** Why a text is long, in words; undefined for one that is not. */
export function lengthNote(text: string): string | undefined {
  if (!isLongAlt(text)) return undefined;
  const n = Array.from(text).length;
  return vscode.l10n.t("{0} characters; most guides advise at most {1}", n, MAX_ALT_CHARACTERS);
}

/** Said of a text while it is typed. */
export function lengthWarning(text: string): vscode.InputBoxValidationMessage | undefined {
  const message = lengthNote(text);
  if (message === undefined) return undefined;
  return { message, severity: vscode.InputBoxValidationSeverity.Info };
}

/** @param image the picture with its long text; without it there is only the warning. */
async function warnOfLength(alt: string, image: DocumentImage | undefined): Promise<void> {
  const refine = vscode.l10n.t("Refine…");
  const note = lengthNote(alt) ?? "";
  const text = vscode.l10n.t("The alt text is long: {0}. Nothing was cut.", note);
  const buttons = image === undefined ? [] : [refine];
  const pressed = await vscode.window.showWarningMessage(text, ...buttons);
  if (pressed !== refine || image === undefined) return;
  await vscode.commands.executeCommand("sightline.refineAltText", imageArgument(image));
}

/** False where the user's settings say that there is no screen reader. */
function mayBeReadAloud(): boolean {
  const editor = vscode.workspace.getConfiguration("editor");
  return editor.get<unknown>("accessibilitySupport") !== "off";
}
