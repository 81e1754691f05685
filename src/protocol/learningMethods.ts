/** The methods by which a model learns from pairs of picture and text, as `methods.ts` has them. */

import { FIT_TASKS } from "../model/ask/kinds";
import type { Entry } from "./methodEntry";
import { anyNumber, count, fields, list, maybe, oneOf, text } from "./schema";

/** `image`: path of the picture. */
const pairs = list(fields({ image: text, text }));

const learnRequest = fields({
  pairs,
  /** From which pictures are told apart when some are held out. */
  folder: text,
  task: oneOf(FIT_TASKS),
  /** That learns, by its name or folder. */
  model: text,
});

const figures = list(fields({ name: text, value: anyNumber }));

export const LEARNING_METHODS = {
  /** What learning would take, for each task that one of the models can learn. Computes for a moment; writes nothing but a demo that was never used, which sends `progressed`. */
  planLearning: {
    params: fields({
      pairs,
      /** Of those who answer, the chosen one. */
      answering: text,
      /** Of those who compare. @default as for finding pictures */
      comparing: maybe(text),
    }),
    result: fields({
      plans: list(
        fields({
          task: oneOf(FIT_TASKS),
          model: text,
          steps: count,
          seconds: anyNumber,
          memoryBytes: count,
          diskBytes: count,
        }),
      ),
      /** Models that learn nothing, and why, for people. */
      refusals: list(text),
      freeMemoryBytes: count,
      freeDiskBytes: count,
    }),
    ...{ process: "learning", lane: "turn", silence: 15 },
  },
  /**
   * Fine-tunes a model, as `fit` of src/train does; sends `staged`. Cancelled, it ends after the step that it is in,
   * and the same request goes on from there.
   */
  learn: {
    params: learnRequest,
    result: fields({
      /** The new model's name; nothing when the held-out pictures got no better. */
      newModel: maybe(text),
      nTrain: count,
      nHeldOut: count,
      steps: count,
      /** Of what is held out. */
      before: figures,
      after: figures,
      unusable: list(fields({ file: text, why: oneOf(["unreadable", "blank"]) })),
    }),
    // Judging a large model's captions says nothing for minutes, and a step of one takes half a minute.
    ...{ process: "learning", lane: "turn", silence: 60, afterCancel: "waits" },
  },
  /** Deletes what a cancelled `learn` has kept. */
  forgetLearning: {
    ...{ params: learnRequest, result: fields({}) },
    ...{ process: "learning", lane: "turn", silence: 5 },
  },
} as const satisfies Readonly<Record<string, Entry>>;
