import assert from "node:assert/strict";
import { progressText } from "../../../../src/host/service/progressText";

describe("the text of a progress", () => {
  it("has both numbers in the unit of the total", () => {
    const cases: readonly [number, number, string][] = [
      [1.2e9, 4e9, "1.2 of 4.0 GB, 30 %"],
      [0, 4e9, "0.0 of 4.0 GB, 0 %"],
      [50e6, 4e9, "0.1 of 4.0 GB, 1 %"],
      [29, 100, "29 of 100 bytes, 29 %"],
      [3_999_999_999, 4e9, "4.0 of 4.0 GB, 99 %"],
      [4e9, 4e9, "4.0 of 4.0 GB, 100 %"],
      [123e6, 456e6, "123 of 456 MB, 26 %"],
      [1000, 1500, "1.0 of 1.5 kB, 66 %"],
      [7, 10, "7 of 10 bytes, 70 %"],
    ];
    for (const [doneBytes, totalBytes, expected] of cases) {
      const { done, total, percent } = progressText({ doneBytes, totalBytes });
      assert.equal(`${done} of ${total}, ${percent} %`, expected);
    }
  });

  it("never says more than all, and calls nothing to do done", () => {
    assert.deepEqual(progressText({ doneBytes: 9, totalBytes: 5 }), {
      done: "5",
      total: "5 bytes",
      percent: 100,
      share: "100%",
    });
    assert.equal(progressText({ doneBytes: 0, totalBytes: 0 }).percent, 100);
  });
});
