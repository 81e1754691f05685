/**
 * The bytes of the pictures that were read last, so that a right click, a question and the next one read a
 * file once. What is kept counts only while its file is as it was; knows no editor and no file system.
 */

import type { Clock } from "../../base/clock";
import type { Picture } from "./picture";

/** What changes with a file; times in milliseconds since 1970. */
export interface FileStamp {
  readonly size: number;
  /** When it was written last; 0 where a file system does not know. */
  readonly mtime: number;
  /** When it was made. */
  readonly ctime: number;
}

export interface KeptPicturesOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  /** Of all pictures together; one that is larger is read each time. @default 64 MB */
  readonly maxBytes?: number;
}

interface Kept {
  readonly stamp: FileStamp;
  readonly picture: Picture;
}

/** Two or three of the largest photographs. */
const MAX_BYTES = 64 * 2 ** 20;
/** Whoever looks at a picture asks within it; afterwards the memory is free again. */
const KEEP_MS = 10 * 60_000;
/** File systems tell times in steps of up to this: a file that was just written may be written again unseen. */
const STEP_MS = 2000;

export class KeptPictures {
  readonly #options: KeptPicturesOptions;
  /** By address, the one used last at the end. */
  readonly #kept = new Map<string, Kept>();
  #stopTimer: (() => void) | undefined;

  constructor(options: KeptPicturesOptions) {
    this.#options = options;
  }

  /** The picture at the address, when it is kept and the file is the same; else what `read` gives. */
  async read(uri: string, stamp: FileStamp, read: () => Promise<Picture>): Promise<Picture> {
    const kept = this.#kept.get(uri);
    this.#kept.delete(uri);
    if (kept !== undefined && isSame(kept.stamp, stamp)) {
      this.#keep(uri, kept);
      return kept.picture;
    }
    const isSettled = stamp.mtime > 0 && this.#options.wallTime() - stamp.mtime > STEP_MS;
    const picture = await read();
    const { maxBytes = MAX_BYTES } = this.#options;
    if (isSettled && picture.bytes.length <= maxBytes) this.#keep(uri, { stamp, picture });
    return picture;
  }

  #keep(uri: string, kept: Kept): void {
    const { clock, maxBytes = MAX_BYTES } = this.#options;
    this.#kept.set(uri, kept);
    let bytes = [...this.#kept.values()].reduce(
      (sum, { picture }) => sum + picture.bytes.length,
      0,
    );
    for (const [address, { picture }] of this.#kept) {
      if (bytes <= maxBytes) break;
      this.#kept.delete(address);
      bytes -= picture.bytes.length;
    }
    this.#stopTimer?.();
    this.#stopTimer = clock.after(KEEP_MS, () => {
      this.#kept.clear();
    });
  }
}

function isSame(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime;
}
