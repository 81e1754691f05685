/** Registers what acts on documents by itself; who does the work is loaded when it is first asked. */

import * as vscode from "vscode";
import { DOCUMENT_EXTENSIONS, EDITOR_LANGUAGE_IDS } from "../../alt/languages";
import { PASTED_TYPES } from "../../model/ask/pictureNames";
import { ASK_KIND, FIX_ALL_KIND, PASTE_KIND } from "./altKinds";
import { followDocuments } from "./documentFollowers";
import { filesGlob } from "../pictures/filesGlob";
import { lazy } from "../shell/lazyFeature";
import type { Services } from "../shell/services";

/**
 * Where pictures are found: every language that has a finder, in every file system, and files of such a
 * name, because without an extension for its language an .mdx file is plain text to the editor.
 */
const ALT_SELECTOR: readonly vscode.DocumentFilter[] = [
  ...EDITOR_LANGUAGE_IDS.map((language) => ({ language })),
  { pattern: filesGlob(DOCUMENT_EXTENSIONS) },
];
/** Where pictures are pasted with a text. */
const PASTE_SELECTOR: readonly vscode.DocumentFilter[] = [
  { language: "markdown" },
  { language: "mdx" },
  { pattern: filesGlob(["md", "markdown", "mdx"]) },
];
const PASTED: readonly string[] = [...PASTED_TYPES, "files", "text/uri-list"];

const { QuickFix, RefactorRewrite } = vscode.CodeActionKind;

/** The lightbulb, the hover, pasting, dropping, and the context of keys. */
export function registerAltProviders(services: Services): vscode.Disposable {
  const { languages } = vscode;
  const actions = lazy(() => import("../shell/lazyParts"));
  const hovers = lazy(() => import("../shell/lazyParts"));
  return vscode.Disposable.from(
    languages.registerCodeActionsProvider(
      ALT_SELECTOR,
      {
        provideCodeActions: async (...given) => (await actions()).actionsFor(services, ...given),
      },
      { providedCodeActionKinds: [QuickFix, RefactorRewrite, ASK_KIND, FIX_ALL_KIND] },
    ),
    languages.registerHoverProvider(ALT_SELECTOR, {
      provideHover: async (document, position, token) => {
        if (!services.settings.altHover(document.uri)) return undefined;
        return (await hovers()).hoverAt(services, { document, position, token });
      },
    }),
    registerPaste(services),
    followDocuments(services),
  );
}

/** Both do nothing but tell of the setting unless it is on. */
function registerPaste(services: Services): vscode.Disposable {
  let pastes: Pick<vscode.Disposable, "dispose"> | undefined;
  const paste = lazy(async () => {
    const { AltPaste } = await import("../shell/lazyParts");
    const made = new AltPaste(services);
    pastes = made;
    return made;
  });
  let offers: Pick<vscode.Disposable, "dispose"> | undefined;
  const offer = lazy(async () => {
    const { PasteOffer } = await import("../shell/lazyParts");
    const made = new PasteOffer(services);
    offers = made;
    return made;
  });
  // Awaited, because the picture may be in the document before a part that is not loaded looks for it.
  const tell = async (document: vscode.TextDocument, transfer: vscode.DataTransfer) => {
    await services.notices.guard(async () => (await offer()).pasted(document, transfer));
    return undefined;
  };
  const { languages } = vscode;
  return vscode.Disposable.from(
    {
      dispose: () => {
        pastes?.dispose();
        offers?.dispose();
      },
    },
    languages.registerDocumentPasteEditProvider(
      PASTE_SELECTOR,
      {
        provideDocumentPasteEdits: async (...[document, , transfer, { only }, token]) => {
          if (!services.settings.altOnPaste(document.uri)) return tell(document, transfer);
          if (only !== undefined && !only.contains(PASTE_KIND)) return undefined;
          return (await paste()).pasteEdits({ document, transfer, token });
        },
      },
      { providedPasteEditKinds: [PASTE_KIND], pasteMimeTypes: PASTED },
    ),
    languages.registerDocumentDropEditProvider(
      PASTE_SELECTOR,
      {
        provideDocumentDropEdits: async (...[document, , transfer, token]) => {
          if (!services.settings.altOnPaste(document.uri)) return tell(document, transfer);
          return (await paste()).dropEdits({ document, transfer, token });
        },
      },
      { providedDropEditKinds: [PASTE_KIND], dropMimeTypes: PASTED },
    ),
  );
}
