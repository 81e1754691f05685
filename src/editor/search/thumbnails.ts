/** Small copies of files for a page, made when they are wanted, the latest wish first. */

import type * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { Services } from "../shell/services";

/** Pixels on the longer side: a tile on a screen of twice the density. */
const SIDE = 256;
/** The process makes as many at once. */
const AT_ONCE = 2;
/** Those that are kept; what is behind is made again. */
const MAX_KEPT = 400;

export class Thumbnails {
  readonly #services: Pick<Services, "engine" | "pictures" | "log">;
  readonly #kept = new Map<string, string>();
  /** What is to be made next stands last. */
  #waiting: (() => Promise<void>)[] = [];
  #nRunning = 0;

  constructor(services: Pick<Services, "engine" | "pictures" | "log">) {
    this.#services = services;
  }

  /** A `data:` address; undefined for one that cannot be made. Never throws. */
  async of(uri: vscode.Uri): Promise<string | undefined> {
    const key = uri.toString();
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    try {
      const { name, bytes } = await this.#services.pictures.read(uri);
      const params = { image: bytes, imageName: name, maxSide: SIDE };
      const { image } = await this.#services.engine.call("thumbnail", params);
      const address = `data:image/webp;base64,${Buffer.from(image).toString("base64")}`;
      this.#kept.set(key, address);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      return address;
    } catch (thrown) {
      this.#services.log.debug(AppError.from(thrown).message);
      return undefined;
    }
  }

  /** Works on items, a few at once; what was asked for last has its turn first, because it is in sight. */
  async inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const all = items.map(
      (item) =>
        new Promise<void>((resolve, reject) => {
          this.#waiting.push(() => work(item).then(resolve, reject));
        }),
    );
    // The first of the items is taken first.
    const added = this.#waiting.splice(this.#waiting.length - items.length);
    this.#waiting.push(...added.reverse());
    for (let i = this.#nRunning; i < AT_ONCE; i++) void this.#next();
    await Promise.all(all);
  }

  async #next(): Promise<void> {
    if (this.#nRunning >= AT_ONCE) return;
    this.#nRunning++;
    for (let work = this.#waiting.pop(); work !== undefined; work = this.#waiting.pop()) {
      await work();
    }
    this.#nRunning--;
  }
}
