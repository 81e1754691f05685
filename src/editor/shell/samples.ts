/**
 * A picture and a page to try things out with: copies of the extension's own, in the editor's storage,
 * where they may be changed and outlive an update of the extension.
 */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { Picture } from "../../host/pictures/picture";
import { fileName } from "../documents/altDocument";
import type { Services } from "./services";

/** One that the demo answers rightly about the picture, and any other model too. */
export const SAMPLE_QUESTION = "What is at the top left?";

const PICTURE = "four-shapes.png";
const PAGE = "sample-page.md";
/** All that the page shows. */
const PICTURES = [PICTURE, "two-stars.png", "red-circle.png"];

/** The picture to ask about. @throws AppError `document.unwritable`, or as reading a picture. */
export async function samplePicture({
  context,
  pictures,
}: Pick<Services, "context" | "pictures">): Promise<Picture> {
  const folder = await copySamples(context, [PICTURE]);
  return pictures.read(vscode.Uri.joinPath(folder, PICTURE));
}

/**
 * Opens the page with the cursor on its first picture. One that was changed stays as it is, unless its
 * reader wants to begin again.
 * @throws AppError `document.unwritable`.
 */
export async function openSamplePage({ context }: Pick<Services, "context">): Promise<void> {
  const folder = await copySamples(context, PICTURES);
  const page = vscode.Uri.joinPath(folder, PAGE);
  const original = await vscode.workspace.fs.readFile(ownSample(context, PAGE));
  if (!(await exists(page))) await write(page, original);
  const document = await vscode.workspace.openTextDocument(page);
  const at = document.positionAt(Math.max(0, document.getText().indexOf("![]")) + 2);
  const selection = new vscode.Range(at, at);
  await vscode.window.showTextDocument(document, { preview: false, selection });
  const text = new TextDecoder().decode(original);
  if (document.getText() !== text) void offerOriginal(document, text);
}

async function offerOriginal(document: vscode.TextDocument, text: string): Promise<void> {
  const again = vscode.l10n.t("Start Over");
  const question = vscode.l10n.t("This is the sample page as you left it.");
  if ((await vscode.window.showInformationMessage(question, again)) !== again) return;
  const edit = new vscode.WorkspaceEdit();
  const end = document.positionAt(document.getText().length);
  edit.replace(document.uri, new vscode.Range(document.positionAt(0), end), text);
  await vscode.workspace.applyEdit(edit);
}

/** @returns the folder of the copies. */
async function copySamples(
  context: vscode.ExtensionContext,
  names: readonly string[],
): Promise<vscode.Uri> {
  const { fs } = vscode.workspace;
  const folder = vscode.Uri.joinPath(context.globalStorageUri, "samples");
  for (const name of names) {
    // Read and written rather than copied: an installation may be read-only, and a copy would be too.
    const bytes = await fs.readFile(ownSample(context, name));
    await write(vscode.Uri.joinPath(folder, name), bytes);
  }
  return folder;
}

async function write(uri: vscode.Uri, bytes: Uint8Array): Promise<void> {
  try {
    await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(uri, ".."));
    await vscode.workspace.fs.writeFile(uri, bytes);
  } catch (cause) {
    const text = vscode.l10n.t(
      "The sample {0} cannot be written into the editor's storage. The disk may be full.",
      fileName(uri),
    );
    throw new AppError("document.unwritable", text, { cause });
  }
}

function exists(uri: vscode.Uri): Promise<boolean> {
  const found = vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  return Promise.resolve(found);
}

function ownSample({ extensionUri }: vscode.ExtensionContext, name: string): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, "media", "samples", name);
}
