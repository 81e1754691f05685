import assert from "node:assert/strict";
import type { ResultsView } from "../../../../src/protocol/views/resultsMessages";
import {
  INITIAL_STATE,
  reduce,
  restoredFrom,
  type ResultsAction,
  savedOf,
} from "../../../../webview/results/state";

function view(id: string, ...sections: readonly (readonly [string, boolean])[]): ResultsView {
  return {
    ...{ id, title: "words", actions: [], skipped: [] },
    sections: sections.map(([name, isFolded]) => ({ id: name, title: name, isFolded, groups: [] })),
  };
}

const after = (...actions: readonly ResultsAction[]) => actions.reduce(reduce, INITIAL_STATE);

describe("the state of the results", () => {
  it("begins anew with another search, and keeps its place with the same one", () => {
    const first = after(
      { type: "resultsReplaced", results: view("1", ["likely", false], ["others", true]) },
      { type: "thumbnailMade", itemId: "a", thumbnail: "data:image/x" },
      { type: "itemsDoubted", itemIds: ["a"] },
      { type: "cellReached", cell: "a", isAsked: true },
      { type: "sectionToggled", sectionId: "others" },
    );
    assert.deepEqual([...first.folded], []);
    const again = reduce(first, {
      type: "resultsReplaced",
      results: view("1", ["likely", false], ["others", true], ["more", true]),
    });
    assert.deepEqual([...again.folded], ["more"]);
    assert.deepEqual([again.cell, again.thumbnails.size, again.doubted.size], ["a", 1, 1]);
    const other = reduce(again, { type: "resultsReplaced", results: view("2", ["others", true]) });
    assert.deepEqual([other.cell, other.thumbnails.size, other.doubted.size], [undefined, 0, 0]);
    assert.deepEqual([...other.folded], ["others"]);
  });

  it("keeps a few hundred small copies, the latest", () => {
    let state = INITIAL_STATE;
    for (let i = 0; i < 1000; i++) {
      state = reduce(state, {
        type: "thumbnailMade",
        itemId: String(i),
        thumbnail: "data:image/x",
      });
    }
    assert.equal(state.thumbnails.size, 600);
    assert.ok(state.thumbnails.has("999") && !state.thumbnails.has("0"));
    state = reduce(state, { type: "thumbnailMade", itemId: "none" });
    assert.equal(state.thumbnails.get("none"), null);
  });

  it("survives while the page is hidden", () => {
    const state = after(
      { type: "resultsReplaced", results: view("7", ["others", true]) },
      { type: "cellReached", cell: "b", isAsked: false },
    );
    const back = restoredFrom(JSON.parse(JSON.stringify(savedOf(state))));
    const shown = reduce(back, { type: "resultsReplaced", results: view("7", ["others", true]) });
    assert.deepEqual([shown.cell, [...shown.folded]], ["b", ["others"]]);
    const next = reduce(back, { type: "resultsReplaced", results: view("8", ["others", true]) });
    assert.equal(next.cell, undefined);
  });

  it("takes nothing strange from storage", () => {
    for (const saved of [
      null,
      7,
      "x",
      {},
      { version: 9, id: "a", folded: [], cell: "" },
      { version: 1, id: "a", folded: "x", cell: "" },
    ]) {
      assert.equal(restoredFrom(saved), INITIAL_STATE);
    }
  });
});
