import assert from "node:assert/strict";
import type { ResultsView } from "../../../../src/protocol/views/resultsMessages";
import { itemOf, rowsOf, stepFrom } from "../../../../webview/results/rows";

const items = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${prefix}${i}`, name: `${i}.png`, folder: "a" }));

const results: ResultsView = {
  id: "1",
  title: "words",
  actions: ["open"],
  sections: [
    {
      ...{ id: "likely", title: "Likely", isFolded: false },
      groups: [{ id: "g", actions: [], items: items("a", 5) }],
    },
    {
      ...{ id: "same", title: "Same", isFolded: false },
      groups: [
        { id: "1", title: "2 files", actions: ["useOne", "pardon"], items: items("b", 2) },
        { id: "2", title: "1 file", actions: [], items: items("c", 1) },
      ],
    },
  ],
  skipped: [{ file: "x.png", why: "empty" }],
};
const state = { results, folded: new Set<string>(), nColumns: 3 };

describe("the rows of results", () => {
  it("are headings, groups with buttons, and pictures beside each other", () => {
    const rows = rowsOf(state, "Not searched");
    assert.deepEqual(
      rows.map(({ kind, cells }) => `${kind}: ${cells.join(",")}`),
      [
        "section: section likely",
        "tiles: a0,a1,a2",
        "tiles: a3,a4",
        "section: section same",
        "group: useOne 1,pardon 1",
        "tiles: b0,b1",
        "group: group 2",
        "tiles: c0",
        "section: section skipped",
      ],
    );
    const keys = rows.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it("are left out of closed sections; what was not searched begins closed", () => {
    const rows = rowsOf({ ...state, folded: new Set(["same", "skipped"]) }, "Not searched");
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ["section", "tiles", "tiles", "section", "section", "skipped"],
    );
  });

  it("are walked through in all directions, and nobody falls out at an end", () => {
    const rows = rowsOf(state, "Not searched");
    const walk = (cell: string, ...steps: Parameters<typeof stepFrom>[2][]) =>
      steps.reduce<string | undefined>((at, step) => stepFrom(rows, at, step), cell);
    assert.equal(walk("a2", "down"), "a4");
    assert.equal(walk("a4", "down", "down", "down", "right", "down"), "group 2");
    assert.equal(walk("a0", "left"), "section likely");
    assert.equal(walk("a2", "right"), "a3");
    assert.equal(walk("a4", "rowStart"), "a3");
    assert.equal(walk("a3", "rowEnd"), "a4");
    assert.equal(walk("a3", "first"), "section likely");
    assert.equal(walk("a3", "last"), "section skipped");
    assert.equal(walk("section skipped", "down", "right"), "section skipped");
    assert.equal(walk("section likely", "up", "left"), "section likely");
    assert.equal(stepFrom(rows, undefined, "down"), "section likely");
    assert.equal(stepFrom([], "a0", "down"), undefined);
  });

  it("go by whole windows, at least one row on", () => {
    const many = {
      ...results,
      sections: [
        { ...results.sections[0]!, groups: [{ id: "g", actions: [], items: items("m", 300) }] },
      ],
    };
    const rows = rowsOf({ ...state, results: many }, "");
    assert.equal(stepFrom(rows, "m0", { pixels: 560 }), "m9");
    assert.equal(stepFrom(rows, "m0", { pixels: 10 }), "m3");
    assert.equal(stepFrom(rows, "m9", { pixels: -560 }), "m0");
    assert.equal(stepFrom(rows, "m299", { pixels: 5000 }), "section skipped");
  });

  it("know the picture of a cell", () => {
    const rows = rowsOf(state, "");
    assert.equal(itemOf(rows, "b1")?.name, "1.png");
    assert.equal(itemOf(rows, "section same"), undefined);
  });
});
