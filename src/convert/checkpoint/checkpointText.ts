/**
 * Strict reading of the texts of a checkpoint: files with a size limit, valid UTF-8, JSON objects with
 * limits and without duplicate keys. Knows no meaning of any key.
 */

import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../base/errors";
import { TOKENIZER_FILE } from "../../model/folder/manifest";

/** What an error message names. */
export interface Place {
  readonly file: string;
  readonly tensor?: string;
}

/** An error about the content of a checkpoint's file, with what to do. */
export function corruptFile(place: Place, what: string, cause?: unknown): AppError {
  const subject = place.tensor === undefined ? "" : `tensor ${quoted(place.tensor)}: `;
  const detail =
    place.tensor === undefined
      ? { file: place.file }
      : { file: place.file, tensor: shortened(place.tensor) };
  return new AppError(
    "checkpoint.corrupt",
    `${place.file}: ${subject}${what}. Download or save the checkpoint again.`,
    { cause, detail },
  );
}

/**
 * Size in bytes of a regular file; a link is followed.
 * @throws AppError `checkpoint.missing` when it is not there, not readable or not a regular file.
 */
export async function regularFileBytes(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw missingFile(file, cause);
  });
  if (!found.isFile()) throw missingFile(file);
  return found.size;
}

/** Opens a regular file for reading. @throws AppError `checkpoint.missing`. */
export async function openRegularFile(file: string): Promise<FileHandle> {
  // Opening a pipe would wait for its writer.
  await regularFileBytes(file);
  return open(file, "r").catch((cause: unknown) => {
    throw missingFile(file, cause);
  });
}

const MIB = 1 << 20;
/** The largest real ones have 4 KiB; an index of a thousand tensors has 100 KiB. */
const MAX_SMALL_BYTES = 16 * MIB;
/** Real ones have at most 4 MiB for BLIP-2's language models. */
const MAX_TOKENIZER_BYTES = 64 * MIB;

/** The bytes of a text beside the weights. @throws AppError `checkpoint.missing`, `checkpoint.corrupt`. */
export async function readSmallFile(file: string): Promise<Uint8Array> {
  const nBytes = await regularFileBytes(file);
  const limit = path.basename(file) === TOKENIZER_FILE ? MAX_TOKENIZER_BYTES : MAX_SMALL_BYTES;
  if (nBytes > limit) {
    throw corruptFile({ file }, `it has ${nBytes} bytes, and at most ${limit} are read`);
  }
  return readFile(file).catch((cause: unknown) => {
    throw corruptFile({ file }, "its bytes could not be read", cause);
  });
}

/** @throws AppError `checkpoint.missing`, always. */
export function absentFile(file: string, advice: string): never {
  throw new AppError("checkpoint.missing", `There is no file ${file}. ${advice}`, {
    detail: { file },
  });
}

/** @throws AppError `checkpoint.corrupt` when the bytes are not UTF-8; a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array, place: Place): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw corruptFile(place, "its text is not valid UTF-8", cause);
  }
}

/** @throws AppError `checkpoint.corrupt` when the text is not JSON. */
export function parseJson(text: string, place: Place): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corruptFile(place, "its JSON is not valid", cause);
  }
}

/** Ten times what the largest published checkpoint needs; a hostile file must not fill memory. */
export const MAX_MEMBERS = 100_000;
/** Deeper than any real file, shallow enough for every recursive reader that follows. */
const MAX_DEPTH = 100;
/**
 * Lists, objects, keys and list items in a text, ten times what a large tokenizer has. The tens of
 * millions that fit into a file would take `JSON.parse` half a minute and gigabytes.
 */
const MAX_PARTS = 4_000_000;

/**
 * The members of a JSON object as key and raw text of the value. Unlike `JSON.parse` this hides no
 * duplicate key, keeps `__proto__` an ordinary key and builds no values. The texts are cut at the right
 * places but may still be invalid inside.
 * @throws AppError `checkpoint.corrupt` for duplicate keys, more members than `MAX_MEMBERS`, more than
 * 100 levels or four million parts, or text that is no object.
 */
export function objectMembers(text: string, place: Place): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  const scan: Scan = { text, place, nParts: 0 };
  let at = skipSpace(text, 0);
  if (text[at] !== "{") throw corruptFile(place, "a JSON object was expected");
  at = skipSpace(text, at + 1);
  let isOpen = text[at] !== "}";
  while (isOpen) {
    const keyEnd = text[at] === '"' ? endOfString(scan, at) : at;
    const key = parseJson(text.slice(at, keyEnd), place) as string;
    if (members.has(key)) throw corruptFile(place, `the key ${quoted(key)} occurs twice`);
    if (members.size === MAX_MEMBERS) {
      throw corruptFile(place, `an object in it has more than ${MAX_MEMBERS} members`);
    }
    at = skipSpace(text, keyEnd);
    if (text[at] !== ":") throw corruptFile(place, `the key ${quoted(key)} has no value`);
    const start = skipSpace(text, at + 1);
    at = endOfValue(scan, start);
    members.set(key, text.slice(start, at));
    isOpen = text[at] === ",";
    if (isOpen) at = skipSpace(text, at + 1);
  }
  if (text[at] !== "}" || skipSpace(text, at + 1) !== text.length) {
    throw corruptFile(place, "its JSON is not valid");
  }
  return members;
}

/** A name for a message, in quotes; a hostile one can have megabytes and is shortened. */
export function quoted(name: string): string {
  return JSON.stringify(shortened(name));
}

function shortened(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}…`;
}

function missingFile(file: string, cause?: unknown): AppError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const what =
    code === "EACCES" || code === "EPERM"
      ? `${file} may not be read. Give yourself permission to read it.`
      : `There is no file ${file}. Check the path, or download the checkpoint again.`;
  return new AppError("checkpoint.missing", what, { cause, detail: { file } });
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return at;
}

interface Scan {
  readonly text: string;
  readonly place: Place;
  nParts: number;
}

/** Index behind the closing quote of the string that starts at `start`. */
function endOfString({ text, place }: Scan, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  throw corruptFile(place, "a text in its JSON does not end");
}

/** Index of the comma or bracket that follows the value at `start`. */
function endOfValue(scan: Scan, start: number): number {
  const { text, place } = scan;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(scan, at) - 1;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    if (char === "{" || char === "[" || char === ":" || char === ",") scan.nParts++;
    if (depth > MAX_DEPTH) throw corruptFile(place, `its JSON has more than ${MAX_DEPTH} levels`);
    if (scan.nParts > MAX_PARTS) {
      throw corruptFile(place, `its JSON has more than ${MAX_PARTS} parts`);
    }
    if (depth < 0 || (depth === 0 && char === ",")) return at;
  }
  throw corruptFile(place, "its JSON does not end");
}
