/**
 * Paths below the folders that an agent may read, and nothing else on this disk. What lies outside and what
 * is missing there get the same answer, so that nobody can find out what there is.
 */

import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import path from "node:path";
import { isBelow } from "../../disk/belowFolder";
import { formatBytes } from "../../base/bytes";
import { cleanText } from "../../base/cleanText";
import { AppError, type ErrorCode } from "../../base/errors";
import { MAX_DOCUMENT_BYTES } from "../../disk/textEncoding";
import { MAX_PICTURE_BYTES } from "../../model/ask/pictureSize";
import { nearestName } from "./nearestName";
import type { NamedPath } from "./namedPath";

export interface RootedOptions {
  /** Folders that may be read; asked for with each path, because a client can change its own. */
  readonly roots: () => Promise<readonly string[]>;
  /** How one more folder is allowed, for the sentence about a path outside. */
  readonly howToAllow: string;
  /** @default this machine's */
  readonly platform?: NodeJS.Platform;
}

/** What is looked for, and how its failures are told. */
export interface FileKind {
  readonly missing: ErrorCode;
  readonly unreadable: ErrorCode;
  readonly tooLarge: ErrorCode;
  readonly maxBytes: number;
}

export const PICTURE: FileKind = {
  ...{ missing: "image.missing", unreadable: "image.unreadable", tooLarge: "image.tooLarge" },
  maxBytes: MAX_PICTURE_BYTES,
};

/** A folder of documents counts as one. */
export const DOCUMENT: FileKind = {
  missing: "document.missing",
  unreadable: "document.unreadable",
  tooLarge: "document.tooLarge",
  maxBytes: MAX_DOCUMENT_BYTES,
};

type PlacedPath = Exclude<NamedPath, { readonly kind: "data" }>;

export class RootedPaths {
  readonly #options: RootedOptions;
  readonly #kind: FileKind;
  /** Real paths. */
  readonly roots: readonly string[];

  private constructor(options: RootedOptions, roots: readonly string[], kind: FileKind) {
    this.#options = options;
    this.roots = roots;
    this.#kind = kind;
  }

  /** The folders as they are now. */
  static async now(options: RootedOptions, kind: FileKind): Promise<RootedPaths> {
    const folders = await options.roots();
    const real = await Promise.all(folders.map((each) => realpath(each).catch(() => undefined)));
    const there = real.filter((folder) => folder !== undefined);
    return new RootedPaths(options, [...new Set(there)], kind);
  }

  /**
   * The real path of what was named.
   * @throws AppError `path.outside`, `option.invalid`, or as the kind says.
   */
  async find(given: string, named: PlacedPath): Promise<string> {
    if (named.kind === "absolute") return await this.#real(path.resolve(named.path));
    const tried = await Promise.allSettled(
      this.roots.map((root) => this.#real(path.resolve(root, named.path))),
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
    throw reason instanceof AppError ? reason : this.#outside(given);
  }

  /** The bytes of a real path that was found. @throws AppError as `find`. */
  async read(file: string): Promise<Uint8Array> {
    let handle: FileHandle;
    try {
      // Not through a link that took the file's place meanwhile, and without waiting for a pipe's writer.
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
      throw unreadable(this.#kind, { file, why, cause });
    }
    try {
      const found = await handle.stat();
      if (!found.isFile()) {
        throw unreadable(this.#kind, { file, why: "it is not an ordinary file" });
      }
      if (found.size > this.#kind.maxBytes) throw tooLarge(this.#kind, file);
      // A folder on the way may have become a link since the path was looked at.
      const now = await realpath(file).catch(() => undefined);
      if (now !== file) throw this.#outside(file);
      return await this.#readUpTo(handle, file);
    } finally {
      await handle.close();
    }
  }

  /** Whether a path, its links followed, leads to something inside. */
  async holds(file: string): Promise<boolean> {
    const real = await realpath(file).catch(() => undefined);
    return real !== undefined && this.#isInside(real);
  }

  async #real(file: string): Promise<string> {
    let real: string;
    try {
      real = await realpath(file);
    } catch (thrown) {
      throw await this.#missing(file, thrown);
    }
    if (this.#isInside(real)) return real;
    throw this.#outside(file);
  }

  /** What is said of a path that leads to no file: only inside is it said to be missing. */
  async #missing(file: string, thrown: unknown): Promise<AppError> {
    const folder = await this.#realParent(file);
    if (folder === undefined || !this.#isInside(folder.real)) return this.#outside(file);
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      return unreadable(this.#kind, { file, why: code ?? "unknown reason", cause: thrown });
    }
    const near = folder.isDirect ? await nearestName(folder.real, path.basename(file)) : undefined;
    const hint = near === undefined ? "" : ` Did you mean ${path.join(folder.real, near)}?`;
    const text = `There is no file at ${cleanText(file, 400)}.${hint}`;
    return new AppError(this.#kind.missing, text, { cause: thrown });
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

  #isInside(real: string): boolean {
    return this.roots.some((root) => isBelow(real, root, this.#options.platform));
  }

  /** A file that grows while it is read is refused too. */
  async #readUpTo(handle: FileHandle, file: string): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let nBytes = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(2 ** 20) });
      if (bytesRead === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      nBytes += bytesRead;
      if (nBytes > this.#kind.maxBytes) throw tooLarge(this.#kind, file);
    }
  }

  #outside(file: string): AppError {
    const { howToAllow } = this.#options;
    const where =
      this.roots.length === 0
        ? "Sightline may read no folder yet"
        : `${cleanText(file, 400)} is not in a folder that Sightline may read: ${this.roots.join(", ")}`;
    return new AppError("path.outside", `${where}. ${howToAllow}`);
  }
}

/** How a file that is there cannot be read. */
export function unreadable(
  { unreadable: code }: FileKind,
  { file, why, cause }: { readonly file: string; readonly why: string; readonly cause?: unknown },
): AppError {
  const options = cause === undefined ? {} : { cause };
  return new AppError(code, `${cleanText(file, 400)} cannot be read: ${why}.`, options);
}

export function tooLarge({ tooLarge: code, maxBytes }: FileKind, file: string): AppError {
  const text = `${cleanText(file, 400)} has more than ${formatBytes(maxBytes)}. Use a smaller ${code === "image.tooLarge" ? "copy" : "one"}.`;
  return new AppError(code, text);
}
