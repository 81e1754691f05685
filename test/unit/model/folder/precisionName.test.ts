import assert from "node:assert/strict";
import { PART, type PartName } from "../../../../src/model/graph/graphContract";
import type { ManifestPart } from "../../../../src/model/folder/manifest";
import { parsePrecisionPlan, precisionOfPart } from "../../../../src/model/precision/precision";
import { precisionName } from "../../../../src/model/folder/precisionName";

const NAMES = [PART.visionEncoder, PART.qformer, PART.embedTokens, PART.decoder];

describe("precisionName", () => {
  it("is the one precision that all parts have", () => {
    for (const precision of ["f32", "f16", "int4:128"]) {
      assert.equal(precisionName({ parts: partsOf(precision) }), precision);
    }
  });

  it("is the profile that the parts were made by, whichever of them a model has", () => {
    for (const profile of ["balanced", "small"]) {
      assert.equal(precisionName({ parts: partsOf(profile) }), profile);
      const some = partsOf(profile, [PART.visionEncoder, PART.qformer]);
      assert.equal(precisionName({ parts: some }), profile);
    }
  });

  it("leaves parts without weights out", () => {
    const plan = partsOf("int8:64");
    const bare: ManifestPart = {
      ...{ name: PART.reorderCache, graph: "r.onnx", data: undefined },
      precision: { kind: "f32" },
    };
    assert.equal(precisionName({ parts: [...plan, bare] }), "int8:64");
  });

  it("is nothing for a mixture that has no name, and for no weights", () => {
    assert.equal(precisionName({ parts: partsOf("f16,decoder=int4:32") }), undefined);
    assert.equal(precisionName({ parts: [] }), undefined);
  });
});

function partsOf(plan: string, names: readonly PartName[] = NAMES): ManifestPart[] {
  const parsed = parsePrecisionPlan(plan);
  return names.map((name) => ({
    ...{ name, graph: `${name}.onnx`, data: `${name}.data` },
    precision: precisionOfPart(parsed, name),
  }));
}
