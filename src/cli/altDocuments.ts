/** Documents on the disk: finding, reading and replacing them without changing anything else. */

import { randomUUID } from "node:crypto";
import { open, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { documentError } from "../alt/documentError";
import type { AltLanguage } from "../alt/imageReference";
import { languageOfFile } from "../alt/languages";
import { AppError, throwIfAborted } from "../base/errors";
import { formatBytes } from "../base/bytes";

/** A document that was named, or that lies in a folder that was. */
export interface DocumentFile {
  /** As given, or below the folder as given. */
  readonly file: string;
  readonly language: AltLanguage;
  /** The folder that was given, or the file's own. */
  readonly root: string;
}

export interface FoundDocuments {
  readonly documents: readonly DocumentFile[];
  /** One for each path that leads to nothing: `document.missing` or `document.unreadable`. */
  readonly failures: readonly AppError[];
}

export interface DocumentText extends DocumentFile {
  /** Without the byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  /** What the file held, to notice when somebody else changes it. */
  readonly bytes: Uint8Array;
}

/** What tools make and other people write; a hidden folder is skipped unless it is in `KEPT_FOLDERS`. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([
  ...["node_modules", "bower_components", "jspm_packages", "vendor", "third_party"],
  ...["dist", "build", "out", "coverage", "target", "_site", "__pycache__", "venv"],
]);
const KEPT_FOLDERS: ReadonlySet<string> = new Set([".github", ".gitlab"]);

/** Larger than any document that is searched; read before the limit in characters is known. */
const MAX_DOCUMENT_BYTES = 4 << 20;

const BYTE_ORDER_MARK = "\ufeff";

/**
 * The documents that paths name. Folders are searched; links in them are not followed, so a search
 * ends. Each document comes once, in the order of the paths and of the names below them.
 * @throws AppError `request.cancelled`.
 */
export async function findDocuments(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<FoundDocuments> {
  const documents = new Map<string, DocumentFile>();
  const failures: AppError[] = [];
  const add = (document: DocumentFile): void => {
    const key = path.resolve(document.file);
    if (!documents.has(key)) documents.set(key, document);
  };
  for (const given of paths) {
    throwIfAborted(signal);
    try {
      if ((await stat(given)).isDirectory()) {
        for await (const document of documentsBelow(given, signal)) add(document);
      } else add(namedDocument(given));
    } catch (thrown) {
      failures.push(expected(thrown, given));
    }
  }
  return { documents: [...documents.values()], failures };
}

/**
 * @throws AppError `document.missing`, `document.tooLarge`, or `document.unreadable`, also when the file
 * is not UTF-8.
 */
export async function readDocument(document: DocumentFile): Promise<DocumentText> {
  const { file } = document;
  const bytes = await readBytes(file);
  let decoded: string;
  try {
    decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw documentError(
      "document.unreadable",
      `${file} is not UTF-8 text, so it is left alone. Save it as UTF-8.`,
      cause,
    );
  }
  const hasByteOrderMark = decoded.startsWith(BYTE_ORDER_MARK);
  return {
    ...document,
    text: hasByteOrderMark ? decoded.slice(1) : decoded,
    hasByteOrderMark,
    bytes,
  };
}

/**
 * Replaces a document by a file that is complete before it takes the name; a link stays a link.
 * @throws AppError `document.changed` when somebody changed the file since it was read,
 * `document.missing` when it is gone, `document.unwritable`.
 */
export async function replaceDocument(document: DocumentText, text: string): Promise<void> {
  const { file, bytes, hasByteOrderMark } = document;
  const target = await realpath(file).catch((thrown: unknown) => {
    throw expected(thrown, file);
  });
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomUUID()}.tmp`,
  );
  try {
    const { mode } = await stat(target);
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile((hasByteOrderMark ? BYTE_ORDER_MARK : "") + text, "utf8");
      // The mode of a new file is cut by the process's mask.
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (Buffer.compare(await readFile(target), bytes) !== 0) {
      throw documentError(
        "document.changed",
        `${file} was changed meanwhile, so it is left alone. Try again.`,
      );
    }
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (thrown instanceof AppError) throw thrown;
    throw documentError(
      "document.unwritable",
      `${file} cannot be written: ${reasonOf(thrown)}. Check its permissions and the free space.`,
      thrown,
    );
  }
}

function namedDocument(file: string): DocumentFile {
  const language = languageOfFile(file);
  if (language === undefined) {
    throw documentError(
      "document.unreadable",
      `${file} is no document with pictures that Sightline knows: Markdown, MDX, HTML, JSX, TSX, Vue, Svelte, Astro.`,
    );
  }
  return { file, language, root: path.dirname(file) };
}

async function* documentsBelow(root: string, signal: AbortSignal): AsyncGenerator<DocumentFile> {
  for await (const file of filesBelow(root, signal)) {
    const language = languageOfFile(path.basename(file));
    if (language !== undefined) yield { file, language, root };
  }
}

/**
 * Every ordinary file below a folder but what `isSkipped` leaves out, in the order of the names.
 * @throws AppError `request.cancelled`, and the file system's error for a folder that cannot be read.
 */
export async function* filesBelow(root: string, signal: AbortSignal): AsyncGenerator<string> {
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders: string[] = [];
    for (const entry of entries) {
      const file = path.join(folder, entry.name);
      if (entry.isFile()) yield file;
      if (entry.isDirectory() && !isSkipped(entry.name)) folders.push(file);
    }
    waiting.push(...folders.reverse());
  }
}

function isSkipped(name: string): boolean {
  return SKIPPED_FOLDERS.has(name) || (name.startsWith(".") && !KEPT_FOLDERS.has(name));
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const found = await stat(file);
    // Opening a named pipe would wait for its writer.
    if (!found.isFile()) {
      throw documentError("document.unreadable", `${file} is not an ordinary file.`);
    }
    if (found.size > MAX_DOCUMENT_BYTES) {
      throw documentError(
        "document.tooLarge",
        `${file} has ${formatBytes(found.size)}, more than the ${formatBytes(MAX_DOCUMENT_BYTES)} that are searched for pictures. Split it.`,
      );
    }
    return await readFile(file);
  } catch (thrown) {
    throw expected(thrown, file);
  }
}

function expected(thrown: unknown, file: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return documentError(
      "document.missing",
      `There is no file or folder ${file}. Check the path.`,
      thrown,
    );
  }
  return documentError(
    "document.unreadable",
    `${file} cannot be read: ${reasonOf(thrown)}.`,
    thrown,
  );
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === "EACCES" || code === "EPERM") return "there is no permission";
  if (code === "ENOSPC") return "the disk is full";
  return code ?? "unknown reason";
}
