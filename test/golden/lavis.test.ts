import assert from "node:assert/strict";
import { runVerify } from "../../src/measure/verify/verify";
import { fixturePath } from "../helpers/fixtures";

const SCORES = ["pixel_values", "vision", "itc", "itm_logits", "image_embeds", "text_embeds"];
const WORDS = ["pixel_values", "vision", "queries", "language_projection", "logits"];
/** About twice what was measured, as in kits.test.ts. */
const LIMITS = { f32: 1e-5, f16: 5e-3, int8: 0.15 } as const;

describe("a release of LAVIS in parts equals LAVIS", () => {
  for (const [precision, limit] of Object.entries(LIMITS)) {
    it(`with CLIP's image encoder and a T5, in ${precision}`, async () => {
      const kit = fixturePath("lavis", "blip2-vitl-pth");
      const report = await runVerify(kit, { precision });
      assert.deepEqual(Object.keys(report.stages).sort(), [...WORDS].sort());
      for (const [stage, { relL2 }] of Object.entries(report.stages)) {
        assert.ok(relL2 <= limit, `${stage} deviates by ${relL2}`);
      }
      assert.equal(report.ok, true);
      assert.equal(Object.keys(report.generation).length, 6);
    });

    it(`with EVA-CLIP's image encoder and the heads of stage 1, in ${precision}`, async () => {
      const kit = fixturePath("lavis", "blip2-stage1-pth");
      const report = await runVerify(kit, { precision });
      assert.deepEqual(Object.keys(report.stages).sort(), [...SCORES].sort());
      for (const [stage, { relL2 }] of Object.entries(report.stages)) {
        assert.ok(relL2 <= limit, `${stage} deviates by ${relL2}`);
      }
      assert.equal(report.ok, true);
    });
  }
});
