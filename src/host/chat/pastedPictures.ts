/**
 * Pictures that have no file of their own: kept in a folder of ours under the sha256 of their bytes,
 * so that a conversation can be gone on with after the window was closed.
 */

import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import { TaskQueue } from "../../base/taskQueue";
import { digestOf, type Picture } from "../pictures/picture";
import { PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";

/** The folder; behind it are the editor's file systems, and a fake in tests. Names are no paths. */
export interface PictureFolder {
  write(file: string, bytes: Uint8Array): Promise<void>;
  read(file: string): Promise<Uint8Array>;
  delete(file: string): Promise<void>;
}

export interface PastedPicturesOptions {
  readonly folder: PictureFolder;
  /** What is said of a picture that is no longer there. */
  readonly goneText: string;
  readonly log: Logger;
}

export class PastedPictures {
  readonly #folder: PictureFolder;
  readonly #log: Logger;
  readonly #goneText: string;
  /** One file operation after the other, so that what is deleted and pasted again is there. */
  readonly #queue = new TaskQueue();
  /** Bytes that are not in a file yet, or could not be written. */
  readonly #unwritten = new Map<string, Uint8Array>();

  constructor({ folder, goneText, log }: PastedPicturesOptions) {
    this.#folder = folder;
    this.#log = log;
    this.#goneText = goneText;
  }

  /** Keeps a picture. Its name is known at once; it can be read at once, too. */
  add(picture: Picture): string {
    const file = `${digestOf(picture.bytes)}.${extensionOf(picture.name)}`;
    if (this.#unwritten.has(file)) return file;
    this.#unwritten.set(file, picture.bytes);
    void this.#queue.add(() => this.#write(file));
    return file;
  }

  /** @throws AppError `image.missing`. */
  async read(file: string): Promise<Uint8Array> {
    const bytes = this.#unwritten.get(file);
    if (bytes !== undefined) return bytes;
    try {
      return await this.#folder.read(file);
    } catch (cause) {
      throw new AppError("image.missing", this.#goneText, { cause, detail: { file } });
    }
  }

  /** Forgets pictures. What cannot be deleted stays. */
  delete(files: readonly string[]): void {
    for (const file of files) {
      this.#unwritten.delete(file);
      void this.#queue.add(() => this.#deleteFile(file));
    }
  }

  /** Resolves when everything is written and deleted that was asked for. */
  drained(): Promise<void> {
    return this.#queue.drained();
  }

  async #write(file: string): Promise<void> {
    const bytes = this.#unwritten.get(file);
    if (bytes === undefined) return;
    try {
      await this.#folder.write(file, bytes);
      this.#unwritten.delete(file);
    } catch (thrown) {
      // It stays in memory, so only a later window misses it.
      this.#log.warn(`A pasted picture was not kept: ${AppError.from(thrown).message}`);
    }
  }

  async #deleteFile(file: string): Promise<void> {
    // Pasted again in the meantime: the write that follows finds it as it was.
    if (this.#unwritten.has(file)) return;
    try {
      await this.#folder.delete(file);
    } catch (thrown) {
      this.#log.debug(`A pasted picture was not deleted: ${AppError.from(thrown).message}`);
    }
  }
}

function extensionOf(name: string): string {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return PICTURE_EXTENSIONS.includes(extension) ? extension : "bin";
}
