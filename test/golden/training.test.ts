import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TrainingStage } from "../../src/measure/verify/trainingComparison";
import { verifyTraining } from "../../src/measure/verify/verifyTraining";
import { fixturePath } from "../helpers/fixtures";

const KITS = ["stage1", "stage2-opt", "stage2-t5"];

describe("training equals a trusted program's", () => {
  for (const kit of KITS) {
    it(`in every loss, gradient and step of the kit ${kit}`, async () => {
      const { ok, stages } = await verifyTraining(fixturePath("training", kit), {});
      assert.ok(ok, JSON.stringify(stages));
      // Rounding in float32.
      assert.ok((stages.losses?.relL2 ?? 1) < 1e-6);
      assert.ok((stages.gradients?.relL2 ?? 1) < 5e-5);
      assert.ok((stages.step5?.maxAbs ?? 1) < 2e-3);
    });
  }

  describe("or is not ok", () => {
    let folder = "";
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "sightline-training-"));
    });
    after(() => rm(folder, { recursive: true }));

    /** What a kit's report says after a change of its training.json. */
    const changed = async (from: RegExp, to: string): Promise<Record<string, boolean>> => {
      const kit = path.join(folder, `kit-${to.replaceAll(/\W/g, "")}`);
      await cp(fixturePath("training", "stage2-opt"), kit, { recursive: true });
      const file = path.join(kit, "training.json");
      const text = await readFile(file, "utf8");
      assert.match(text, from);
      await writeFile(file, text.replace(from, to));
      const { ok, stages } = await verifyTraining(kit, {});
      assert.equal(ok, false);
      const holds = (stage: TrainingStage, by: "relL2" | "maxAbs", limit: number): boolean =>
        (stages[stage]?.[by] ?? 1) <= limit;
      return {
        losses: holds("losses", "relL2", 1e-5),
        gradients: holds("gradients", "relL2", 1e-4),
        step1: holds("step1", "maxAbs", 1e-2),
        step5: holds("step5", "maxAbs", 1e-2),
      };
    };

    it("when a loss is another", async () => {
      const held = await changed(/"lm": 5\.589/, '"lm": 5.590');
      assert.deepEqual(held, { losses: false, gradients: true, step1: true, step5: true });
    });

    it("when the optimiser forgets otherwise", async () => {
      const held = await changed(/"betas":\s*\[\s*0\.9,\s*0\.98\s*\]/, '"betas": [0.5, 0.98]');
      assert.deepEqual(held, { losses: true, gradients: true, step1: true, step5: false });
    });

    it("when nothing decays", async () => {
      const held = await changed(
        /"weight_decay": 0\.05,\s*"schedule"/,
        '"weight_decay": 3, "schedule"',
      );
      assert.deepEqual(held, { losses: true, gradients: true, step1: false, step5: false });
    });
  });
});
