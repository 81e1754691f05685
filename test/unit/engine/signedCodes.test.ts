import assert from "node:assert/strict";
import path from "node:path";
import { doProductsSaturate } from "../../../src/engine/device/products";
import { graphFile, openModelFolder, stageFiles } from "../../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../../src/engine/session/ortSession";
import {
  cpuTensor,
  floats,
  type SessionOptions,
  type TensorMap,
} from "../../../src/engine/session/session";
import { IO, PART } from "../../../src/model/graph/graphContract";
import { relativeError } from "../../helpers/demoRun";
import { fixturePath } from "../../helpers/fixtures";
import { kitModel } from "../../helpers/kitModel";
import { SeededRandom } from "../../helpers/random";

/** Of an image encoder, from the same pixels each time. */
async function featuresOf(
  files: readonly string[],
  options: Omit<SessionOptions, "device">,
): Promise<Float32Array> {
  const { config } = await openModelFolder(await kitModel("opt", "w8a8"));
  const { imageSize: side } = config.vision;
  const random = new SeededRandom(11);
  const pixels = Float32Array.from({ length: 3 * side ** 2 }, () => random.next() - 0.5);
  let feeds: TensorMap = { [IO.pixelValues]: cpuTensor(pixels, [1, 3, side, side]) };
  let features = new Float32Array();
  for (const file of files) {
    const session = await factory.open(file, { device: "cpu", ...options });
    const [output] = Object.values(await session.run(feeds));
    features = floats(output).slice();
    feeds = { [IO.hiddenStates]: cpuTensor(features, output?.dims ?? []) };
    await session.release();
  }
  return features;
}

const factory = createOrtSessionFactory();
const unsigned = [path.join(fixturePath("unsigned"), "vision_encoder.onnx")];

describe("an image encoder in w8a8, whose codes have a sign", () => {
  it("computes what it did without signs, in the exact graphs and in the fast ones", async () => {
    const model = await openModelFolder(await kitModel("opt", "w8a8"));
    const graphs = (place: "cpu" | "exactCpu"): (readonly string[])[] => [
      [graphFile(model, PART.visionEncoder, place).file],
      stageFiles(model, PART.visionEncoder, place),
    ];
    assert.equal(new Set([...graphs("cpu"), ...graphs("exactCpu")].flat()).size, 8);
    const before = await featuresOf(unsigned, {});
    assert.ok(before.some((value) => value !== 0));
    // Without VNNI the fast kernels are not used, because they overflow.
    const isExact = !(await doProductsSaturate(factory));
    const places = isExact ? (["cpu", "exactCpu"] as const) : (["exactCpu"] as const);
    for (const place of places) {
      for (const keepWeightsMapped of [false, true]) {
        for (const files of graphs(place)) {
          const features = await featuresOf(files, { keepWeightsMapped });
          const error = relativeError(features, before);
          assert.ok(error < 1e-3, `${error}, ${place}, ${files.length} graphs`);
        }
      }
    }
  });

  it("has the same weights in the graph for accelerators", async () => {
    const { folder } = await openModelFolder(await kitModel("opt", "w8a8"));
    const accelerator = [path.join(folder, "vision_encoder.accelerator.onnx")];
    const error = relativeError(await featuresOf(accelerator, {}), await featuresOf(unsigned, {}));
    // Activations are rounded in blocks there; wrong weights give an error of 1.
    assert.ok(error < 2e-2, `${error}`);
  });
});
