/** Documents on the disk: finding, reading and replacing them without changing anything else. */

import { statSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { documentError } from "../../alt/documentError";
import { ALT_FORMATS } from "../../alt/formats/formatTable";
import { DEFAULT_COMPONENTS, mayHaveImages } from "../../alt/formats/findContext";
import type { AltLanguage } from "../../alt/languages";
import { languageOfFile } from "../../alt/languages";
import { AppError, throwIfAborted } from "../../base/errors";
import { formatBytes } from "../../base/bytes";
import { nothingMatches, readGivenPaths, type PathPattern } from "./pathPatterns";
import {
  filesBelow,
  matchingFiles,
  SkippedParts,
  type FolderSearch,
} from "../../disk/searchFolder";
import { PromptReads } from "../../disk/promptReads";
import { fileError, replaceFile, requireWritableFile } from "../../disk/replaceFile";
import {
  decodeDocument,
  encodeDocument,
  MAX_DOCUMENT_BYTES,
  type DecodedText,
} from "../../disk/textEncoding";

/** A document that was named, or that lies in a folder that was. */
export interface DocumentFile {
  /** As given, or below the folder as given. */
  readonly file: string;
  readonly language: AltLanguage;
  /** The folder that was given, or the file's own. */
  readonly root: string;
  /** Given by its own name, and not met in a folder. @default false */
  readonly isNamed?: boolean;
}

export interface FoundDocuments {
  readonly documents: readonly DocumentFile[];
  /** One for each path that leads to nothing: `document.missing` or `document.unreadable`. */
  readonly failures: readonly AppError[];
  /** What was not searched and why, in one line; undefined when everything was. */
  readonly skipped: string | undefined;
}

export interface DocumentText extends DocumentFile, DecodedText {
  /** What the file held, to notice when somebody else changes it. */
  readonly bytes: Uint8Array;
}

/**
 * The documents that paths and patterns name. Folders are searched; links in them are not followed,
 * so a search ends. Each document comes once, in the order of the paths and of the names below them.
 * @param options.ignoreUnknown pass over files of other kinds, also one that is named alone.
 * @throws AppError `request.cancelled`, `option.invalid` as `readGivenPaths`.
 */
export async function findDocuments(
  paths: readonly string[],
  signal: AbortSignal,
  { ignoreUnknown = false }: { readonly ignoreUnknown?: boolean } = {},
): Promise<FoundDocuments> {
  const given = await readGivenPaths(paths);
  const documents = new Map<string, DocumentFile>();
  const failures: AppError[] = [];
  const skipped = new SkippedParts();
  const search: FolderSearch = {
    signal,
    isWanted: (name) => languageOfFile(name) !== undefined,
    heedsGitignore: true,
    skipped,
    onFailure: (thrown, folder) => failures.push(fileError(thrown, folder)),
  };
  for (const wanted of given.wanted) {
    throwIfAborted(signal);
    const name = typeof wanted === "string" ? wanted : wanted.pattern;
    try {
      // As hooks name them: every file of a commit, pictures too.
      if ((ignoreUnknown || paths.length > 1) && isForeign(wanted)) continue;
      for await (const document of documentsOf(wanted, search)) {
        const key = path.resolve(document.file);
        if (!documents.has(key) && !given.isExcluded(document.file)) documents.set(key, document);
      }
    } catch (thrown) {
      failures.push(fileError(thrown, name));
    }
  }
  return { documents: [...documents.values()], failures, skipped: skipped.summary() };
}

/**
 * Reads UTF-8, and UTF-16 as editors tell it.
 * @param components names of tags that show a picture, besides the usual ones.
 * @throws AppError `document.missing`, `document.tooLarge`, or `document.unreadable`, also for pictures
 * in another encoding.
 */
export async function readDocument(
  document: DocumentFile,
  components: readonly string[] = [],
): Promise<DocumentText> {
  const { file } = document;
  const bytes = await readBytes(file);
  const decoded = decodeDocument(bytes);
  if (decoded !== undefined) return { ...document, ...decoded, bytes };
  // The marks of a picture are the same in every encoding that goes on from ASCII; in those of two or
  // four bytes zeros stand between them.
  const ascii = new TextDecoder("latin1").decode(bytes).replaceAll("\0", "");
  if (!mayHaveImages(ascii, [...DEFAULT_COMPONENTS, ...components])) {
    return { ...document, text: "", hasByteOrderMark: false, encoding: "utf-8", bytes };
  }
  throw documentError(
    "document.unreadable",
    `${file} is neither UTF-8 nor UTF-16 text, so it is left alone. Save it as UTF-8.`,
  );
}

/**
 * True for a document of which is only said that it was not searched: it is too large, and nobody named
 * it. A bundle that a program made must not fail the check of the folder that it lies in.
 */
export function isPassedOver(thrown: unknown, { isNamed }: DocumentFile): boolean {
  return thrown instanceof AppError && thrown.code === "document.tooLarge" && isNamed !== true;
}

/** @throws AppError as `requireWritableFile`. */
export async function requireWritable({ file }: DocumentFile): Promise<void> {
  await requireWritableFile(file);
}

/**
 * Replaces a document by a file that is complete before it takes the name; a link stays a link.
 * @throws AppError as `replaceFile`.
 */
export async function replaceDocument(document: DocumentText, text: string): Promise<void> {
  const { file, bytes } = document;
  await replaceFile(file, { bytes: encodeDocument(text, document), expected: bytes });
}

const LABELS = Object.values(ALT_FORMATS)
  .map(({ label }) => label)
  .join(", ");

function namedDocument(file: string): DocumentFile {
  const language = languageOfFile(file);
  if (language === undefined) {
    throw documentError(
      "document.unreadable",
      `${file} is no document with pictures that Sightline knows: ${LABELS}.`,
    );
  }
  return { file, language, root: path.dirname(file), isNamed: true };
}

/** One file among several of which no finder knows anything; alone it is a mistake that is told. */
function isForeign(wanted: string | PathPattern): boolean {
  return typeof wanted === "string" && languageOfFile(wanted) === undefined && isFile(wanted);
}

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() === true;
}

