/** AdamW on recorded gradients gives the parameters that torch gives. */

import assert from "node:assert/strict";
import { fixturePath } from "../helpers/fixtures";
import { TrainingComparison } from "../../src/measure/verify/trainingComparison";
import { readTrainingKit } from "../../src/measure/verify/trainingKit";
import { AdamW } from "../../src/train/optimise/adamW";
import { ratePerEpoch } from "../../src/train/optimise/schedule";

for (const name of ["stage1", "stage2-opt", "stage2-t5"]) {
  describe(`the first step of ${name}`, () => {
    it("is torch's, and the same step without decay is not", async () => {
      const kit = await readTrainingKit(fixturePath("training", name));
      const gradients = new Map(
        kit.trained.map(({ name: tensor }) => [
          tensor,
          kit.tensor(`${kit.optimizedBatch}/grad/${tensor}`),
        ]),
      );
      const rate = kit.steps[0]?.rate ?? NaN;
      const stepOf = async (weightDecay: number): Promise<number> => {
        const parameters = await kit.parameters();
        new AdamW(parameters, { ...kit.optimizer, weightDecay }).step(gradients, { rate });
        const comparison = new TrainingComparison(kit);
        comparison.parameters(
          "step1",
          new Map([...parameters].map(([tensor, { values }]) => [tensor, values])),
        );
        return comparison.result().step1?.maxAbs ?? NaN;
      };
      assert.ok((await stepOf(kit.optimizer.weightDecay)) < 1e-2);
      assert.ok((await stepOf(0)) > 1e-2);
    });

    it("and the others have LAVIS's rates", async () => {
      const kit = await readTrainingKit(fixturePath("training", name));
      const rates = { rate: 1e-3, warmupRate: 1e-4, warmupSteps: 4, minRate: 1e-5, epochs: 10 };
      for (const [iteration, { rate }] of kit.steps.entries()) {
        assert.ok(Math.abs(ratePerEpoch(rates, { epoch: 0, iteration }) - rate) < 1e-12);
      }
    });
  });
}
