import assert from "node:assert/strict";
import { fromStoredReview, toStoredReview } from "../../../../src/protocol/reviewRecords";
import {
  readFromReview,
  readToReview,
  REVIEW_LIMITS,
} from "../../../../src/protocol/views/reviewMessages";
import { itemView, queueView } from "../../../helpers/reviewViews";

describe("the messages of a review", () => {
  it("pass with what their table names, and with nothing else", () => {
    const decision = { kind: "text", text: "A fox" };
    assert.deepEqual(readFromReview({ type: "decide", id: "a", decision, more: 1 }), {
      ...{ type: "decide", id: "a", decision },
    });
    const queue = queueView([itemView("a")]);
    assert.deepEqual(readToReview({ type: "queueReplaced", queue }), {
      ...{ type: "queueReplaced", queue },
    });
  });

  it("are refused where they are none, or too long", () => {
    const long = "x".repeat(REVIEW_LIMITS.textLength + 1);
    for (const broken of [
      null,
      [],
      "apply",
      { type: "toString" },
      { type: "decide", id: 3, decision: { kind: "skip" } },
      { type: "decide", id: "a", decision: { kind: "delete" } },
      { type: "decide", id: "a", decision: { kind: "text", text: long } },
      { type: "decide", id: long, decision: { kind: "skip" } },
      { type: "look", ids: "a" },
    ]) {
      assert.throws(() => readFromReview(broken), { code: "protocol.violation" });
    }
  });

  it("of before the restart are left alone where they are another version's, or damaged", () => {
    const kept = toStoredReview({ scope: ["file:///w"], decisions: [], history: [] });
    assert.deepEqual(fromStoredReview(JSON.parse(JSON.stringify(kept))), kept);
    for (const broken of [undefined, 3, {}, { ...kept, version: 2 }, { ...kept, history: [{}] }]) {
      assert.equal(fromStoredReview(broken), undefined);
    }
  });
});
