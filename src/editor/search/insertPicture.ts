/** Puts a picture of the workspace into a document, in the document's own syntax and with its text. */

import * as vscode from "vscode";
import { insertionOf } from "../../alt/edit/newImage";
import { languageOfDocument } from "../../alt/languages";
import { folderOf, relativePath } from "../../alt/resolve/slashPath";
import { altOwner } from "../../host/documents/altPlan";
import { showStatus } from "../documents/altDescribing";
import { fileName } from "../documents/altDocument";
import { referencesTo } from "../documents/pictureReferences";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";

/**
 * At the cursor of the editor that somebody wrote in last. The text is one that the picture has elsewhere in the
 * workspace; without one it has none yet, which the editor offers to write and an audit finds.
 */
export async function insertPicture(
  services: Services,
  editor: vscode.TextEditor | undefined,
  picture: vscode.Uri,
): Promise<void> {
  const language =
    editor && languageOfDocument(editor.document.languageId, editor.document.uri.path);
  if (editor === undefined || language === undefined) {
    const text = vscode.l10n.t("Put the cursor into a document that can show pictures first.");
    void vscode.window.showInformationMessage(text);
    return;
  }
  const { document } = editor;
  const alt = await knownText(services, picture);
  const offset = document.offsetAt(editor.selection.active);
  const insertion = insertionOf(document.getText(), offset, {
    ...{ language, alt, path: relativePath(folderOf(document.uri.path), picture.path) },
    options: {
      components: services.settings.altComponents(document.uri),
      name: fileName(document.uri),
    },
  });
  if (insertion === undefined) {
    const text = vscode.l10n.t("Pictures cannot be inserted into {0}.", fileName(document.uri));
    void vscode.window.showInformationMessage(text);
    return;
  }
  await vscode.window.showTextDocument(document, {
    viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
    selection: editor.selection,
  });
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, document.positionAt(insertion.at), insertion.newText);
  if (!(await vscode.workspace.applyEdit(edit))) {
    const text = vscode.l10n.t(
      "{0} cannot be changed. It may be read-only.",
      fileName(document.uri),
    );
    void vscode.window.showInformationMessage(text);
    return;
  }
  showStatus(
    alt === undefined
      ? vscode.l10n.t("Inserted {0}. It has no alt text yet.", fileName(picture))
      : vscode.l10n.t("Inserted {0} with the alt text: {1}", fileName(picture), alt),
  );
}

/** What people wrote for this picture elsewhere: the text that most documents have. */
async function knownText(services: Services, picture: vscode.Uri): Promise<string | undefined> {
  const references = await withDelayedProgress(
    vscode.l10n.t("Looking for a text of the picture"),
    ({ signal }) => referencesTo(services, [picture], signal),
  );
  const counts = new Map<string, number>();
  for (const { reference } of references) {
    if (altOwner(reference) !== "person" || reference.alt === null) continue;
    counts.set(reference.alt, (counts.get(reference.alt) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}
