/** The folders of models that were chosen by their path, so that they stay in the list. */

import * as vscode from "vscode";
import { isFolder } from "../../host/models/modelTitle";

/** As the editor keeps it, for all windows. */
const KEY = "sightline.modelFolders";
/** More than a person compares. */
const MAX_FOLDERS = 5;
/** What makes a folder a model. */
const MANIFEST = "manifest.json";

/** Puts a folder in front; a name is no folder and changes nothing. */
export async function rememberModel(memento: vscode.Memento, model: string): Promise<void> {
  if (!isFolder(model)) return;
  const others = read(memento).filter((folder) => folder !== model);
  await memento.update(KEY, [model, ...others].slice(0, MAX_FOLDERS));
}

/** Those that are still there, the latest first; the others are forgotten. */
export async function recentModels(memento: vscode.Memento): Promise<readonly string[]> {
  const known = read(memento);
  const isThere = await Promise.all(known.map(isModel));
  const present = known.filter((_folder, i) => isThere[i]);
  if (present.length < known.length) await memento.update(KEY, present);
  return present;
}

/** Another version, or a hand, may have written anything. */
function read(memento: vscode.Memento): readonly string[] {
  const value = memento.get<unknown>(KEY);
  return Array.isArray(value) ? value.filter((folder) => typeof folder === "string") : [];
}

async function isModel(folder: string): Promise<boolean> {
  return await Promise.resolve(
    vscode.workspace.fs.stat(vscode.Uri.joinPath(vscode.Uri.file(folder), MANIFEST)),
  ).then(
    () => true,
    () => false,
  );
}
