import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AppError } from "../../../../src/base/errors";
import { preprocessImage, type PixelValues } from "../../../../src/engine/picture/imagePreprocess";
import {
  type PreprocessorConfig,
  parsePreprocessorConfig,
} from "../../../../src/model/config/preprocessorConfig";
import { fixturePath } from "../../../helpers/fixtures";
import { readKitTensors } from "../../../helpers/kitTensors";

const KITS = ["opt", "t5", "itm"];

/** A configuration that changes nothing, for the 13 × 10 fixtures. */
const PLAIN: PreprocessorConfig = {
  doResize: false,
  size: { width: 13, height: 10 },
  doRescale: false,
  rescaleFactor: 1 / 255,
  doNormalize: false,
  imageMean: [0.5, 0.25, 0.125],
  imageStd: [0.5, 0.25, 2],
};

function preprocessFixture(name: string, config: PreprocessorConfig): Promise<PixelValues> {
  const bytes = readFileSync(fixturePath("images", name));
  return preprocessImage(bytes, { config, name, alpha: "drop" });
}

describe("preprocessImage", () => {
  for (const kit of KITS) {
    const folder = fixturePath("kits", kit);
    const configFile = fixturePath("kits", kit, "checkpoint", "preprocessor_config.json");
    const config = parsePreprocessorConfig(readFileSync(configFile, "utf8"), configFile);
    const cases = JSON.parse(readFileSync(fixturePath("kits", kit, "cases.json"), "utf8")) as {
      images: string[];
    };
    const tensors = readKitTensors(folder);

    for (const [index, name] of cases.images.entries()) {
      it(`gives the bits that transformers gives for ${name} of kit ${kit}`, async () => {
        const expected = tensors.get(`image${index}/pixel_values`)!;
        const bytes = readFileSync(fixturePath("kits", kit, "images", name));
        const actual = await preprocessImage(bytes, { config, name, alpha: "drop" });
        assert.deepEqual([...actual.dims], [1, ...expected.shape]);
        assert.deepEqual(actual.data, expected.data);
      });
    }
  }

  it("lays transparent pixels on white when asked to", async () => {
    const bytes = readFileSync(fixturePath("images", "rgba.png"));
    const dropped = await preprocessImage(bytes, { config: PLAIN, name: "x", alpha: "drop" });
    const white = await preprocessImage(bytes, { config: PLAIN, name: "x", alpha: "white" });
    // The first pixel of the fixture has alpha 0, the second 255.
    const first = (values: PixelValues): number[] => [0, 130, 260].map((i) => values.data[i]!);
    const second = (values: PixelValues): number[] => [1, 131, 261].map((i) => values.data[i]!);
    assert.deepEqual(first(white), [255, 255, 255]);
    assert.notDeepEqual(first(dropped), [255, 255, 255]);
    assert.deepEqual(second(white), second(dropped));
  });

  it("separates the channels into planes and keeps samples when every step is off", async () => {
    const values = await preprocessFixture("rgb.png", PLAIN);
    const expected = expectedSamples("rgb.png");
    assert.deepEqual(values.dims, [1, 3, 10, 13]);
    assert.equal(values.data.length, 3 * 130);
    for (let i = 0; i < 130; i++) {
      for (let channel = 0; channel < 3; channel++) {
        assert.equal(values.data[channel * 130 + i], expected[i * 3 + channel]);
      }
    }
  });

  it("rescales without normalising", async () => {
    const values = await preprocessFixture("rgb.png", { ...PLAIN, doRescale: true });
    const expected = expectedSamples("rgb.png");
    assert.equal(values.data[0], Math.fround(expected[0]! * (1 / 255)));
    assert.equal(values.data[389], Math.fround(expected[389]! * (1 / 255)));
  });

  it("normalises each channel by its own mean and deviation, without rescaling", async () => {
    const values = await preprocessFixture("rgb.png", { ...PLAIN, doNormalize: true });
    const expected = expectedSamples("rgb.png");
    assert.equal(values.data[7], (expected[21]! - 0.5) / 0.5);
    assert.equal(values.data[130 + 7], (expected[22]! - 0.25) / 0.25);
    assert.equal(values.data[260 + 7], (expected[23]! - 0.125) / 2);
  });

  it("resizes to a size that is not square", async () => {
    const config = { ...PLAIN, doResize: true, size: { width: 6, height: 21 } };
    const values = await preprocessFixture("rgb.png", config);
    assert.deepEqual(values.dims, [1, 3, 21, 6]);
    assert.equal(values.data.length, 3 * 21 * 6);
  });

  it("refuses another size when the processor does not resize", async () => {
    await assert.rejects(
      preprocessFixture("orientation-6.png", PLAIN),
      (error) =>
        error instanceof AppError &&
        error.code === "model.unsupported" &&
        error.message.includes("orientation-6.png") &&
        error.message.includes("10 × 13"),
    );
  });

  it("passes on what decoding says, with the picture's name", async () => {
    await assert.rejects(
      preprocessImage(Uint8Array.of(1, 2, 3), { config: PLAIN, name: "note.txt", alpha: "drop" }),
      (error) =>
        error instanceof AppError &&
        error.code === "image.unreadable" &&
        error.message.includes("note.txt"),
    );
  });
});

/** What Pillow gives for a fixture: [10, 13, 3]. */
function expectedSamples(name: string): Uint8Array {
  const all = JSON.parse(readFileSync(fixturePath("images", "expected.json"), "utf8")) as Record<
    string,
    { drop: string }
  >;
  return Buffer.from(all[name]!.drop, "base64");
}
