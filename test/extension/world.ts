/** What the tests of the extension host share: the extension, its workspace, and documents in it. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { SightlineApi } from "../../src/editor/api/api";

export const EXTENSION_ID = "sightline.sightline";

/** The parts of package.json that the editor shows. */
export interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: readonly {
      readonly properties: Readonly<Record<string, { default: unknown; scope: string }>>;
    }[];
  };
}

/** @throws when the extension is not installed */
export function extension(): vscode.Extension<SightlineApi> {
  const found = vscode.extensions.getExtension<SightlineApi>(EXTENSION_ID);
  assert.ok(found, `${EXTENSION_ID} is not installed`);
  return found;
}

/** package.json as the editor has read it. */
export function manifest(): Manifest {
  return extension().packageJSON as Manifest;
}

/** A file of the workspace. */
export function inWorkspace(...names: readonly string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, "the editor has no folder open");
  return vscode.Uri.joinPath(folder.uri, ...names);
}

/** A sample picture, which whoever starts the suite puts into the workspace. */
export function sample(name: string): vscode.Uri {
  return inWorkspace("pictures", name);
}

/** Writes a file, opens it and puts the cursor before the first occurrence of a text. */
export async function openDocument(
  name: string,
  content: string,
  cursorBefore: string,
): Promise<vscode.TextEditor> {
  const uri = inWorkspace(name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  const offset = content.indexOf(cursorBefore);
  assert.ok(offset >= 0, `${name} does not hold "${cursorBefore}"`);
  const position = document.positionAt(offset);
  editor.selection = new vscode.Selection(position, position);
  return editor;
}
