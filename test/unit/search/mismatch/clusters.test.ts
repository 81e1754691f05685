import assert from "node:assert/strict";
import { clustersOf } from "../../../../src/search/mismatch/clusters";

describe("clusters of pictures", () => {
  it("join copies and siblings by name, and nothing that only looks alike", () => {
    const files = new Map([
      ["1", ["a/logo.png", "b/copy.png"]],
      ["2", ["a/logo@2x.png"]],
      ["3", ["a/logo-dark.png"]],
      ["4", ["a/photo.png"]],
      ["5", ["a/photo.jpg"]],
      ["6", ["c/logo.png"]],
      ["7", ["c/other.webp"]],
    ]);
    const groups = [
      { kind: "same picture", similarity: 0.99, files: ["a/photo.png", "c/other.webp"] },
      { kind: "looks alike", similarity: 0.95, files: ["c/logo.png", "a/photo.png"] },
    ] as const;
    const clusters = clustersOf(files, groups).map((cluster) => [...cluster].sort());
    assert.deepEqual(clusters, [["1", "2", "3"], ["4", "5", "7"], ["6"]]);
  });
});
