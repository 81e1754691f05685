/**
 * Headers of weight files that have not arrived: enough to plan a conversion, not to believe it. What was
 * read early is compared with the file when that has arrived and is the published one.
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import {
  headerEnd,
  parseSafetensorsHeader,
  readHeaderBytes,
  type SafetensorsHeader,
} from "../../convert/checkpoint/safetensors";
import { type FileJob, isWholeFile, withPatience } from "../download/downloadFile";
import { TransientFailure } from "../download/hubFailures";

/** Ending of the file beside a weight file in which its early header is remembered. */
export const HEADER_ENDING = ".header";

/** A header and the bytes that it was read from. */
export interface EarlyHeader {
  readonly bytes: Uint8Array;
  readonly header: SafetensorsHeader;
}

export type HeaderJob = Omit<FileJob, "onBytes">;

/** The real ones have less: a thousand tensors take 100 KB. */
const FIRST_BYTES = 256 << 10;

/**
 * The header of a weight file: of the file where it is whole, else what was remembered, else what the hub
 * sends.
 * @throws AppError `checkpoint.corrupt` for a header that breaks the format, `hub.*`,
 * `request.cancelled`.
 */
export async function earlyHeader(job: HeaderJob): Promise<EarlyHeader> {
  const { file, folder } = job;
  const target = path.join(folder, file.name);
  const source = { file: target, fileBytes: file.bytes };
  if (await isWholeFile(job)) {
    const bytes = await readHeaderBytes(target);
    return { bytes, header: parseSafetensorsHeader(bytes, source) };
  }
  const known = await readFile(target + HEADER_ENDING).catch(() => undefined);
  if (known !== undefined) {
    try {
      return { bytes: known, header: parseSafetensorsHeader(known, source) };
    } catch {
      // Half written when the program was killed; it is asked for again.
    }
  }
  const bytes = await askForHeader(job);
  const header = parseSafetensorsHeader(bytes, source);
  // It only saves a request; a full disk is told when the weights come.
  await writeFile(target + HEADER_ENDING, bytes).catch(() => undefined);
  return { bytes, header };
}

/**
 * Compares a file that is whole and checked with its early header; when they differ, no early header of
 * its is remembered.
 * @throws AppError `download.corrupt`.
 */
export async function expectHeader(
  { file, folder, repository }: Pick<HeaderJob, "file" | "folder" | "repository">,
  early: EarlyHeader,
): Promise<void> {
  const target = path.join(folder, file.name);
  const bytes = await readHeaderBytes(target);
  if (Buffer.compare(bytes, early.bytes) === 0) return;
  await rm(target + HEADER_ENDING, { force: true });
  throw new AppError(
    "download.corrupt",
    `${file.name} of ${repository} begins with other bytes than the hub sent before the download. The conversion that was begun is thrown away; try again.`,
    { detail: { file: file.name } },
  );
}

async function askForHeader(job: HeaderJob): Promise<Uint8Array> {
  const { file, folder } = job;
  const source = { file: path.join(folder, file.name), fileBytes: file.bytes };
  const first = await firstBytes(job, Math.min(FIRST_BYTES, file.bytes));
  const end = headerEnd(first, source);
  return end <= first.length ? first.subarray(0, end) : await firstBytes(job, end);
}

/** What is more than asked for is not read; what is less is asked for again. */
async function firstBytes(job: HeaderJob, length: number): Promise<Uint8Array> {
  const { hub, repository, commit, file, signal } = job;
  return await withPatience(job, async () => {
    const wanted = { repository, commit, name: file.name, offset: 0, length };
    const body = await hub.open(wanted, signal);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body.bytes) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= length) break;
    }
    if (size < length || body.offset !== 0) {
      throw new TransientFailure(`the beginning of ${file.name} did not arrive`);
    }
    return Buffer.concat(chunks).subarray(0, length);
  });
}
