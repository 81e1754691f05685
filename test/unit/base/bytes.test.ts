import assert from "node:assert/strict";
import { formatBytes } from "../../../src/base/bytes";

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
