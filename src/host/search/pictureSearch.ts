/** Finding pictures below folders for agents, through the process for it. */

import type { EngineApi } from "../service/engine";
import { lookAtPictures } from "./lookAtPictures";

export interface AgentRun {
  readonly signal: AbortSignal;
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
  async lookAt(folders: readonly string[], { signal, onProgress }: AgentRun): Promise<void> {
    await lookAtPictures(
      this.#engine,
      { folders: [...folders] },
      {
        ...{ signal, nowMs: () => performance.now() },
        onProgress: ({ nDone, nAll }) => {
          onProgress(nDone, nAll);
        },
      },
    );
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
    const params = { words, k, below: [...folders] };
    return await this.#engine.call("findPictures", params, { signal });
  }
}
