/**
 * Headers of weight files that have not arrived: enough to plan a conversion, not to believe it. What was
 * read early is compared with the file when that has arrived and is the published one.
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { type ByteSource, withFileBytes } from "../../convert/checkpoint/byteSource";
import type { WeightHeader } from "../../convert/checkpoint/tensorInfo";
import { readWeightHeader, weightHeader } from "../../convert/checkpoint/weightFile";
import { type FileJob, isWholeFile, withPatience } from "../download/downloadFile";
import { TransientFailure } from "../download/hubFailures";

/** Ending of the file beside a weight file in which its early header is remembered. */
export const HEADER_ENDING = ".header";

/** Some bytes of a file. */
interface Piece {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** A header and the bytes that it was read from; none when it was read from the whole file. */
export interface EarlyHeader {
  readonly pieces: readonly Piece[];
  readonly header: WeightHeader;
}

export type HeaderJob = Omit<FileJob, "onBytes">;

/** The real ones have less: a thousand tensors take 100 KB, in each of two places of a file of torch. */
const LEAST_BYTES = 256 << 10;

/**
 * The header of a weight file: of the file where it is whole, else what was remembered, else what the hub
 * sends.
 * @throws AppError `checkpoint.corrupt` and `checkpoint.unsupported` for a header, `hub.*`,
 * `request.cancelled`.
 */
export async function earlyHeader(job: HeaderJob): Promise<EarlyHeader> {
  const target = path.join(job.folder, job.file.name);
  if (await isWholeFile(job)) return { pieces: [], header: await readWeightHeader(target) };
  // Half written when the program was killed, it lacks pieces, which are asked for again.
  const known = decodePieces(await readFile(target + HEADER_ENDING).catch(() => Buffer.alloc(0)));
  const source = new ComingBytes(job, known);
  const header = await weightHeader(source, "directory").catch(async (thrown: unknown) => {
    await rm(target + HEADER_ENDING, { force: true });
    throw thrown;
  });
  if (source.pieces.length > known.length) {
    // It only saves a request; a full disk is told when the weights come.
    await writeFile(target + HEADER_ENDING, encodePieces(source.pieces)).catch(() => undefined);
  }
  return { pieces: source.pieces, header };
}

/**
 * Compares a file that is whole and checked with its early header; when they differ, no early header of
 * its is remembered.
 * @throws AppError `download.corrupt`.
 */
export async function expectHeader(
  { file, folder, repository }: Pick<HeaderJob, "file" | "folder" | "repository">,
  { pieces }: EarlyHeader,
): Promise<void> {
  const target = path.join(folder, file.name);
  const isSame = await withFileBytes(target, async (source) => {
    for (const { position, bytes } of pieces) {
      const found = await source.read(position, bytes.length);
      if (Buffer.compare(found, bytes) !== 0) return false;
    }
    return true;
  });
  if (isSame) return;
  await rm(target + HEADER_ENDING, { force: true });
  throw new AppError(
    "download.corrupt",
    `${file.name} of ${repository} has other bytes in its header than the hub sent before the download. The conversion that was begun is thrown away; try again.`,
    { detail: { file: file.name } },
  );
}

/** A file that is still at the hub; what was asked for once is kept. */
class ComingBytes implements ByteSource {
  readonly file: string;
  readonly fileBytes: number;
  readonly #job: HeaderJob;
  /** What arrived, and how much of it from its beginning on was read. */
  readonly #pieces: (Piece & { usedBytes: number })[];

  constructor(job: HeaderJob, pieces: readonly Piece[]) {
    this.#job = job;
    this.file = path.join(job.folder, job.file.name);
    this.fileBytes = job.file.bytes;
    this.#pieces = pieces
      .filter(({ position, bytes }) => position + bytes.length <= this.fileBytes)
      .map((piece) => ({ ...piece, usedBytes: 0 }));
  }

  /** What was read; the hub sent more, in case it were needed. */
  get pieces(): readonly Piece[] {
    return this.#pieces.map(({ position, bytes, usedBytes }) => ({
      position,
      bytes: bytes.subarray(0, usedBytes),
    }));
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = position + length;
    const known = this.#pieces.find(
      (piece) => piece.position <= position && end <= piece.position + piece.bytes.length,
    );
    if (known !== undefined) {
      known.usedBytes = Math.max(known.usedBytes, end - known.position);
      return known.bytes.subarray(position - known.position, end - known.position);
    }
    const wanted = Math.min(Math.max(length, LEAST_BYTES), this.fileBytes - position);
    const bytes = await askFor(this.#job, { position, length: wanted });
    this.#pieces.push({ position, bytes, usedBytes: length });
    return bytes.subarray(0, length);
  }
}

/** What is more than asked for is not read; what is less is asked for again. */
async function askFor(
  job: HeaderJob,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Uint8Array> {
  const { hub, repository, commit, file, signal } = job;
  return await withPatience(job, async () => {
    const wanted = { repository, commit, name: file.name, offset: position, length };
    const body = await hub.open(wanted, signal);
    // A server that ignores where to begin sends all that is before it too.
    const skipped = position - body.offset;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body.bytes) {
      const before = size;
      size += chunk.length;
      if (size > skipped) chunks.push(chunk.subarray(Math.max(0, skipped - before)));
      if (size >= skipped + length) break;
    }
    if (size < skipped + length || skipped < 0) {
      throw new TransientFailure(`a part of ${file.name} did not arrive`);
    }
    return Buffer.concat(chunks).subarray(0, length);
  });
}

/** Of position and length of a piece, in front of its bytes. */
const NUMBER_BYTES = 8;

function encodePieces(pieces: readonly Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.flatMap(({ position, bytes }) => {
      const head = Buffer.alloc(2 * NUMBER_BYTES);
      head.writeBigUInt64LE(BigInt(position), 0);
      head.writeBigUInt64LE(BigInt(bytes.length), NUMBER_BYTES);
      return [head, bytes];
    }),
  );
}

/** Those that are whole. */
function decodePieces(bytes: Buffer): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at + 2 * NUMBER_BYTES <= bytes.length) {
    const position = Number(bytes.readBigUInt64LE(at));
    const begin = at + 2 * NUMBER_BYTES;
    const end = begin + Number(bytes.readBigUInt64LE(at + NUMBER_BYTES));
    if (end > bytes.length) break;
    pieces.push({ position, bytes: bytes.subarray(begin, end) });
    at = end;
  }
  return pieces;
}
