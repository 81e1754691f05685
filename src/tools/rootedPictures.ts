/**
 * Pictures below the folders that an agent may read, and nothing else on this disk. What lies outside and
 * what is missing there get the same answer, so that nobody can find out what there is.
 */

import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { readDataUri } from "../alt/write/dataUri";
import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import { MAX_PICTURE_BYTES } from "../model/ask/pictureSize";
import { cleanText } from "./cleanText";
import { readNamedPath } from "./namedPath";
import type { PicturePort, ToolPicture } from "./tool";

export interface RootedPicturesOptions {
  /** Folders that may be read; asked for with each picture, because a client can change its own. */
  readonly roots: () => Promise<readonly string[]>;
  /** How one more folder is allowed, for the sentence about a path outside. */
  readonly howToAllow: string;
  /** @default this machine's */
  readonly platform?: NodeJS.Platform;
}

/** Names of a folder that are compared with one that is missing. */
const MAX_NAMES = 2000;

export class RootedPictures implements PicturePort {
  readonly #options: RootedPicturesOptions;
  readonly #platform: NodeJS.Platform;

  constructor(options: RootedPicturesOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
  }

  async read(given: string, signal: AbortSignal): Promise<ToolPicture> {
    const named = readNamedPath(given, this.#platform);
    if (named.kind === "data") return pictureInUri(named.uri);
    const roots = await realFolders(await this.#options.roots());
    throwIfAborted(signal);
    const file = await this.#find(given, named, roots);
    return { path: file, bytes: await this.#readFile(file, roots) };
  }

  /** The real path of the file. @throws AppError `path.outside`, `image.missing`, `option.invalid`. */
  async #find(
    given: string,
    named: { readonly kind: "absolute" | "relative"; readonly path: string },
    roots: readonly string[],
  ): Promise<string> {
    if (named.kind === "absolute") return await this.#realFile(path.resolve(named.path), roots);
    const tried = await Promise.allSettled(
      roots.map((root) => this.#realFile(path.resolve(root, named.path), roots)),
    );
    const found = tried.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const [only] = [...new Set(found)];
    if (only !== undefined && new Set(found).size === 1) return only;
    if (only !== undefined) {
      const text = `${cleanText(given, 400)} is in several folders. Give its absolute path.`;
      throw new AppError("option.invalid", text);
    }
    const failed = tried.find((each) => each.status === "rejected");
    const reason: unknown = failed?.reason;
    throw reason instanceof AppError ? reason : this.#outside(given, roots);
  }

  async #realFile(file: string, roots: readonly string[]): Promise<string> {
    let real: string;
    try {
      real = await realpath(file);
    } catch (thrown) {
      throw await this.#missing(file, { thrown, roots });
    }
    if (this.#isInside(real, roots)) return real;
    throw this.#outside(file, roots);
  }

  /** What is said of a path that leads to no file: only inside is it said to be missing. */
  async #missing(
    file: string,
    { thrown, roots }: { readonly thrown: unknown; readonly roots: readonly string[] },
  ): Promise<AppError> {
    const folder = await this.#realParent(file);
    if (folder === undefined || !this.#isInside(folder.real, roots)) {
      return this.#outside(file, roots);
    }
    const code = (thrown as NodeJS.ErrnoException).code;
    const options = { cause: thrown };
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      const text = `${cleanText(file, 400)} cannot be read: ${code ?? "unknown reason"}.`;
      return new AppError("image.unreadable", text, options);
    }
    const near = folder.isDirect ? await nearestName(folder.real, path.basename(file)) : undefined;
    const hint = near === undefined ? "" : ` Did you mean ${path.join(folder.real, near)}?`;
    return new AppError(
      "image.missing",
      `There is no file at ${cleanText(file, 400)}.${hint}`,
      options,
    );
  }

  /** The nearest folder above that exists; undefined where a link on the way leads nowhere. */
  async #realParent(
    file: string,
  ): Promise<{ readonly real: string; readonly isDirect: boolean } | undefined> {
    let isDirect = true;
    for (let at = file; ; at = path.dirname(at)) {
      // A link that is there and leads nowhere would tell what is not there outside.
      const isLink = await lstat(at).then(
        (found) => found.isSymbolicLink(),
        () => false,
      );
      const parent = path.dirname(at);
      if (isLink || parent === at) return undefined;
      const real = await realpath(parent).catch(() => undefined);
      if (real !== undefined) return { real, isDirect };
      isDirect = false;
    }
  }

