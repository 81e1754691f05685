/**
 * Which texts models of this user have written for which pictures, so that no model learns from them. Kept as hashes
 * of both together: neither a picture nor a text can be read back from the file.
 */

import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ModelStore } from "./modelStore";

export const GENERATED_FILE = "generated-texts";

/** Of 64 bits: among this many, two texts that differ are as good as never the same. */
const HASH_DIGITS = 16;
/** Years of work; the older half is forgotten beyond it. */
const MOST_TEXTS = 200_000;
const LINE_BYTES = HASH_DIGITS + 1;

/**
 * Adds texts that a model wrote for a picture. What cannot be noted is not: an answer never fails for it.
 * @param digest sha256 of the picture's file, in hexadecimal.
 */
export async function noteGenerated(
  { root }: Pick<ModelStore, "root">,
  digest: string,
  texts: readonly string[],
): Promise<void> {
  const lines = texts
    .filter((text) => text.trim() !== "")
    .map((text) => `${keyOf(digest, text)}\n`);
  if (lines.length === 0) return;
  const file = path.join(root, GENERATED_FILE);
  try {
    await mkdir(root, { recursive: true });
    await appendFile(file, lines.join(""));
    await forgetOldest(file);
  } catch {
    // The disk is full, or the store may only be read.
  }
}

/** Tells of any text whether a model of this user wrote it for that picture, in these words. */
export async function generatedTexts({
  root,
}: Pick<ModelStore, "root">): Promise<(digest: string, text: string) => boolean> {
  const text = await readFile(path.join(root, GENERATED_FILE), "latin1").catch(() => "");
  const known = new Set(text.split("\n"));
  return (digest, words) => known.has(keyOf(digest, words));
}

async function forgetOldest(file: string): Promise<void> {
  if ((await stat(file)).size <= MOST_TEXTS * LINE_BYTES) return;
  const text = await readFile(file, "latin1");
  const next = `${file}.${process.pid}.partial`;
  await writeFile(next, text.slice((-MOST_TEXTS / 2) * LINE_BYTES));
  await rename(next, file);
}

/** A capital more or a full stop less makes no text a person's own. */
function keyOf(digest: string, text: string): string {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return createHash("sha256")
    .update(`${digest} ${words.join(" ")}`)
    .digest("hex")
    .slice(0, HASH_DIGITS);
}
