import assert from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import { fitInto, shownSize } from "../../../../src/alt/resolve/shownSize";

const WIDTH = 30;
const HEIGHT = 20;

function picture(): Sharp {
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: "red" } });
}

function svg(attributes: string): Buffer {
  return Buffer.from(`<?xml version="1.0"?>\n<svg ${attributes}><path d="M0 0"/></svg>`);
}

describe("the size of a picture", () => {
  for (const format of ["png", "jpeg", "gif", "webp"] as const) {
    it(`is read from a ${format}, and not from what is cut before it`, async () => {
      const bytes = await picture().toFormat(format).toBuffer();
      assert.deepEqual(shownSize(bytes), { width: WIDTH, height: HEIGHT });
      for (let length = 0; length < bytes.length; length++) {
        const size = shownSize(bytes.subarray(0, length));
        if (size !== undefined) assert.deepEqual(size, { width: WIDTH, height: HEIGHT });
      }
      assert.equal(shownSize(bytes.subarray(0, 8)), undefined);
    });
  }

  for (let orientation = 1; orientation <= 8; orientation++) {
    it(`is as the picture is seen with a camera's orientation ${orientation}`, async () => {
      const bytes = await picture().withMetadata({ orientation }).jpeg().toBuffer();
      const upright = { width: HEIGHT, height: WIDTH };
      const expected = orientation < 5 ? { width: WIDTH, height: HEIGHT } : upright;
      assert.deepEqual(shownSize(bytes), expected);
    });
  }

  it("is read from the head of an SVG, in pixels", () => {
    assert.deepEqual(shownSize(svg('width="30" height="20px"')), { width: 30, height: 20 });
    assert.deepEqual(shownSize(svg('viewBox="0 0 30 20"')), { width: 30, height: 20 });
    assert.deepEqual(shownSize(svg('width="1in" viewBox="0 0 3 2"')), { width: 96, height: 64 });
  });

  it("is not known of an SVG that has none", () => {
    for (const head of ['width="100%"', 'viewBox="0,0,30,20"', 'width="0" height="0"', ""]) {
      assert.equal(shownSize(svg(head)), undefined, head);
    }
  });

  it("is not known of what no browser shows, of noise, and of nothing", async () => {
    const noise = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919) & 0xff);
    const tiff = await picture().tiff().toBuffer();
    for (const bytes of [tiff, noise, new Uint8Array(0), Buffer.from("II*\0"), Buffer.from("BM")]) {
      assert.equal(shownSize(bytes), undefined);
    }
    const endless = new Uint8Array(2 ** 22).fill(0x20);
    endless.set([0xff, 0xd8, 0xff, 0xe0]);
    assert.equal(shownSize(endless), undefined);
  });
});

describe("a picture in a box", () => {
  const box = { width: 200, height: 120 };

  it("keeps its proportions, is never enlarged, and has a pixel at least", () => {
    assert.deepEqual(fitInto(box, { width: 400, height: 400 }), { width: 120, height: 120 });
    assert.deepEqual(fitInto(box, { width: 4000, height: 400 }), { width: 200, height: 20 });
    assert.deepEqual(fitInto(box, { width: 16, height: 16 }), { width: 16, height: 16 });
    assert.deepEqual(fitInto(box, { width: 1, height: 5000 }), { width: 1, height: 120 });
  });
});
