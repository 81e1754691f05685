import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { graphFile, openModelFolder } from "../../../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, floats } from "../../../../src/engine/session/session";
import { imageTokenCount } from "../../../../src/model/config/visionConfig";
import { IO, PART } from "../../../../src/model/graph/graphContract";
import { readGraphValues } from "../../../../src/model/graph/onnxValues";
import { kitModel } from "../../../helpers/kitModel";

/**
 * Relative, as a whole. A processor may add numbers in another order for several rows, and where activations are
 * rounded to eight bits, some of them then fall on the other side.
 */
const TOLERANCE = { f32: 1e-6, int4: 1e-2, w8a8: 3e-2 } as const;

const CASES = [
  ["itm", "f32", [PART.visionEncoder, PART.qformer, PART.imageReader]],
  ["itm", "w8a8", [PART.visionEncoder]],
  ["opt", "int4", [PART.visionEncoder, PART.qformer]],
  ["blip-itm", "f32", [PART.visionEncoder, PART.imageProjection, PART.imageReader]],
] as const;

describe("graphs of several pictures", () => {
  for (const [kit, precision, parts] of CASES) {
    it(`give each what it has alone: ${kit} in ${precision}`, async () => {
      const model = await openModelFolder(await kitModel(kit, precision));
      const { vision } = model.config;
      for (const part of parts) {
        const isEncoder = part === PART.visionEncoder;
        const size = vision.imageSize;
        const dims = isEncoder ? [3, size, size] : [imageTokenCount(vision), vision.hiddenSize];
        const input = isEncoder ? IO.pixelValues : IO.imageFeatures;
        for (const place of ["cpu", "webgpu"] as const) {
          const { file } = graphFile(model, part, place);
          await compare(file, { input, dims, tolerance: TOLERANCE[precision] });
        }
      }
    });
  }

  async function compare(
    file: string,
    {
      input,
      dims,
      tolerance,
    }: { readonly input: string; readonly dims: readonly number[]; readonly tolerance: number },
  ): Promise<void> {
    const { inputs, outputs } = readGraphValues(await readFile(file), file);
    assert.deepEqual([inputs[0]?.name, inputs[0]?.dims], [input, ["batch", ...dims]]);
    assert.ok(outputs.every((output) => output.dims[0] === "batch"));
    const session = await createOrtSessionFactory().open(file, { device: "cpu" });
    const length = dims.reduce((product, dim) => product * dim, 1);
    const rows = [1, 2, 3].map((seed) =>
      Float32Array.from({ length }, (_, i) => Math.sin(seed * (i + 1))),
    );
    const all = new Float32Array(3 * length);
    rows.forEach((row, i) => {
      all.set(row, i * length);
    });
    const together = await session.run({ [input]: cpuTensor(all, [3, ...dims]) });
    for (const [i, row] of rows.entries()) {
      const alone = await session.run({ [input]: cpuTensor(row, [1, ...dims]) });
      for (const { name } of outputs) {
        const want = floats(alone[name]);
        const got = floats(together[name]).subarray(i * want.length, (i + 1) * want.length);
        const error = Math.hypot(...want.map((value, at) => value - (got[at] ?? NaN)));
        const relative = error / Math.hypot(...want);
        assert.ok(relative < tolerance, `${file} ${name}: ${relative}`);
      }
    }
    await session.release();
  }
});
