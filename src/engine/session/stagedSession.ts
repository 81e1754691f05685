/**
 * A graph that runs in stages, each opened when its turn comes and released behind it, so that the weights
 * of one stage are in memory at a time, and none between two runs.
 */

import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { IO } from "../../model/graph/graphContract";
import type { Session, Tensor, TensorMap } from "./session";

export interface StagedSessionOptions {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Opens each stage, in their order. A later one takes the hidden states of the one before it. */
  readonly stages: readonly (() => Promise<Session>)[];
}

export class StagedSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #stages: StagedSessionOptions["stages"];

  constructor({ inputNames, outputNames, stages }: StagedSessionOptions) {
    this.inputNames = inputNames;
    this.outputNames = outputNames;
    this.#stages = stages;
  }

  /** @throws AppError as `Session.run`, and as `SessionFactory.open` because each run opens. */
  async run(feeds: TensorMap, signal?: AbortSignal): Promise<Record<string, Tensor>> {
    let outputs: Record<string, Tensor> = {};
    for (const [index, open] of this.#stages.entries()) {
      throwIfAborted(signal);
      const stage = await open();
      try {
        outputs = await stage.run(index === 0 ? feeds : { [IO.hiddenStates]: handedOn(outputs) });
      } finally {
        await stage.release();
      }
    }
    return outputs;
  }

  /** Nothing is held between two runs. */
  release(): Promise<void> {
    return Promise.resolve();
  }
}

function handedOn({ [IO.nextHiddenStates]: hidden }: Record<string, Tensor>): Tensor {
  invariant(hidden !== undefined, "A stage gave no hidden states.");
  return hidden;
}
