/** Tells menus and keys whether the cursor is in the reference of a picture. */

import * as vscode from "vscode";
import { languageOfEditorId } from "../alt/languages";
import type { Services } from "./services";

const CONTEXT_KEY = "sightline.imageAtCursor";
/** A cursor that moves on is not looked at, in ms. */
const DELAY_MS = 150;

/** Keeps the context key up to date. */
export function followCursor(services: Services): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let shown = false;
  const update = async (): Promise<void> => {
    const isAtImage = await isCursorInImage(services);
    if (isAtImage === shown) return;
    shown = isAtImage;
    await vscode.commands.executeCommand("setContext", CONTEXT_KEY, isAtImage);
  };
  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      void services.notices.guard(update);
    }, DELAY_MS);
  };
  const isActive = (document: vscode.TextDocument): boolean =>
    vscode.window.activeTextEditor?.document === document;
  schedule();
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(schedule),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (isActive(textEditor.document)) schedule();
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (isActive(document)) schedule();
    }),
    {
      dispose: () => {
        clearTimeout(timer);
      },
    },
  );
}

async function isCursorInImage(services: Services): Promise<boolean> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || languageOfEditorId(editor.document.languageId) === undefined) {
    return false;
  }
  const { document, selection } = editor;
  const { findQuietly, imageAt } = await import("./lateParts");
  const found = await findQuietly(services, document);
  return found !== undefined && imageAt(found, document, selection) !== undefined;
}
