import assert from "node:assert/strict";
import { formatBytes, formatShare } from "../../../src/base/bytes";

describe("a size in bytes", () => {
  it("is shown in the unit that people would choose", () => {
    const cases: readonly [number, string][] = [
      [0, "0 bytes"],
      [999, "999 bytes"],
      [1000, "1.0 kB"],
      [1_536_000, "1.5 MB"],
      [123_456_789, "123 MB"],
      [15_500_000_000, "15.5 GB"],
      [2e12, "2.0 TB"],
      [5e15, "5000 TB"],
    ];
    for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
  });
});

describe("a share", () => {
  it("is written as the language writes it, and is all only at the end", () => {
    for (const [share, locale, text] of [
      [0, "en", "0%"],
      [0.29, "en", "29%"],
      [0.999, "en", "99%"],
      [1, "en", "100%"],
      [0.3, "de", "30\u00a0%"],
    ] as const) {
      assert.equal(formatShare(share, locale), text);
    }
  });
});
