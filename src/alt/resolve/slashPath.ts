/** Paths with forward slashes, as text: no file system, so that they also work in a browser. */

/** `C:\a\b` → `C:/a/b`; a path that begins with a slash keeps its backslashes, which are letters there. */
export function toSlashes(path: string): string {
  return path.startsWith("/") ? path : path.replaceAll("\\", "/");
}

/** The folder of a path, without a slash at the end; `/` for a file in the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** Joins and takes out `.` and `..`; an absolute path never climbs above its root. */
export function joinPath(folder: string, relative: string): string {
  const joined = relative === "" ? folder : `${folder}/${relative}`;
  const isAbsolute = joined.startsWith("/");
  const parts: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "" || part === ".") continue;
    const canClimb = parts.length > 0 && parts.at(-1) !== "..";
    if (part !== "..") parts.push(part);
    else if (canClimb) parts.pop();
    else if (!isAbsolute) parts.push("..");
  }
  const path = parts.join("/");
  if (isAbsolute) return `/${path}`;
  return path === "" ? "." : path;
}

/** True for a folder itself and everything below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** The way from a folder to a file, both absolute. */
export function relativePath(folder: string, file: string): string {
  const from = folder.split("/").filter((part) => part !== "");
  const to = file.split("/").filter((part) => part !== "");
  let nShared = 0;
  while (nShared < from.length && nShared < to.length - 1 && from[nShared] === to[nShared]) {
    nShared++;
  }
  return [...from.slice(nShared).map(() => ".."), ...to.slice(nShared)].join("/");
}

/** A path as an address; nothing that ends one in Markdown or begins a query stays as it is. */
export function encodedPath(path: string): string {
  return encodeURI(path).replace(
    /[?#()[\]'\\]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
