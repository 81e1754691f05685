/** Takes single files out of a zip archive; the only file that knows the archive library. */

import { createWriteStream } from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { open as openArchive, type Entry, type Options, type ZipFile } from "yauzl";
import { AppError } from "../../base/errors";

export interface UnpackOptions {
  readonly archive: string;
  /** Path in the archive by the name that the file gets; a name from the archive decides nothing. */
  readonly files: Readonly<Record<string, string>>;
  /** Must exist. */
  readonly folder: string;
  /** Of all files together; more is not written. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** ONNX Runtime's package has some 20 entries. */
const MAX_ENTRIES = 10_000;

/**
 * Unpacks the files.
 * @throws AppError `download.corrupt` for a damaged archive, one without a file, or with more bytes than
 * allowed; `download.failed` when nothing can be written; `request.cancelled`.
 */
export async function unpackFiles(options: UnpackOptions): Promise<void> {
  const { archive, files, maxBytes, signal } = options;
  const zip = await openZip(archive);
  try {
    const entries = await findEntries(zip, options);
    const total = [...entries.values()].reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    if (total > maxBytes) throw corrupt(archive, `it unpacks to ${total} bytes`);
    for (const name of Object.keys(files)) {
      const entry = entries.get(name);
      if (entry === undefined) throw corrupt(archive, `it lacks ${name}`);
      await writeEntry({ zip, entry, target: path.join(options.folder, name), signal, archive });
    }
  } finally {
    zip.close();
  }
}

/** With lazy entries the caller asks for each; the library compares sizes while it unpacks. */
async function openZip(archive: string): Promise<ZipFile> {
  const open = promisify<string, Options, ZipFile>(openArchive);
  try {
    return await open(archive, { lazyEntries: true, autoClose: false });
  } catch (cause) {
    throw corrupt(archive, (cause as Error).message, cause);
  }
}

/** Entries by the name of the file that they become. */
async function findEntries(
  zip: ZipFile,
  { archive, files }: UnpackOptions,
): Promise<ReadonlyMap<string, Entry>> {
  const names = new Map(Object.entries(files).map(([name, inside]) => [inside, name]));
  const found = new Map<string, Entry>();
  let nEntries = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on("entry", (entry: Entry) => {
      const name = names.get(entry.fileName);
      if (name !== undefined) found.set(name, entry);
      nEntries += 1;
      if (nEntries > MAX_ENTRIES) reject(corrupt(archive, "it has too many entries"));
      else zip.readEntry();
    });
    zip.on("end", resolve);
    zip.on("error", (cause: Error) => {
      reject(corrupt(archive, cause.message, cause));
    });
    zip.readEntry();
  });
  return found;
}

interface EntryJob {
  readonly zip: ZipFile;
  readonly entry: Entry;
  readonly target: string;
  readonly signal: AbortSignal;
  readonly archive: string;
}

async function writeEntry({ zip, entry, target, signal, archive }: EntryJob): Promise<void> {
  let stream: Readable;
  try {
    stream = await promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry);
  } catch (cause) {
    throw corrupt(archive, (cause as Error).message, cause);
  }
  try {
    await pipeline(stream, createWriteStream(target, { flags: "wx" }), { signal });
  } catch (cause) {
    if (signal.aborted) throw new AppError("request.cancelled", "The request was cancelled.");
    // Failures of the file system have a number, those of the archive do not.
    if ((cause as NodeJS.ErrnoException).errno === undefined) {
      throw corrupt(archive, (cause as Error).message, cause);
    }
    throw new AppError(
      "download.failed",
      `${target} could not be written (${(cause as Error).message}). Free some space and try again.`,
      { cause, detail: { file: target } },
    );
  }
}

function corrupt(archive: string, why: string, cause?: unknown): AppError {
  return new AppError(
    "download.corrupt",
    `${path.basename(archive)} is not the package that was expected: ${why}. Nothing of it is used.`,
    { cause, detail: { file: archive } },
  );
}
