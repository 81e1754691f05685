/**
 * Reading many small files: at once, as long as the disk answers at once, because to ask a thread for one takes
 * several times as long as to read it. A disk that answers late is left to threads, of which several wait beside
 * each other.
 */

import { readFile, readFileSync, stat, statSync, type Stats } from "node:fs";
import { promisify } from "node:util";

const [statOf, bytesOf] = [promisify(stat), promisify(readFile)];

/** What a file may take, beside what all may. */
const MS_PER_FILE = 1;
const MS_AHEAD = 20;
const MAX_BYTES_AT_ONCE = 1 << 20;
/** After so many files whatever waits has its turn, such as a signal. */
const FILES_PER_TURN = 64;

export class PromptReads {
  readonly #now: () => number;
  #nFiles = 0;
  #tookMs = 0;

  /** @param now in milliseconds, from whenever. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * @param check refuses what must not be opened, such as a pipe, by throwing.
   * @throws Error of the file system, or what `check` throws.
   */
  async read(file: string, check: (found: Stats) => void): Promise<Uint8Array> {
    if (this.#tookMs > MS_AHEAD + MS_PER_FILE * this.#nFiles) {
      check(await statOf(file));
      return await bytesOf(file);
    }
    this.#nFiles++;
    if (this.#nFiles % FILES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const began = this.#now();
    const bytes = readSmall(file, check);
    this.#tookMs += this.#now() - began;
    return bytes ?? (await bytesOf(file));
  }
}

function readSmall(file: string, check: (found: Stats) => void): Uint8Array | undefined {
  const found = statSync(file);
  check(found);
  return found.size > MAX_BYTES_AT_ONCE ? undefined : readFileSync(file);
}
