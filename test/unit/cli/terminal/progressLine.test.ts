import assert from "node:assert/strict";

import { ProgressLine } from "../../../../src/cli/terminal/progressLine";
import { MemorySink } from "../../../helpers/cliHost";

const TOTAL = 1000;

describe("ProgressLine", () => {
  it("writes a line at each quarter to a file", () => {
    const sink = new MemorySink();
    const line = new ProgressLine("Work", sink, () => 0);
    for (let doneBytes = 0; doneBytes <= TOTAL; doneBytes += 10) {
      line.update({ doneBytes, totalBytes: TOTAL });
    }
    line.end();
    assert.deepEqual(sink.text.split("\n"), [
      "Work: 0% (0 bytes of 1.0 kB)",
      "Work: 25% (250 bytes of 1.0 kB)",
      "Work: 50% (500 bytes of 1.0 kB)",
      "Work: 75% (750 bytes of 1.0 kB)",
      "Work: 100% (1.0 kB of 1.0 kB)",
      "",
    ]);
  });

  it("overwrites one line on a terminal, at most ten times a second, and takes it away", () => {
    const sink = new MemorySink({ isTTY: true });
    let nowMs = 0;
    const line = new ProgressLine("Work", sink, () => nowMs);
    for (let doneBytes = 0; doneBytes <= TOTAL; doneBytes += 100) {
      line.update({ doneBytes, totalBytes: TOTAL });
      nowMs += 50;
    }
    assert.equal(sink.text.split("\r").length - 1, 6);
    assert.ok(!sink.text.includes("\n"));
    line.end();
    assert.ok(sink.text.endsWith("\r\u001b[K"));
  });

  it("writes nothing at the end when there was no progress", () => {
    const sink = new MemorySink({ isTTY: true });
    new ProgressLine("Work", sink, () => 0).end();
    assert.equal(sink.text, "");
  });

  it("never shows more than the whole, nor fails on a total of nothing", () => {
    const sink = new MemorySink();
    const line = new ProgressLine("Work", sink, () => 0);
    line.update({ doneBytes: 0, totalBytes: 0 });
    line.update({ doneBytes: 2000, totalBytes: TOTAL });
    assert.equal(sink.text, "Work: 100% (0 bytes of 0 bytes)\n");
  });
});
