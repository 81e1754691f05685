/** Where the pictures of a benchmark lie: below its folder, in one of the places that people unpack them to. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../base/errors";
import type { EvalItem } from "./benchmark";

/** Tried in this order; the folder where one picture was found is tried first for the next. */
const FOLDERS = ["", "images", "val", "flickr30k-images", "flickr30k_images"];

export class PictureFiles {
  readonly #folder: string;
  #places: readonly ((name: string) => string)[];

  constructor(folder: string) {
    this.#folder = folder;
    this.#places = FOLDERS.flatMap((below) => [
      (name: string) => path.join(below, name),
      (name: string) => path.join(below, path.posix.basename(name)),
    ]);
  }

  /** Undefined when it is not there. A name that leads out of the folder is never there. */
  async find({ pictures }: EvalItem): Promise<string | undefined> {
    for (const name of pictures) {
      if (path.isAbsolute(name) || name.split(/[\\/]/).includes("..")) continue;
      for (const place of this.#places) {
        const file = path.join(this.#folder, place(name));
        if (!(await stat(file).catch(() => undefined))?.isFile()) continue;
        this.#places = [place, ...this.#places.filter((other) => other !== place)];
        return file;
      }
    }
    return undefined;
  }

  /**
   * The pictures of all items, in their order.
   * @returns undefined for those that are not there, where they may be missing.
   * @throws AppError `image.missing` with how many there are, where they may not.
   */
  async findAll(
    items: readonly EvalItem[],
    { allowMissing }: { readonly allowMissing: boolean },
  ): Promise<(string | undefined)[]> {
    const files: (string | undefined)[] = [];
    for (const item of items) files.push(await this.find(item));
    const missing = items.filter((_, i) => files[i] === undefined);
    const [first] = missing;
    if (first === undefined || (allowMissing && missing.length < items.length)) return files;
    const name = first.pictures[0] ?? first.id;
    throw new AppError(
      "image.missing",
      `${missing.length} of ${items.length} pictures are not below ${this.#folder}, such as ${name}. With --allow-missing the others are evaluated, as a part.`,
      { detail: { file: path.join(this.#folder, name), missing: missing.length } },
    );
  }
}
