/** The questions of test/webgpu/answers.test.ts to models of three layers, on a stand-in for the device. */

import { closeEngines, openKit } from "../../helpers/countedEngine";
import { askAllEvening } from "../../helpers/manyAnswers";

describe("a hundred answers", () => {
  afterEach(closeEngines);

  for (const kit of ["opt", "t5"]) {
    it(`hold no more device tensors than ten: ${kit}`, async () => {
      const opened = await openKit(kit, { device: "webgpu" });
      await askAllEvening({ kit, ...opened, nAnswers: 100 });
    }).timeout(600_000);
  }
});
