/**
 * Has the newest selected picture looked at while the question is being typed. Nobody is told of it, and
 * nothing waits for it.
 */

import type { Logger } from "../../base/logger";
import type { EngineApi } from "../service/engine";
import type { PictureTray } from "./pictureTray";

export interface PicturePrefetchOptions {
  readonly engine: Pick<EngineApi, "prepare" | "status">;
  readonly tray: Pick<PictureTray, "selected" | "read">;
  /** False where the user or the workspace does not want it. */
  readonly isWanted: () => boolean;
  /** True while questions are being answered, which come first. */
  readonly isAnswering: () => boolean;
  /** True for a picture that was asked about, so that the engine knows it. */
  readonly isKnown: (pictureId: string) => boolean;
  readonly log: Logger;
}

interface Preparation {
  readonly pictureId: string;
  readonly controller: AbortController;
}

export class PicturePrefetch {
  readonly #options: PicturePrefetchOptions;
  /** Going on, or done. */
  #preparation: Preparation | undefined;
  /** After a failure, or a user's refusal to load the model, a question has to be answered first. */
  #isResting = false;
  #isEnded = false;

  constructor(options: PicturePrefetchOptions) {
    this.#options = options;
  }

  /** To be called when the user has added, selected, deselected or removed pictures. */
  selectionChanged(): void {
    const picture = this.#options.tray.selected.at(-1);
    if (picture !== undefined && picture.id === this.#preparation?.pictureId) return;
    this.#preparation?.controller.abort();
    this.#preparation = undefined;
    if (picture === undefined || !this.#isTime(picture.id)) return;
    void this.#prepare({ pictureId: picture.id, controller: new AbortController() });
  }

  /** To be called when no question is left; a picture that came meanwhile has its turn. */
  answered({ isFailed }: { readonly isFailed: boolean }): void {
    if (isFailed) return;
    this.#isResting = false;
    this.selectionChanged();
  }

  /** Drops what has not begun, and begins nothing any more. */
  end(): void {
    this.#isEnded = true;
    this.#preparation?.controller.abort();
  }

  #isTime(pictureId: string): boolean {
    const { engine, isWanted, isAnswering, isKnown } = this.#options;
    const { kind } = engine.status;
    if (this.#isEnded || this.#isResting || kind === "failed" || kind === "unsupported") {
      return false;
    }
    return isWanted() && !isAnswering() && !isKnown(pictureId);
  }

  async #prepare(preparation: Preparation): Promise<void> {
    const { engine, tray, log } = this.#options;
    const { pictureId, controller } = preparation;
    const { signal } = controller;
    this.#preparation = preparation;
    try {
      const { picture } = await tray.read(pictureId, signal);
      await engine.prepare({ image: picture.bytes, imageName: picture.name }, { signal });
    } catch (thrown) {
      if (this.#preparation === preparation) this.#preparation = undefined;
      // A picture that was deselected says nothing against the next one.
      if (signal.aborted) return;
      this.#isResting = true;
      log.debug(`The picture was not looked at ahead: ${String(thrown)}`);
    }
  }
}
