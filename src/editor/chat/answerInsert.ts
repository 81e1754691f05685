/** Puts an answer of the chat into the document that the user was writing in. */

import * as vscode from "vscode";
import { altProblem, cleanCaption } from "../../alt/wording/altText";
import type { ImageReference } from "../../alt/imageReference";
import { AppError } from "../../base/errors";
import { imageAtCursor, type DocumentImage, writeAlt } from "../documents/altDocument";
import type { Services } from "../shell/services";
import { languageAround, showNotesOnce } from "../review/writingNotes";

/** How long the status bar says what was done, in ms. */
const MESSAGE_MS = 4000;

/**
 * As the alternative text of the picture at the cursor, else as text in place of the selection; where
 * nothing can be written it goes to the clipboard, and the user is told.
 * @throws AppError as `writeAlt`.
 */
export async function insertAnswer(
  services: Services,
  editor: vscode.TextEditor | undefined,
  answer: string,
): Promise<void> {
  if (editor === undefined) {
    await copyInstead(
      answer,
      vscode.l10n.t("There is no open text editor, so the answer was copied."),
    );
    return;
  }
  const image = await imageQuietly(services, editor);
  if (image === undefined) await insertText(editor, answer);
  else await insertAlt(services, image, answer);
}

/** A document that is not well formed has no pictures to write to, but takes text. */
async function imageQuietly(
  services: Services,
  editor: vscode.TextEditor,
): Promise<DocumentImage | undefined> {
  try {
    return await imageAtCursor(services, editor);
  } catch (thrown) {
    services.log.debug(AppError.from(thrown).message);
    return undefined;
  }
}

async function insertText(editor: vscode.TextEditor, answer: string): Promise<void> {
  const { selections } = editor;
  const isDone = await editor.edit((edit) => {
    for (const selection of selections) edit.replace(selection, answer);
  });
  if (isDone) showStatus(vscode.l10n.t("The answer was inserted."));
  else {
    await copyInstead(
      answer,
      vscode.l10n.t("The document cannot be changed, so the answer was copied."),
    );
  }
}

async function insertAlt(services: Services, image: DocumentImage, answer: string): Promise<void> {
  const alt = cleanCaption(answer);
  // The empty text would say that the picture is decorative, which nobody asked for.
  if (alt === "") {
    const text = vscode.l10n.t(
      "The answer “{0}” says nothing about the picture, so no alternative text was written.",
      answer.trim(),
    );
    void vscode.window.showWarningMessage(text);
    return;
  }
  if (!(await mayReplace(image.reference))) return;
  showNotesOnce(services, [languageAround(image)]);
  await writeAlt(services, image, alt);
  showStatus(vscode.l10n.t("The answer is the picture's alternative text now."));
}

/** What a person wrote, or left out on purpose, is not overwritten without a question. */
async function mayReplace(reference: ImageReference): Promise<boolean> {
  const { alt, isDecorative } = reference;
  const problem = altProblem(reference);
  const isWorthKeeping = problem !== "missing" && problem !== "placeholder";
  if (!isDecorative && (!isWorthKeeping || alt === null)) return true;
  const question = isDecorative
    ? vscode.l10n.t("The picture is marked as decorative. Give it an alternative text?")
    : vscode.l10n.t("Replace the alternative text “{0}”?", alt ?? "");
  const replace = vscode.l10n.t("Replace");
  const chosen = await vscode.window.showWarningMessage(question, { modal: true }, replace);
  return chosen === replace;
}

async function copyInstead(answer: string, text: string): Promise<void> {
  await vscode.env.clipboard.writeText(answer);
  void vscode.window.showInformationMessage(text);
}

function showStatus(text: string): void {
  vscode.window.setStatusBarMessage(text, MESSAGE_MS);
}
