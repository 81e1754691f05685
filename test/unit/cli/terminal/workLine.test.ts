import assert from "node:assert/strict";

import { Printer } from "../../../../src/cli/terminal/printer";
import { WorkLine } from "../../../../src/cli/terminal/workLine";
import { MemorySink } from "../../../helpers/cliHost";

const CLEAR = "\r\u001b[K";

describe("WorkLine", () => {
  it("overwrites one line on a terminal, and takes it away at the end", () => {
    const sink = new MemorySink({ isTTY: true });
    const line = new WorkLine(sink, () => 0);
    line.show("Loading the model…");
    line.count({ nDone: 0, nAll: 4 }, "0 of 4 pictures");
    line.end();
    line.redraw();
    assert.equal(sink.text, `${CLEAR}Loading the model…${CLEAR}0 of 4 pictures${CLEAR}`);
  });

  it("says how long the rest will take as soon as that is more than a guess", () => {
    const sink = new MemorySink({ isTTY: true });
    let nowMs = 0;
    const line = new WorkLine(sink, () => nowMs);
    const textAt = (ms: number, nDone: number): string => {
      nowMs = ms;
      line.count({ nDone, nAll: 100 }, `${nDone} of 100`);
      return sink.text.split(CLEAR).at(-1) ?? "";
    };
    assert.equal(textAt(0, 0), "0 of 100");
    assert.equal(textAt(1000, 1), "1 of 100");
    assert.equal(textAt(60_000, 10), "10 of 100, about 9 min left");
    assert.equal(textAt(100_000, 90), "90 of 100, about 12 s left");
  });

  it("writes nothing where there is no terminal", () => {
    const sink = new MemorySink();
    const line = new WorkLine(sink);
    line.show("Loading the model…");
    line.count({ nDone: 1, nAll: 2 }, "1 of 2");
    line.end();
    assert.equal(sink.text, "");
  });

  it("makes room for what is printed, on either stream, and comes back below it", () => {
    const terminal = new MemorySink({ isTTY: true });
    const streams = { stdout: terminal, stderr: terminal };
    const printer = new Printer({ ...streams, isJson: false, isQuiet: false });
    const line = printer.workLine();
    line.show("1 of 2");
    printer.text("a fox\n");
    printer.failure("no picture");
    line.end();
    printer.text("the end\n");
    const shown = `${CLEAR}1 of 2`;
    const first = `${shown}${CLEAR}a fox\n${shown}${CLEAR}no picture\n${shown}`;
    assert.equal(terminal.text, `${first}${CLEAR}the end\n`);
  });

  it("is silent when nobody wants notes", () => {
    const terminal = new MemorySink({ isTTY: true });
    const streams = { stdout: terminal, stderr: terminal };
    new Printer({ ...streams, isJson: false, isQuiet: true }).workLine().show("1 of 2");
    assert.equal(terminal.text, "");
  });
});
