/**
 * What files are by their content, so that a start hashes only what has changed: path, size and time of change
 * → sha256. Lines of JSON that are only appended, by any process; one that is torn or strange is nobody's. All of
 * it can be lost at the price of reading the files again.
 */

import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { PictureFile } from "./pictureFiles";

/** A change within this time of the look, in ns, could leave size and time as they were (git's "racy" files). */
const RACY_NS = 2_000_000_000n;
/** Lines that wait to be written together. */
const MAX_WAITING = 64;

interface Known {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly digest: string;
}

export class KnownFiles {
  readonly #file: string;
  readonly #known = new Map<string, Known>();
  #waiting: string[] = [];

  private constructor(file: string) {
    this.#file = file;
  }

  /** Never throws: what cannot be read is not known. */
  static async open(file: string): Promise<KnownFiles> {
    const known = new KnownFiles(file);
    const text = await readFile(file, "utf8").catch(() => "");
    const lines = text.split("\n");
    for (const line of lines) known.#read(line);
    if (lines.length > 2 * known.#known.size + 1000) await known.#rewrite();
    return known;
  }

  /** The content of a file that is as it was. */
  digestOf({ file, size, mtimeNs }: PictureFile): string | undefined {
    const known = this.#known.get(path.resolve(file));
    return known?.size === size && known.mtimeNs === mtimeNs ? known.digest : undefined;
  }

  /** @param nowMs when the file was read, in ms since 1970. */
  async add(picture: PictureFile, digest: string, nowMs: number): Promise<void> {
    const { size, mtimeNs } = picture;
    if (BigInt(nowMs) * 1_000_000n - mtimeNs < RACY_NS) return;
    const file = path.resolve(picture.file);
    this.#known.set(file, { size, mtimeNs, digest });
    this.#waiting.push(lineOf(file, { size, mtimeNs, digest }));
    if (this.#waiting.length >= MAX_WAITING) await this.save();
  }

  /** Never throws: a full disk only means that files are read again. */
  async save(): Promise<void> {
    const lines = this.#waiting.join("");
    this.#waiting = [];
    if (lines === "") return;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
      // A line that was torn before ends here.
      await appendFile(this.#file, `\n${lines}`);
    } catch {
      return;
    }
  }

  #read(line: string): void {
    if (line === "") return;
    try {
      const [file, size, mtimeNs, digest] = JSON.parse(line) as unknown[];
      if (typeof file !== "string" || typeof digest !== "string") return;
      if (typeof size !== "number" || typeof mtimeNs !== "string") return;
      if (!/^[0-9a-f]{64}$/.test(digest) || !/^\d{1,30}$/.test(mtimeNs)) return;
      this.#known.set(file, { size, mtimeNs: BigInt(mtimeNs), digest });
    } catch {
      return;
    }
  }

  async #rewrite(): Promise<void> {
    const partial = `${this.#file}.partial-${process.pid}`;
    const lines = [...this.#known].map(([file, known]) => lineOf(file, known));
    try {
      await writeFile(partial, lines.join(""));
      await rename(partial, this.#file);
    } catch {
      await rm(partial, { force: true }).catch(() => undefined);
    }
  }
}

function lineOf(file: string, { size, mtimeNs, digest }: Known): string {
  return `${JSON.stringify([file, size, String(mtimeNs), digest])}\n`;
}
