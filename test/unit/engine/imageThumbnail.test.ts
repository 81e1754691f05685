import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { AppError, type ErrorCode } from "../../../src/base/errors";
import {
  decodeImage,
  makeThumbnail,
  type RgbImage,
  type Thumbnail,
} from "../../../src/engine/picture/imageDecode";
import type { AlphaMode } from "../../../src/model/ask/request";
import { fixturePath } from "../../helpers/fixtures";
import { SeededRandom } from "../../helpers/random";

const readPicture = (name: string): Buffer => readFileSync(fixturePath("images", name));
const thumbnail = (bytes: Uint8Array, maxSide = 16): Promise<Thumbnail> =>
  makeThumbnail(bytes, { name: "shot.png", maxSide });
/** The copy's own pixels. */
const pixelsOf = ({ image }: Thumbnail, alpha: AlphaMode = "drop"): Promise<RgbImage> =>
  decodeImage(image, { name: "the copy", alpha });

const svg = (body: string, attributes = 'width="40" height="30"'): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${body}</svg>`);

async function assertRefused(work: Promise<unknown>, code: ErrorCode, words = /./): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, /^shot\.png /);
    assert.match(error.message, words);
    return true;
  });
}

describe("makeThumbnail", () => {
  it("fits the longer side and keeps the proportions, in a WebP file", async () => {
    const copy = await thumbnail(svg("<rect/>", 'width="400" height="100"'), 64);
    assert.deepEqual([copy.width, copy.height], [400, 100]);
    const { width, height } = await pixelsOf(copy);
    assert.deepEqual([width, height], [64, 16]);
    const [riff, webp] = [0, 8].map((at) => Buffer.from(copy.image).toString("latin1", at, at + 4));
    assert.deepEqual([riff, webp], ["RIFF", "WEBP"]);
  });

  it("does not enlarge a small picture", async () => {
    const copy = await thumbnail(readPicture("rgb.png"), 1024);
    assert.deepEqual([copy.width, copy.height], [13, 10]);
    const { width, height } = await pixelsOf(copy);
    assert.deepEqual([width, height], [13, 10]);
  });

  it("leaves a line of a picture that is much longer than wide", async () => {
    const copy = await thumbnail(svg("<rect/>", 'width="30000" height="1"'), 64);
    const { width, height } = await pixelsOf(copy);
    assert.deepEqual([copy.width, copy.height, width, height], [30_000, 1, 64, 1]);
  });

  it("turns a picture upright, whatever its orientation says", async () => {
    const jpegs = [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => `orientation-${orientation}.jpg`);
    for (const name of [...jpegs, "orientation-6.png", "orientation-6.tif", "orientation-6.webp"]) {
      const expected = await decodeImage(readPicture(name), { name, alpha: "drop" });
      const copy = await thumbnail(readPicture(name), 1024);
      assert.deepEqual([copy.width, copy.height], [expected.width, expected.height], name);
      const { data } = await pixelsOf(copy);
      const difference = data.reduce((all, sample, i) => {
        return all + Math.abs(sample - (expected.data[i] ?? 0));
      }, 0);
      // What WebP loses: 4 of the smooth JPEGs, 44 of the others, which are noise. A picture the wrong
      // way round differs by 70 and more.
      const limit = jpegs.includes(name) ? 16 : 55;
      assert.ok(difference / data.length < limit, `${name}: ${difference / data.length}`);
    }
  });

  it("keeps transparency", async () => {
    for (const name of ["rgba.png", "transparent.gif", "palette-alpha.png", "alpha.avif"]) {
      const copy = await thumbnail(readPicture(name), 1024);
      const [drop, white] = [await pixelsOf(copy, "drop"), await pixelsOf(copy, "white")];
      assert.notDeepEqual(drop.data, white.data, name);
    }
  });

  it("keeps what a drawing does not cover transparent", async () => {
    const copy = await thumbnail(svg('<rect width="20" height="30" fill="#f00"/>'));
    const [drop, white] = [await pixelsOf(copy, "drop"), await pixelsOf(copy, "white")];
    const corner = (drop.width - 1) * 3;
    assert.deepEqual([...white.data.subarray(corner, corner + 3)], [255, 255, 255]);
    assert.ok((drop.data[0] ?? 0) > 200 && (white.data[1] ?? 255) < 80);
  });

  it("reads every format that questions can be asked about", async () => {
    const names = ["rgb-16.png", "cmyk.tif", "gray-1.png", "animated.gif", "animated.webp"];
    for (const name of [...names, "colour-420.avif", "pages.tif", "profile.jpg", "lzw.tif"]) {
      const { width, height } = await decodeImage(readPicture(name), { name, alpha: "drop" });
      const copy = await thumbnail(readPicture(name));
      assert.deepEqual([copy.width, copy.height], [width, height], name);
    }
  });

  it("draws a huge drawing at the size of the copy", async () => {
    const copy = await thumbnail(svg('<rect width="9e5" height="9e5"/>', 'viewBox="0 0 1e6 1e6"'));
    const { width, height } = await pixelsOf(copy);
    assert.deepEqual([width, height], [16, 16]);
  });

  it("refuses what is no picture, is damaged or is packed", async () => {
    const png = readPicture("interlaced.png");
    const strangers = [
      new Uint8Array(0),
      Buffer.from("text ".repeat(50)),
      readPicture("refused.heic"),
      readPicture("refused.pdf"),
      gzipSync("text ".repeat(50)),
      png.subarray(0, png.length / 2),
    ];
    for (const bytes of strangers) await assertRefused(thumbnail(bytes), "image.unreadable");
  });

  it("refuses more pixels than the limit", async () => {
    const options = { name: "shot.png", maxSide: 16 };
    const bytes = readPicture("rgb.png");
    await assertRefused(
      makeThumbnail(bytes, { ...options, maxPixels: 129 }),
      "image.tooLarge",
      /13 × 10.*129/,
    );
    assert.equal((await makeThumbnail(bytes, { ...options, maxPixels: 130 })).width, 13);
  });

  it("gives up on a drawing that takes too long", async () => {
    const blur = '<filter id="f"><feGaussianBlur stdDeviation="30"/></filter>';
    const body = blur + '<rect width="40" height="30" filter="url(#f)"/>'.repeat(3);
    await assertRefused(
      makeThumbnail(svg(body), { name: "shot.png", maxSide: 1024, timeoutMs: 1 }),
      "image.unreadable",
      /longer than 0\.001 s/,
    );
  });

  it("makes a copy of mutated pictures or refuses them", async () => {
    const random = new SeededRandom(7);
    const seeds = ["rgb.png", "colour-420.jpg", "lossy.webp", "still.gif", "lzw.tif", "rgba.png"];
    for (let round = 0; round < 240; round++) {
      const bytes = Buffer.from(readPicture(seeds[round % seeds.length] ?? ""));
      for (let change = 0; change < 3; change++) {
        bytes[random.int(bytes.length)] = random.int(256);
      }
      const options = { name: "shot.png", maxSide: 32, maxPixels: 1 << 22 };
      const copy = await makeThumbnail(bytes, options).catch((error: unknown) => error);
      if (copy instanceof AppError) {
        assert.ok(copy.code.startsWith("image."), copy.code);
        continue;
      }
      const { width, height } = await pixelsOf(copy as Thumbnail);
      assert.ok(Math.max(width, height) <= 32);
    }
  });
});
