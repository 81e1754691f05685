/**
 * A graph that runs in stages, each opened when its turn comes. Where memory is free a stage stays open, so
 * that the next run finds it there; otherwise it is released behind its turn, so that the weights of one
 * stage are in memory at a time, and none between two runs.
 * The next stage is not opened while one computes: ONNX Runtime's binding does both in the thread that asks.
 */

import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { IO } from "../../model/graph/graphContract";
import type { Session, Tensor, TensorMap } from "./session";

/** Bytes of memory that the machine has free at the moment. */
export type FreeBytes = () => Promise<number>;

export interface Stage {
  readonly open: () => Promise<Session>;
  /** Of its weights. */
  readonly bytes: number;
}

export interface StagedSessionOptions {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** In their order. A later one takes the hidden states of the one before it. */
  readonly stages: readonly Stage[];
  /** Asked before each run. @default none is free */
  readonly freeBytes?: FreeBytes | undefined;
}

/** What other programs are left before a stage may stay open. */
const LEFT_FREE_BYTES = 1.5e9;

export class StagedSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #stages: readonly Stage[];
  readonly #freeBytes: FreeBytes;
  /** Stages that stay open. */
  readonly #held = new Map<Stage, Session>();

  constructor({ inputNames, outputNames, stages, freeBytes }: StagedSessionOptions) {
    this.inputNames = inputNames;
    this.outputNames = outputNames;
    this.#stages = stages;
    this.#freeBytes = freeBytes ?? (() => Promise.resolve(0));
  }

  /** @throws AppError as `Session.run`, and as `SessionFactory.open` because each run may open. */
  async run(feeds: TensorMap, signal?: AbortSignal): Promise<Record<string, Tensor>> {
    let outputs: Record<string, Tensor> = {};
    let roomBytes = (await this.#freeBytes()) - LEFT_FREE_BYTES;
    // What is held is already out of what is free, or is pages of a file that count as free.
    if (roomBytes < 0) await this.release();
    for (const [index, stage] of this.#stages.entries()) {
      throwIfAborted(signal);
      const input = index === 0 ? feeds : { [IO.hiddenStates]: handedOn(outputs) };
      const held = this.#held.get(stage);
      if (held !== undefined) {
        outputs = await held.run(input);
        continue;
      }
      const session = await stage.open();
      let stays = false;
      try {
        outputs = await session.run(input);
        stays = stage.bytes <= roomBytes;
      } finally {
        if (!stays) await session.release();
      }
      if (!stays) continue;
      this.#held.set(stage, session);
      roomBytes -= stage.bytes;
    }
    return outputs;
  }

  async release(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const session of held) await session.release();
  }
}

function handedOn({ [IO.nextHiddenStates]: hidden }: Record<string, Tensor>): Tensor {
  invariant(hidden !== undefined, "A stage gave no hidden states.");
  return hidden;
}
