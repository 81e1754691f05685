import assert from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import { decodeImage, type RgbImage } from "../../../../src/engine/picture/imageDecode";
import { isOneColor } from "../../../../src/engine/picture/pictureGround";
import type { AlphaMode } from "../../../../src/model/ask/request";

const drawing = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160">${body}</svg>`;

async function decode(svg: string, how: Encoding = (image) => image.png()): Promise<RgbImage> {
  const bytes = await how(sharp(Buffer.from(drawing(svg)))).toBuffer();
  return decodeImage(bytes, { name: "a picture", alpha: "auto" });
}

type Encoding = (image: Sharp) => Sharp;

const corner = ({ data }: RgbImage): number[] => [...data.subarray(0, 3)];
const WHITE = [255, 255, 255];
const DARK = [13, 17, 23];

const circle = (attributes: string): string => `<circle cx="80" cy="80" r="48" ${attributes}/>`;
const SHADOW =
  '<filter id="s"><feDropShadow dx="0" dy="4" stdDeviation="6" flood-opacity=".5"/></filter>';

describe("the ground of a picture with transparent parts", () => {
  const onDark: Record<string, string> = {
    "a white shape": circle('fill="#fff"'),
    "a nearly white shape": circle('fill="#f2f2ef"'),
    "light lines": circle('fill="none" stroke="#e6edf3" stroke-width="3"'),
    "a half transparent white shape": circle('fill="#fff" fill-opacity=".6"'),
    "a colored mark with white words":
      '<rect x="4" y="60" width="24" height="24" fill="#2f81f7"/><text x="34" y="84" font-size="34" fill="#fff">Sightline</text>',
  };
  for (const [what, svg] of Object.entries(onDark)) {
    it(`is dark for ${what}`, async () => {
      const image = await decode(svg);
      assert.deepEqual(corner(image), DARK);
      assert.ok(!isOneColor(image.data));
    });
  }

  const onWhite: Record<string, string> = {
    "a black shape": circle("fill='#000'"),
    "a mid-gray shape": circle('fill="#808080"'),
    "a yellow shape": circle('fill="#ffe600"'),
    "a pale shape with a dark outline": circle('fill="#fff" stroke="#111" stroke-width="3"'),
    "a white card with a shadow": `${SHADOW}<rect x="20" y="30" width="120" height="90" fill="#fff" filter="url(#s)"/><text x="30" y="70">Card</text>`,
    "dark and light shapes": `<rect x="10" y="10" width="60" height="60" fill="#222"/><rect x="90" y="90" width="30" height="30" fill="#fff"/>`,
    "an opaque picture of light things": `<rect width="160" height="160" fill="#fff"/>${circle('fill="#eee"')}`,
  };
  for (const [what, svg] of Object.entries(onWhite)) {
    it(`is white for ${what}`, async () => {
      assert.deepEqual(corner(await decode(svg)), WHITE);
    });
  }

  const encodings: Record<string, Encoding> = {
    "a palette": (image) => image.png({ palette: true }),
    "gray and alpha": (image) => image.toColourspace("b-w").png(),
    "16 bits": (image) => image.toColourspace("rgb16").png(),
    WebP: (image) => image.webp(),
    AVIF: (image) => image.avif(),
    TIFF: (image) => image.tiff({ compression: "lzw" }),
  };
  for (const [what, how] of Object.entries(encodings)) {
    it(`is dark for a white shape with ${what}`, async () => {
      assert.deepEqual(corner(await decode(circle('fill="#fff"'), how)), DARK);
    });
  }

  it("is the same for a drawing as for its pixels", async () => {
    const at = { name: "a drawing", alpha: "auto" } as const;
    const white = await decodeImage(Buffer.from(drawing(circle('fill="#fff"'))), at);
    assert.deepEqual(corner(white), DARK);
    const black = await decodeImage(Buffer.from(drawing(circle('fill="#000"'))), at);
    assert.deepEqual(corner(black), WHITE);
  });

  it("is what was asked for", async () => {
    const bytes = await sharp(Buffer.from(drawing(circle('fill="#fff"'))))
      .png()
      .toBuffer();
    const look = async (alpha: AlphaMode): Promise<number[]> =>
      corner(await decodeImage(bytes, { name: "a picture", alpha }));
    assert.deepEqual(await look("white"), WHITE);
    assert.deepEqual(await look("dark"), DARK);
    assert.deepEqual(await look("drop"), [0, 0, 0]);
  });
});

describe("isOneColor", () => {
  const blanks: Record<string, readonly [string, Encoding?]> = {
    "a transparent picture": [""],
    "a transparent GIF": ["", (image) => image.gif()],
    "a white picture": ['<rect width="160" height="160" fill="#fff"/>'],
    "an even veil": ['<rect width="160" height="160" fill="#fff" fill-opacity=".3"/>'],
    "a JPEG of one color": [
      '<rect width="160" height="160" fill="#3a7"/>',
      (image) => image.flatten({ background: "#fff" }).jpeg({ quality: 40 }),
    ],
    "a lossy WebP of one color": [
      '<rect width="160" height="160" fill="#3a7"/>',
      (image) => image.webp(),
    ],
  };
  for (const [what, [svg, how]] of Object.entries(blanks)) {
    it(`is true for ${what}`, async () => {
      assert.ok(isOneColor((await decode(svg, how)).data));
    });
  }

  it("is false for a single pixel that differs", () => {
    const rgb = new Uint8Array(300).fill(255);
    rgb[150] = 200;
    assert.ok(!isOneColor(rgb));
  });
});
