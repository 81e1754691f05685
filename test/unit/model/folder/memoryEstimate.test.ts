import assert from "node:assert/strict";
import path from "node:path";
import { readCatalog } from "../../../../src/library/checkpoints/catalog";
import { type ModelKind, PROFILE_NAMES } from "../../../../src/model/ask/kinds";
import { PART, type PartName } from "../../../../src/model/graph/graphContract";
import { cpuMemoryBytesOf, memoryBytesOf } from "../../../../src/model/folder/memoryEstimate";
import {
  parsePrecisionPlan,
  type Precision,
  precisionOfPart,
} from "../../../../src/model/precision/precision";

const sha256 = "0".repeat(64);

describe("memoryBytesOf", () => {
  it("agrees with the catalogue for every published model in every profile", async () => {
    const { entries } = await readCatalog(path.resolve("models", "catalog.json"));
    assert.ok(entries.length >= 8);
    for (const { name, kind, costs } of entries) {
      for (const profile of PROFILE_NAMES) {
        const { diskBytes, memoryBytes } = costs[profile];
        const estimate = memoryBytesOf(modelOf(profile, diskBytes, sharesOf(name, kind)));
        const difference = Math.abs(estimate / memoryBytes - 1);
        assert.ok(difference < 0.05, `${name} ${profile}: ${estimate} for ${memoryBytes}`);
      }
    }
  });

  it("counts weights alone, and those in f32 as they are", () => {
    const parts = [
      { name: PART.decoder, graph: "d.onnx", data: "d.data", precision: { kind: "f32" } },
      { name: PART.reorderCache, graph: "r.onnx", data: undefined, precision: { kind: "f32" } },
    ] as const;
    const files = [
      { path: "d.data", bytes: 5e9, sha256 },
      { path: "tokenizer.json", bytes: 1e9, sha256 },
    ];
    const base = memoryBytesOf({ parts: [], files: [] });
    assert.equal(memoryBytesOf({ parts, files }) - base, 5e9);
    const int4 = parts.map((part) => ({ ...part, precision: { kind: "int4" } as const }));
    assert.equal(Math.round(memoryBytesOf({ parts: int4, files }) - base), 5.75e9);
  });

  it("counts a file that several parts map once, and once for each that repacks it", () => {
    const files = [{ path: "q.data", bytes: 1e9, sha256 }];
    const base = memoryBytesOf({ parts: [], files: [] });
    const both = (precision: Precision): number =>
      memoryBytesOf({
        parts: [PART.qformer, PART.qformerItm].map((name) => ({
          ...{ name, precision, graph: `${name}.onnx`, data: "q.data" },
        })),
        files,
      }) - base;
    assert.equal(both({ kind: "f32" }), 1e9);
    assert.equal(Math.round(both({ kind: "w8a8" })), 2.3e9);
  });
});

describe("cpuMemoryBytesOf", () => {
  const GB = 1e9;
  /** What of two parts of that size is left out. */
  const leftOut = (precision: Precision, bytes = GB): number => {
    const parts = [PART.visionEncoder, PART.decoder].map((name) => ({
      ...{ name, precision, graph: `${name}.onnx`, data: `${name}.data` },
    }));
    const files = parts.map(({ data }) => ({ path: data, bytes, sha256 }));
    return memoryBytesOf({ parts, files }) - cpuMemoryBytesOf({ parts, files });
  };

  it("leaves out an image encoder that stays in its file", () => {
    assert.equal(leftOut({ kind: "f32" }), GB);
    assert.equal(Math.round(leftOut({ kind: "w8a8" })), 1.15 * GB);
  });

  it("counts one that would be repacked for each picture, or is small", () => {
    for (const kind of ["f16", "int8", "int4"] as const) assert.equal(leftOut({ kind }), 0);
    assert.equal(leftOut({ kind: "f32" }, 50e6), 0);
  });
});

/** Shares of the largest files, and the parts that use each. */
type Shares = readonly (readonly [owner: PartName, share: number, users: readonly PartName[]])[];

const BLIP: Shares = [
  [PART.visionEncoder, 0.4, [PART.visionEncoder]],
  [PART.imageReader, 0.06, [PART.imageReader]],
  [PART.decoder, 0.54, [PART.decoder]],
];

const SHARES: Readonly<Record<ModelKind, Shares>> = {
  generation: [
    [PART.visionEncoder, 0.26, [PART.visionEncoder]],
    [PART.qformer, 0.09, [PART.qformer]],
    [PART.decoder, 0.65, [PART.decoder]],
  ],
  captioning: BLIP,
  answering: BLIP,
  retrieval: [
    [PART.visionEncoder, 0.79, [PART.visionEncoder]],
    [PART.qformer, 0.21, [PART.qformer, PART.qformerText, PART.qformerItm]],
  ],
  stage1: [
    [PART.visionEncoder, 0.77, [PART.visionEncoder]],
    [PART.qformer, 0.23, [PART.qformer, PART.qformerText, PART.qformerItm, PART.decoder]],
  ],
};

/** Of BLIP's matching models, whose text model reads the picture's keys and values or, for ITC, none. */
const matching = (vision: number, reader: number): Shares => [
  [PART.visionEncoder, vision, [PART.visionEncoder]],
  [PART.imageReader, reader, [PART.imageReader]],
  [PART.textItm, 1 - vision - reader, [PART.textItm, PART.textItc]],
];

function sharesOf(name: string, kind: ModelKind): Shares {
  if (name.startsWith("blip-itm-base")) return matching(0.385, 0.063);
  if (name.startsWith("blip-itm-large")) return matching(0.68, 0.042);
  return SHARES[kind];
}

/** A model of a size whose parts have the precisions of a profile. */
function modelOf(
  profile: string,
  diskBytes: number,
  shares: Shares,
): Parameters<typeof memoryBytesOf>[0] {
  const plan = parsePrecisionPlan(profile);
  return {
    parts: shares.flatMap(([owner, , users]) =>
      users.map((name) => ({
        ...{ name, graph: `${name}.onnx`, data: `${owner}.data` },
        precision: precisionOfPart(plan, owner),
      })),
    ),
    files: shares.map(([owner, share]) => ({
      path: `${owner}.data`,
      bytes: Math.round(share * diskBytes),
      sha256,
    })),
  };
}
