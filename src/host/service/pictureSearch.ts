/** Finding pictures through the process for it: some at a time, so that words have a turn meanwhile. */

import { abortable } from "../../base/abortable";
import type { EngineApi } from "./engine";

/** Pictures that are looked at before words have a turn. */
const AT_ONCE = 8;

export interface LookRun {
  readonly signal: AbortSignal;
  /** Told of what was listed, before any is looked at. */
  readonly onListed?: (files: readonly string[]) => void;
  readonly onProgress: (nDone: number, nAll: number) => void;
}

/** What the process answers. */
export interface FoundPictures {
  readonly model: string;
  readonly matches: readonly {
    readonly file: string;
    readonly similarity: number;
    readonly isLikely: boolean;
  }[];
}

export class PictureSearch {
  readonly #engine: Pick<EngineApi, "call">;

  constructor(engine: Pick<EngineApi, "call">) {
    this.#engine = engine;
  }

  /**
   * Looks at the pictures below folders.
   * @throws AppError `request.cancelled` at once, though what was begun is seen through; `engine.*`.
   */
  async lookAt(
    folders: readonly string[],
    { signal, onListed, onProgress }: LookRun,
  ): Promise<void> {
    const engine = this.#engine;
    const listed = engine.call("listPictures", { folders: [...folders] }, { signal });
    const { files } = await abortable(listed, signal);
    onListed?.(files);
    onProgress(0, files.length);
    for (let begin = 0; begin < files.length; begin += AT_ONCE) {
      // Without the signal: a model that is being loaded would be given up, and loaded anew each time.
      const looking = engine.call("indexPictures", { files: files.slice(begin, begin + AT_ONCE) });
      looking.catch(() => undefined);
      await abortable(looking, signal);
      onProgress(Math.min(begin + AT_ONCE, files.length), files.length);
    }
  }

  /** @throws AppError `request.cancelled`, `engine.*`. */
  async find(
    words: string,
    options: {
      readonly folders: readonly string[];
      readonly k: number;
      readonly signal: AbortSignal;
    },
  ): Promise<FoundPictures> {
    const { folders, k, signal } = options;
    const below = [...folders];
    const found = this.#engine.call("findPictures", { words, k, below });
    found.catch(() => undefined);
    return await abortable(found, signal);
  }
}
