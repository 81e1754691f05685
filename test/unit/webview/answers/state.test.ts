import assert from "node:assert/strict";
import {
  type AnswersAction,
  INITIAL_STATE,
  reduce,
  restoredFrom,
  savedOf,
  shownRows,
} from "../../../../webview/answers/state";

const row = (id: string, answer?: string) => ({
  ...{ id, name: `${id}.png`, folder: "a" },
  ...(answer === undefined ? {} : { answer }),
});
const rows = [row("p10", "two dogs"), row("p9"), row("p1", "a cat"), row("p2", "10 cats")];
const begin = {
  type: "answersReplaced",
  answers: { id: "1", question: "what?", place: "a", rows },
} as const satisfies AnswersAction;
const after = (...actions: readonly AnswersAction[]) => actions.reduce(reduce, INITIAL_STATE);
const ids = (...actions: readonly AnswersAction[]) =>
  shownRows(after(begin, ...actions), "en").map(({ id }) => id);

describe("the table of answers", () => {
  it("stands in the order of the files until somebody sorts it", () => {
    assert.deepEqual(ids(), ["p10", "p9", "p1", "p2"]);
    const byFile: AnswersAction = { type: "sorted", column: "file" };
    assert.deepEqual(ids(byFile), ["p1", "p2", "p9", "p10"]);
    assert.deepEqual(ids(byFile, byFile), ["p10", "p9", "p2", "p1"]);
    assert.deepEqual(ids(byFile, byFile, byFile), ids());
  });

  it("keeps pictures without an answer last, whichever way it is sorted", () => {
    const byAnswer: AnswersAction = { type: "sorted", column: "answer" };
    assert.deepEqual(ids(byAnswer), ["p2", "p1", "p10", "p9"]);
    assert.deepEqual(ids(byAnswer, byAnswer), ["p10", "p1", "p2", "p9"]);
  });

  it("is filtered by file and answer", () => {
    assert.deepEqual(ids({ type: "filtered", filter: " CAT " }), ["p1", "p2"]);
    assert.deepEqual(ids({ type: "filtered", filter: "a/p9" }), ["p9"]);
  });

  it("takes answers as they come, and keeps its place for the same question only", () => {
    const state = after(
      begin,
      { type: "filtered", filter: "bird" },
      { type: "rowsChanged", rows: [row("p9", "a bird")] },
    );
    assert.deepEqual(
      shownRows(state, "en").map(({ id }) => id),
      ["p9"],
    );
    assert.equal(reduce(state, begin).filter, "bird");
    const other: AnswersAction = { ...begin, answers: { ...begin.answers, id: "2" } };
    assert.equal(reduce(state, other).filter, "");
    const back = restoredFrom(JSON.parse(JSON.stringify(savedOf(state))));
    assert.equal(reduce(back, begin).filter, "bird");
    for (const strange of [null, 3, {}, { version: 1, id: 3, filter: "" }]) {
      assert.equal(restoredFrom(strange), INITIAL_STATE);
    }
    assert.equal(
      restoredFrom({ version: 1, id: "", filter: "", order: { column: "x" } }).order,
      undefined,
    );
  });
});
