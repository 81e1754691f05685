import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import {
  parsePreprocessorConfig,
  type PreprocessorConfig,
} from "../../../../src/model/config/preprocessorConfig";
import { fixturePath } from "../../../helpers/fixtures";

const parse = (value: unknown): PreprocessorConfig =>
  parsePreprocessorConfig(JSON.stringify(value), "preprocessor_config.json");

function refuses(value: unknown, code: ErrorCode, key: string): void {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  assert.throws(
    () => parsePreprocessorConfig(text, "p.json"),
    (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, code, thrown.message);
      assert.equal(thrown.detail?.["file"], "p.json");
      assert.ok(thrown.message.includes("p.json") && thrown.message.includes(key), thrown.message);
      return true;
    },
  );
}

describe("a preprocessor configuration", () => {
  it("has the defaults of transformers' BlipImageProcessor", () => {
    assert.deepEqual(parse({}), {
      doResize: true,
      size: { height: 384, width: 384 },
      doRescale: true,
      rescaleFactor: 1 / 255,
      doNormalize: true,
      imageMean: [0.48145466, 0.4578275, 0.40821073],
      imageStd: [0.26862954, 0.26130258, 0.27577711],
    });
    assert.deepEqual(parse({ size: null, resample: null, image_mean: null }), parse({}));
  });

  it("is read from the file that transformers writes", () => {
    const file = fixturePath("kits", "opt", "checkpoint", "preprocessor_config.json");
    const config = parsePreprocessorConfig(readFileSync(file, "utf8"), file);
    assert.deepEqual(config.size, { height: 56, width: 56 });
    assert.equal(config.rescaleFactor, 1 / 255);
  });

  it("takes one number, or a height and a width, for the size", () => {
    assert.deepEqual(parse({ size: 224 }).size, { height: 224, width: 224 });
    assert.deepEqual(parse({ size: { height: 10, width: 20 } }).size, { height: 10, width: 20 });
  });

  it("refuses every filter but bicubic", () => {
    for (const resample of [0, 1, 2, 4, 5]) {
      refuses({ resample }, "checkpoint.unsupported", '"resample"');
    }
    refuses({ resample: 6 }, "checkpoint.corrupt", "resample");
    refuses({ resample: "bicubic" }, "checkpoint.corrupt", "resample");
  });

  it("refuses what is not a size", () => {
    for (const size of [0, -1, 1.5, 4097]) refuses({ size }, "checkpoint.corrupt", "size");
    refuses({ size: "224" }, "checkpoint.corrupt", "size");
    refuses({ size: [224, 224] }, "checkpoint.corrupt", "size");
    refuses({ size: { height: 0, width: 224 } }, "checkpoint.corrupt", "size.height");
    refuses({ size: { height: 224, width: "x" } }, "checkpoint.corrupt", "size.width");
    refuses('{"size": 1e309}', "checkpoint.corrupt", "size");
  });

  it("refuses statistics that are not three usable numbers", () => {
    for (const key of ["image_mean", "image_std"]) {
      for (const value of [[], [0.5], [1, 2, 3, 4], ["a", "b", "c"], [1, null, 3], 0.5, "x"]) {
        refuses({ [key]: value }, "checkpoint.corrupt", key);
      }
      refuses(`{"${key}": [1e309, 1, 1]}`, "checkpoint.corrupt", key);
    }
    refuses({ image_std: [1, 0, 1] }, "checkpoint.corrupt", "image_std");
    assert.deepEqual(parse({ image_mean: [0, 0, 0] }).imageMean, [0, 0, 0]);
  });

  it("refuses flags and factors of another kind, and what is no JSON object", () => {
    refuses({ do_resize: 1 }, "checkpoint.corrupt", "do_resize");
    refuses({ do_rescale: "yes" }, "checkpoint.corrupt", "do_rescale");
    refuses({ do_normalize: [] }, "checkpoint.corrupt", "do_normalize");
    refuses({ rescale_factor: "1/255" }, "checkpoint.corrupt", "rescale_factor");
    refuses('{"rescale_factor": 1e309}', "checkpoint.corrupt", "rescale_factor");
    refuses("[]", "checkpoint.corrupt", "JSON object");
    refuses("{", "checkpoint.corrupt", "JSON");
    refuses("", "checkpoint.corrupt", "JSON");
  });
});
