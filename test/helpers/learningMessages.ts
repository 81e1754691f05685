/** Requests to learn, and their answers, with every field that there is. */

import { AUDIT_REQUEST } from "./auditMessages";

const pairs = [{ image: "/w/a.png", text: "A fox" }];
const LEARN = { pairs, folder: "/w", task: "captions", model: "demo" };

export const LEARNING_PARAMS = {
  collectPairs: AUDIT_REQUEST,
  planLearning: { pairs, answering: "demo", comparing: "demo-itm" },
  learn: LEARN,
  forgetLearning: LEARN,
};

const figures = [{ name: "CIDEr", value: 1.5 }];

const PAIRS_RESULT = {
  documents: [
    {
      file: "/w/a.md",
      pairs: [{ image: "/w/a.png", text: "A fox" }],
      leftOut: ["decorative"],
      failure: "a.md cannot be read.",
    },
  ],
};

export const LEARNING_RESULTS = {
  collectPairs: PAIRS_RESULT,
  planLearning: {
    plans: [
      {
        ...{ task: "retrieval", model: "demo-itm", steps: 3 },
        ...{ seconds: 1.5, memoryBytes: 4, diskBytes: 5 },
      },
    ],
    refusals: ["It does not learn captions."],
    ...{ freeMemoryBytes: 6, freeDiskBytes: 7 },
  },
  learn: {
    ...{
      newModel: "demo-learnt",
      nTrain: 8,
      nHeldOut: 2,
      steps: 3,
      before: figures,
      after: figures,
    },
    unusable: [{ file: "/w/b.png", why: "blank" }],
  },
  forgetLearning: {},
};