async function* documentsOf(
  wanted: string | PathPattern,
  search: FolderSearch,
): AsyncGenerator<DocumentFile> {
  if (typeof wanted !== "string") yield* documentsMatching(wanted, search);
  else if (!(await stat(wanted)).isDirectory()) yield namedDocument(wanted);
  else {
    for await (const file of filesBelow(wanted, search)) yield* documentAt(file, wanted);
  }
}

async function* documentsMatching(
  pattern: PathPattern,
  search: FolderSearch,
): AsyncGenerator<DocumentFile> {
  let isFound = false;
  for await (const file of matchingFiles(pattern, search)) {
    isFound = true;
    yield* documentAt(file, pattern.base);
  }
  if (!isFound) throw documentError("document.missing", nothingMatches(pattern, "document"));
}

function documentAt(file: string, root: string): DocumentFile[] {
  const language = languageOfFile(file);
  return language === undefined ? [] : [{ file, language, root }];
}

/** All documents of a run lie on disks that answer alike. */
const reads = new PromptReads();

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await reads.read(file, (found) => {
      requireDocument(file, found);
    });
  } catch (thrown) {
    throw fileError(thrown, file);
  }
}

/** @throws AppError for what is no file, because to open a named pipe would wait for its writer, and for large ones. */
function requireDocument(file: string, found: Stats): void {
  if (!found.isFile()) {
    throw documentError("document.unreadable", `${file} is not an ordinary file.`);
  }
  if (found.size > MAX_DOCUMENT_BYTES) {
    throw documentError(
      "document.tooLarge",
      `${file} has ${formatBytes(found.size)}, more than the ${formatBytes(MAX_DOCUMENT_BYTES)} that are searched for pictures. Split it.`,
    );
  }
}
