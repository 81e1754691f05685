/** What the methods that find pictures, and the one that asks a server, may carry, with every optional field. */

export const SEARCH_PARAMS = {
  listPictures: { folders: ["/w"], exclude: ["**/dist"] },
  knownPictures: { files: ["/w/a.png"], below: ["/w"] },
  indexPictures: { files: ["/w/a.png"] },
  findPictures: { words: "a red sign", k: 20, rerank: 32, below: ["/w"] },
  similarPictures: { file: "/w/a.png", k: 20 },
  findDuplicates: { pardoned: ["ab cd"] },
  findMismatches: {
    ...{ of: "a", nDocuments: 1 },
    changed: [{ document: "a.md", texts: [{ alt: "A fox", picture: "/w/a.png" }] }],
  },
  useGraphServer: {
    endpoint: {
      ...{ name: "graphs", url: "https://gpu.example", dialect: "kserve", model: "itm" },
      ...{ maxParallel: 4, timeoutSeconds: 120 },
    },
    token: "t",
  },
  serverModels: { name: "gpu", url: "https://gpu.example", dialect: "kserve", token: "t" },
  comparingModel: { chosen: "demo" },
  compareWithTexts: {
    ...{ image: Uint8Array.of(1), imageName: "a.png", alpha: "auto", texts: ["a fox"] },
  },
  samePictures: { folders: ["/w"], exclude: [], digest: "ab", size: 3 },
  ...{ indexSize: {}, deleteIndex: {} },
};

export const SEARCH_RESULTS = {
  listPictures: { files: ["/w/a.png"], skipped: [{ file: "/w/b.png", why: "ignored" }] },
  knownPictures: {
    ...{ fresh: ["/w/a.png"], skipped: [{ file: "/w/b.png", why: "empty" }], bytesEach: 100 },
  },
  similarPictures: { matches: [{ file: "/w/a.png", similarity: 0.9, isLikely: true }] },
  findDuplicates: {
    groups: [{ kind: "same bytes", similarity: 1, files: [{ file: "/w/a.png", digest: "ab" }] }],
  },
  findMismatches: {
    ...{ model: "itm", isKnown: true, nTested: 1 },
    mismatches: [{ document: "a.md", text: 0, kind: "moved", fits: "/w/b.png", digest: "ab" }],
  },
  useGraphServer: {},
  serverModels: { models: ["blip2"], candidates: ["itm"] },
  comparingModel: { model: "itm", isChosen: false },
  compareWithTexts: {
    model: "itm",
    result: {
      scores: [{ text: "a fox", itc: 0.3, itm: 0.9, contrast: 1 }],
      timings: { preprocess: 0, vision: 1, qformer: 1, prefill: 0, decode: 0, total: 2 },
      cached: { imageFeatures: "computed" },
    },
  },
  samePictures: { files: ["/w/a.png"] },
  ...{ indexSize: { bytes: 10 }, deleteIndex: { freedBytes: 10 } },
  indexPictures: { nFiles: 1, skipped: [{ file: "/w/b.png", why: "empty" }] },
  findPictures: {
    model: "itm",
    matches: [{ file: "/w/a.png", similarity: 0.3, isLikely: true, match: 0.9 }],
  },
};
