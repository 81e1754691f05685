/** The folder of pasted pictures, in what the editor keeps for the workspace. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { PictureFolder } from "../../host/chat/pastedPictures";

/** Where a window without a workspace remembers which folder is its own. */
const WINDOW_KEY = "sightline.window";

/** The folder; it is made when the first picture comes. */
export function pastedFolder(context: vscode.ExtensionContext): PictureFolder {
  const { fs } = vscode.workspace;
  const place = (): vscode.Uri => folderOf(context);
  return {
    write: async (file, bytes) => {
      const folder = place();
      await fs.createDirectory(folder);
      await fs.writeFile(vscode.Uri.joinPath(folder, file), bytes);
    },
    read: async (file) => await fs.readFile(vscode.Uri.joinPath(place(), file)),
    delete: async (file) => {
      await fs.delete(vscode.Uri.joinPath(place(), file));
    },
  };
}

function folderOf({
  storageUri,
  globalStorageUri,
  workspaceState,
}: vscode.ExtensionContext): vscode.Uri {
  if (storageUri !== undefined) return vscode.Uri.joinPath(storageUri, "pictures");
  const known = workspaceState.get<unknown>(WINDOW_KEY);
  const id = typeof known === "string" && /^[0-9a-f-]{36}$/.test(known) ? known : randomUUID();
  if (id !== known) void workspaceState.update(WINDOW_KEY, id);
  return vscode.Uri.joinPath(globalStorageUri, "windows", id, "pictures");
}
