/**
 * A file that is not whole yet: its bytes so far, and beside it what they are part of, so that another
 * run of the program can go on where this one was cut off.
 */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { HubDigest, HubFile } from "./hubClient";

/** Endings of the two files, after the name that the whole file will have. */
export const PARTIAL_ENDINGS = [".partial", ".partial.json"] as const;

/** What is remembered beside the bytes. */
interface PartialRecord {
  readonly bytes: number;
  /** Empty when the hub told none. */
  readonly digest: string;
  readonly etag?: string | undefined;
}

export interface Opening {
  /** Of the whole file. */
  readonly path: string;
  readonly wanted: HubFile;
  readonly signal?: AbortSignal | undefined;
  /** Called before bytes that are there already are read. */
  readonly onCheck?: (() => void) | undefined;
}

export class PartialFile {
  readonly #path: string;
  readonly #wanted: HubFile;
  #handle: FileHandle | undefined;
  #hash: Hash;
  #size = 0;
  #etag: string | undefined;

  private constructor(path: string, wanted: HubFile) {
    this.#path = path;
    this.#wanted = wanted;
    this.#hash = newHash(wanted);
  }

  /**
   * Opens what is there of a file, or begins it.
   * @throws AppError `download.failed` when nothing can be written there, `request.cancelled`.
   */
  static async open(opening: Opening): Promise<PartialFile> {
    const { path, wanted } = opening;
    const partial = new PartialFile(path, wanted);
    try {
      await partial.#resume(opening);
      return partial;
    } catch (thrown) {
      await partial.close();
      throw explain(thrown, path);
    }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  /** Of the body that the bytes came from. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Notes where the coming bytes are from. @throws AppError `download.failed`. */
  async setEtag(etag: string | undefined): Promise<void> {
    if (etag === this.#etag) return;
    this.#etag = etag;
    await this.#guard(() => this.#writeRecord());
  }

  /** @throws AppError `download.failed` when the disk does not take them. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      for (let done = 0; done < bytes.length;) {
        const step = await this.#file().write(bytes, done, bytes.length - done, this.#size);
        this.#hash.update(bytes.subarray(done, done + step.bytesWritten));
        done += step.bytesWritten;
        this.#size += step.bytesWritten;
      }
    });
  }

  /** Forgets all bytes. @throws AppError `download.failed`. */
  async clear(): Promise<void> {
    this.#hash = newHash(this.#wanted);
    this.#size = 0;
    this.#etag = undefined;
    await this.#guard(async () => {
      await this.#file().truncate(0);
      await this.#writeRecord();
    });
  }

  /** True when the bytes are those that the hub promised. To be asked once, of a file of full size. */
  isIntact(): boolean {
    const { digest, bytes } = this.#wanted;
    return (
      this.#size === bytes && (digest === undefined || this.#hash.digest("hex") === digest.hex)
    );
  }

  /** Gives the file its name. @throws AppError `download.failed`. */
  async finish(): Promise<void> {
    await this.#guard(async () => {
      await this.#file().sync();
      await this.close();
      await rename(`${this.#path}.partial`, this.#path);
      await rm(`${this.#path}.partial.json`, { force: true });
    });
  }

  /** What is there stays. */
  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #resume({ signal, onCheck }: Opening): Promise<void> {
    const record = await readRecord(`${this.#path}.partial.json`);
    // Without a digest nothing would notice bytes of another file.
    const isSame =
      record?.bytes === this.#wanted.bytes &&
      record.digest === keyOf(this.#wanted) &&
      (record.digest !== "" || record.etag !== undefined);
    const kept = isSame ? await openExisting(`${this.#path}.partial`) : undefined;
    this.#handle = kept ?? (await open(`${this.#path}.partial`, "w+"));
    const { size } = await this.#handle.stat();
    if (record === undefined || kept === undefined || size > this.#wanted.bytes) {
      await this.clear();
      return;
    }
    this.#etag = record.etag;
    if (size > 0) onCheck?.();
    for await (const chunk of createReadStream(`${this.#path}.partial`)) {
      throwIfAborted(signal);
      this.#hash.update(chunk as Uint8Array);
      this.#size += (chunk as Uint8Array).length;
    }
  }

  async #writeRecord(): Promise<void> {
    const record: PartialRecord = {
      bytes: this.#wanted.bytes,
      digest: keyOf(this.#wanted),
      etag: this.#etag,
    };
    await writeFile(`${this.#path}.partial.json`, JSON.stringify(record));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw explain(thrown, this.#path);
    }
  }

  #file(): FileHandle {
    if (this.#handle !== undefined) return this.#handle;
    throw new AppError("internal", `${this.#path} was written after it had been closed.`);
  }
}

async function openExisting(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r+");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

/** A file that git knows by its SHA-1 is hashed with its length before it. */
function newHash({ digest, bytes }: Pick<HubFile, "digest" | "bytes">): Hash {
  return digest?.kind === "git"
    ? createHash("sha1").update(`blob ${bytes}\0`)
    : createHash("sha256");
}

function keyOf({ digest }: { readonly digest?: HubDigest }): string {
  return digest?.hex ?? "";
}

/** Undefined when there is none or it is no record: then the bytes count for nothing. */
async function readRecord(file: string): Promise<PartialRecord | undefined> {
  try {
    const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "internal" });
    return {
      bytes: json.integer("bytes", { min: 0, max: Number.MAX_SAFE_INTEGER }),
      digest: json.string("digest"),
      etag: json.has("etag") ? json.string("etag") : undefined,
    };
  } catch {
    return undefined;
  }
}

function explain(thrown: unknown, file: string): AppError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (thrown instanceof AppError || code === undefined) return AppError.from(thrown);
  const why: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full. Free some space and continue",
    EDQUOT: "the disk quota is used up. Free some space and continue",
    EACCES: "there is no permission to write there. Choose another folder for models",
    EPERM: "there is no permission to write there. Choose another folder for models",
    EROFS: "the disk is read-only. Choose another folder for models",
    EFBIG: "files of that size are not allowed there. Choose another disk for models",
  };
  return new AppError(
    "download.failed",
    `The download could not be written to ${file}: ${why[code] ?? code}. What has arrived is kept.`,
    { cause: thrown, detail: { file } },
  );
}
