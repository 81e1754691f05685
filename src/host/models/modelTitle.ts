/** What people call a model; all that the start of the editor needs to know of models. */

import { remoteName } from "../../model/ask/remoteName";
import { setNamed } from "../../model/ask/modelSets";

/** A model's name for people: the last part of a folder, the title of a set, the name of a server. */
export function modelTitle(name: string): string {
  const server = remoteName(name);
  if (server !== undefined) return server;
  return isFolder(name) ? lastPart(name) : (setNamed(name)?.title ?? name);
}

/** As the engine tells a folder from a name. */
export function isFolder(name: string): boolean {
  return /[/\\]/.test(name);
}

function lastPart(folder: string): string {
  const parts = folder.split(/[/\\]/).filter((part) => part !== "");
  return parts.at(-1) ?? folder;
}
