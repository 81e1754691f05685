/** Tells menus and keys whether a document has pictures, and whether the cursor is in one's reference. */

import * as vscode from "vscode";
import type { AltLanguage } from "../../alt/languages";
import { mayHaveImages } from "../../alt/formats/findContext";
import { languageOfDocument } from "../../alt/languages";
import { findQuietly, imageAt } from "../documents/altDocument";
import type { Services } from "../shell/services";

/**
 * For keys. Menus cannot wait for it: the editor moves the cursor to a right click and opens the menu
 * at once, so they ask whether the document has pictures at all.
 */
const AT_CURSOR_KEY = "sightline.imageAtCursor";
const IN_DOCUMENT_KEY = "sightline.documentHasImages";
/** A cursor that moves on is not looked at, in ms. */
const DELAY_MS = 150;

/** Keeps the context keys up to date. */
export function followCursor(services: Services): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let shown: Surroundings = { isAtImage: false, hasImages: false };
  const update = async (): Promise<void> => {
    const before = shown;
    shown = await lookAround(services);
    if (shown.isAtImage !== before.isAtImage) {
      await vscode.commands.executeCommand("setContext", AT_CURSOR_KEY, shown.isAtImage);
    }
    if (shown.hasImages !== before.hasImages) {
      await vscode.commands.executeCommand("setContext", IN_DOCUMENT_KEY, shown.hasImages);
    }
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

interface Surroundings {
  readonly isAtImage: boolean;
  readonly hasImages: boolean;
}

function languageOf({ languageId, uri }: vscode.TextDocument): AltLanguage | undefined {
  return languageOfDocument(languageId, uri.path);
}

async function lookAround(services: Services): Promise<Surroundings> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || languageOf(editor.document) === undefined) {
    return { isAtImage: false, hasImages: false };
  }
  const { document, selection } = editor;
  const found = await findQuietly(services, document);
  if (found === undefined) {
    // In a long document, or one that somebody is typing in, the commands still look for themselves.
    const components = services.settings.altComponents(document.uri);
    return { isAtImage: false, hasImages: mayHaveImages(document.getText(), components) };
  }
  const isAtImage = imageAt(found, document, selection) !== undefined;
  return { isAtImage, hasImages: found.references.length > 0 };
}
