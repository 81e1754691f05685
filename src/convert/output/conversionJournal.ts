/**
 * What a conversion that goes on over several runs of the program has behind it: which weight files need
 * not be read again, for which plan. It is written before such a file may be deleted.
 */

import { open, readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import { JsonObject } from "../../base/json";
import type { ManifestFile } from "../../model/folder/manifest";

export interface ConversionJournal {
  /** Says of which checkpoint, precision and layout the model is. */
  readonly plan: string;
  /** As `parsePrecisionPlan` reads it. */
  readonly precision: string;
  /** Weight files from which everything that the model needs was taken. */
  readonly taken: readonly ManifestFile[];
}

/** Where the model is built, inside the folder of the work. */
export const MODEL_FOLDER = "model";

const JOURNAL_FILE = "journal.json";
/**
 * To be raised when the same plan gives other bytes: what an older program has begun is then done again,
 * so that no model is of two kinds.
 */
const CONVERSION_VERSION = 1;

/** The journal of a folder; undefined when there is none, or nothing that it could be about. */
export async function readJournal(folder: string): Promise<ConversionJournal | undefined> {
  const file = path.join(folder, JOURNAL_FILE);
  const model = await stat(path.join(folder, MODEL_FOLDER)).catch(() => undefined);
  if (model?.isDirectory() !== true) return undefined;
  try {
    const source = { file, code: "internal" } as const;
    const json = JsonObject.parse(await readFile(file, "utf8"), source);
    json.integer("conversionVersion", { min: CONVERSION_VERSION, max: CONVERSION_VERSION });
    return {
      plan: json.string("plan"),
      precision: json.string("precision"),
      taken: json.array("taken").map((value) => readFileEntry(new JsonObject(value, source))),
    };
  } catch {
    // A journal that cannot be read is worth no more than none: the work is done again.
    return undefined;
  }
}

/**
 * Writes the journal so that a power failure leaves the old one or the new one.
 * @throws the file system's errors.
 */
export async function writeJournal(folder: string, journal: ConversionJournal): Promise<void> {
  const file = path.join(folder, JOURNAL_FILE);
  const handle = await open(`${file}.new`, "w");
  try {
    await handle.writeFile(JSON.stringify({ conversionVersion: CONVERSION_VERSION, ...journal }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(folder);
}

/** Makes the names of a folder's files safe, where the system can: Windows does so by itself. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function readFileEntry(entry: JsonObject): ManifestFile {
  return {
    path: entry.string("path"),
    bytes: entry.integer("bytes", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    sha256: entry.string("sha256"),
  };
}
