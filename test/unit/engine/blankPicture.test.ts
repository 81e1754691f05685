import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { AppError } from "../../../src/base/errors";
import { DECODER } from "../../../src/engine/picture/imageStage";
import { closeEngines, openKit } from "../../helpers/countedEngine";
import { temporaryFolder } from "../../helpers/kitModel";

/** A stand-in of one transparent pixel, as pages have for pictures that come later. */
const SPACER = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const OPTIONS = { maxNewTokens: 4 };

describe("a picture that shows one colour only", () => {
  afterEach(closeEngines);

  it("is not described, also when the engine knows it already", async () => {
    const featureCacheDir = await temporaryFolder();
    for (let round = 0; round < 2; round++) {
      const { engine } = await openKit("opt", { featureCacheDir });
      for (const prompt of [{ kind: "caption" }, { kind: "caption", prefix: "a" }] as const) {
        const described = engine.generate({ image: SPACER, imageName: "s.gif", prompt });
        await assert.rejects(described, (error) => {
          assert.ok(error instanceof AppError);
          assert.equal(error.code, "image.blank");
          assert.match(error.message, /^s\.gif shows one colour only/);
          return true;
        });
      }
    }
  });

  it("is answered about, with a doubt", async () => {
    const { engine } = await openKit("opt");
    const prompt = { kind: "question", question: "what is it?" } as const;
    const blank = await engine.generate({ image: SPACER, prompt, options: OPTIONS });
    assert.deepEqual(blank.doubts, ["oneColor"]);
    const image = await sharp(SPACER)
      .resize(20, 20)
      .composite([{ input: Buffer.from([9, 9, 9]), raw: { width: 1, height: 1, channels: 3 } }])
      .png()
      .toBuffer();
    const seen = await engine.generate({ image, prompt, options: OPTIONS });
    assert.equal(seen.doubts, undefined);
  });
});

describe("what a model saw of a picture", () => {
  afterEach(closeEngines);

  it("is kept apart for each way to lay it on a ground", async () => {
    const { engine } = await openKit("opt");
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>';
    const image = await sharp(Buffer.from(svg)).png().toBuffer();
    const prompt = { kind: "raw", text: "a" } as const;
    for (const alpha of ["auto", "white", "dark", "drop"] as const) {
      const result = await engine.generate({ image, prompt, alpha, options: OPTIONS });
      assert.equal(result.cached.imageFeatures, "computed", alpha);
    }
  });

  it("is kept for the version of the decoder that this program has", () => {
    const { version } = JSON.parse(readFileSync("node_modules/sharp/package.json", "utf8")) as {
      readonly version: string;
    };
    // A new version may decode to other pixels: raise the number at the beginning, too, if it does.
    assert.match(DECODER, new RegExp(`^\\d+, sharp ${version.replaceAll(".", "\\.")}$`));
  });
});