  async #readFile(file: string, roots: readonly string[]): Promise<Uint8Array> {
    let handle: FileHandle;
    try {
      // Not through a link that took the file's place meanwhile, and without waiting for a pipe's writer.
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (cause) {
      throw unreadable(file, (cause as NodeJS.ErrnoException).code ?? "unknown reason", cause);
    }
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw unreadable(file, "it is not an ordinary file");
      if (found.size > MAX_PICTURE_BYTES) throw tooLarge(file);
      // A folder on the way may have become a link since the path was looked at.
      const now = await realpath(file).catch(() => undefined);
      if (now !== file) throw this.#outside(file, roots);
      return await readUpTo(handle, file);
    } finally {
      await handle.close();
    }
  }

  #isInside(real: string, roots: readonly string[]): boolean {
    const ignoresCase = this.#platform === "win32" || this.#platform === "darwin";
    const comparable = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
    return roots.some((root) => {
      const relative = path.relative(comparable(root), comparable(real));
      return (
        relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
      );
    });
  }

  #outside(file: string, roots: readonly string[]): AppError {
    const { howToAllow } = this.#options;
    const where =
      roots.length === 0
        ? "Sightline may read no folder yet"
        : `${cleanText(file, 400)} is not in a folder that Sightline may read: ${roots.join(", ")}`;
    return new AppError("path.outside", `${where}. ${howToAllow}`);
  }
}

async function realFolders(folders: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return [...new Set(real.filter((folder) => folder !== undefined))];
}

/** A picture in the place of its path. @throws AppError `image.tooLarge`, `image.unreadable`. */
export function pictureInUri(uri: string): ToolPicture {
  const path = "the picture in the data: URI";
  const bytes = readDataUri(uri);
  if (bytes === "tooLarge") throw tooLarge(path);
  if (bytes === "damaged") throw unreadable(path, "it is damaged; save it to a file");
  return { path, bytes };
}

/** A file that grows while it is read is refused too. */
async function readUpTo(handle: FileHandle, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(2 ** 20) });
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    nBytes += bytesRead;
    if (nBytes > MAX_PICTURE_BYTES) throw tooLarge(file);
  }
}

/** The name of a folder that was probably meant: the same stem, or nearly the same letters. */
async function nearestName(folder: string, wanted: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).slice(0, MAX_NAMES);
  const distances = names.map((name) => ({ name, distance: distanceOf(name, wanted) }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best] = distances;
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 4)
    ? best.name
    : undefined;
}

/** Letters that differ (Levenshtein); another ending counts as one. */
function distanceOf(name: string, wanted: string): number {
  const [a, b] = [path.parse(name.toLowerCase()), path.parse(wanted.toLowerCase())];
  return editDistance(a.name.slice(0, 100), b.name.slice(0, 100)) + (a.ext === b.ext ? 0 : 1);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split("").entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function unreadable(file: string, why: string, cause?: unknown): AppError {
  const options = cause === undefined ? {} : { cause };
  return new AppError(
    "image.unreadable",
    `${cleanText(file, 400)} cannot be read: ${why}.`,
    options,
  );
}

function tooLarge(file: string): AppError {
  const text = `${cleanText(file, 400)} has more than ${formatBytes(MAX_PICTURE_BYTES)}. Use a smaller copy.`;
  return new AppError("image.tooLarge", text);
}
