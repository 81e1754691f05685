/** Pictures with texts that people wrote: what a model learns from. Reads a file or a folder of them. */

import { groupBy } from "../../base/groupBy";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";

/** A picture and one text that belongs to it. */
export interface Pair {
  /** The picture's file, absolute. */
  readonly image: string;
  readonly text: string;
}

/** What `train pairs` writes, and what is read; the second names are those of Hugging Face's folders. */
const IMAGE_KEYS = ["image", "file_name"] as const;
const TEXT_KEYS = ["text", "caption"] as const;

/** In a folder of pictures. */
const LISTS = ["pairs.jsonl", "metadata.jsonl"] as const;

const PICTURE = /\.(png|jpe?g|webp|gif|avif|tiff?|svg)$/i;

const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Reads pairs from a JSON Lines file, each line `{"image": …, "text": …}` with a path from the file's own
 * folder; or from a folder: its `pairs.jsonl` or `metadata.jsonl`, or else each picture with a text file
 * of the same name beside it, each line one text.
 * @throws AppError `document.missing` when there is nothing, `document.unparsable` naming file and line.
 */
export async function readPairs(place: string): Promise<Pair[]> {
  const pairs = (await isFolder(place)) ? await readFolder(place) : await readList(place);
  if (pairs.length > 0) return pairs;
  throw new AppError(
    "document.missing",
    `${place} has no pictures with texts. A line is {"image": "cat.jpg", "text": "A cat on a wall"}; ` +
      "in a folder, cat.txt beside cat.jpg has its text.",
    { detail: { file: place } },
  );
}

async function isFolder(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch (cause) {
    throw new AppError("document.missing", `There is no file or folder ${place}.`, {
      cause,
      detail: { file: place },
    });
  }
}

async function readFolder(folder: string): Promise<Pair[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const list = LISTS.find((name) => names.includes(name));
  if (list !== undefined) return readList(path.join(folder, list));
  const files = new Set(names);
  const pairs: Pair[] = [];
  for (const name of names) {
    const texts = name.replace(PICTURE, ".txt");
    if (texts === name || !files.has(texts)) continue;
    const lines = (await readText(path.join(folder, texts))).split("\n").map((line) => line.trim());
    const image = path.resolve(folder, name);
    pairs.push(...lines.filter((line) => line !== "").map((text) => ({ image, text })));
  }
  return pairs;
}

async function readList(file: string): Promise<Pair[]> {
  const lines = (await readText(file)).split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const row = JsonObject.parse(line, {
      file: `${file}, line ${index + 1}`,
      code: "document.unparsable",
    });
    const image = path.resolve(path.dirname(file), stringOf(row, IMAGE_KEYS));
    return [{ image, text: stringOf(row, TEXT_KEYS) }];
  });
}

function stringOf(row: JsonObject, keys: readonly [string, ...string[]]): string {
  return row.string(keys.find((key) => row.has(key)) ?? keys[0]);
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= MAX_FILE_BYTES) return await readFile(file, "utf8");
  } catch (cause) {
    throw new AppError("document.missing", `${file} cannot be read.`, {
      cause,
      detail: { file },
    });
  }
  throw new AppError("document.tooLarge", `${file} is larger than 256 MiB.`, { detail: { file } });
}

export interface Split<P = Pair> {
  readonly train: readonly P[];
  /** Keeps out of training; decides whether it helped. */
  readonly heldOut: readonly P[];
}

/**
 * Keeps a part of the pairs out of training. What looks alike often lies in one folder, so whole folders
 * are kept out where there are enough of them, and otherwise whole pictures; either is chosen by a hash of
 * its path from `base`, so that the same pairs are split in the same way.
 * @param share Of the pairs, 0 to 1.
 */
export function splitPairs<P extends Pair>(
  pairs: readonly P[],
  { share, base }: { share: number; base: string },
): Split<P> {
  const folders = groupBy(pairs, ({ image }) => path.relative(base, path.dirname(image)));
  const isFine = folders.size >= MIN_FOLDERS && largestOf(folders) <= share * pairs.length;
  const groups = isFine ? folders : groupBy(pairs, ({ image }) => path.relative(base, image));
  const ordered = [...groups].sort(([a], [b]) => hashOf(a) - hashOf(b) || (a < b ? -1 : 1));
  const heldOut: P[] = [];
  for (const [, members] of ordered) {
    if (heldOut.length + members.length > share * pairs.length) continue;
    heldOut.push(...members);
  }
  const isHeldOut = new Set(heldOut);
  return { train: pairs.filter((pair) => !isHeldOut.has(pair)), heldOut };
}

/** Below this, one folder more or less changes what is measured. */
const MIN_FOLDERS = 10;

function largestOf(groups: ReadonlyMap<string, readonly unknown[]>): number {
  return Math.max(...[...groups.values()].map(({ length }) => length));
}

/** FNV-1a with a last mix: neighbours in the alphabet are no neighbours here. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
