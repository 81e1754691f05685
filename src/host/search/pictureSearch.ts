/** Finding pictures and comparing them with texts for agents, through the process for it. */

import type { ScoreRequest, ScoreResult } from "../../model/ask/request";
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
    /** Of those that were read together with the words. */
    readonly match?: number;
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
      readonly rerank: number;
      readonly signal: AbortSignal;
    },
  ): Promise<FoundPictures> {
    const { folders, k, rerank, signal } = options;
    const params = { words, k, rerank, below: [...folders] };
    return await this.#engine.call("findPictures", params, { signal });
  }

  /**
   * Which model compares for whoever has chosen one: the chosen one, or the one that finds pictures.
   * @throws AppError `engine.*`.
   */
  async comparerFor(
    chosen: string,
  ): Promise<{ readonly model: string; readonly isChosen: boolean }> {
    return await this.#engine.call("comparingModel", { chosen });
  }

  /** By the model that finds pictures. @throws AppError `request.cancelled`, `model.*`, `image.*`, `engine.*`. */
  async score(
    { texts, ...picture }: ScoreRequest,
    { signal }: Pick<AgentRun, "signal">,
  ): Promise<{ readonly model: string; readonly result: ScoreResult }> {
    const params = { ...picture, texts: [...texts] };
    return await this.#engine.call("compareWithTexts", params, { signal });
  }
}
