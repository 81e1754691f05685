import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { decodeImage, MAX_PIXELS, type RgbImage } from "../../../../src/engine/picture/imageDecode";
import type { AlphaMode } from "../../../../src/model/ask/request";
import { fixturePath } from "../../../helpers/fixtures";
import { SeededRandom } from "../../../helpers/random";

/** One entry of test/fixtures/images/expected.json; its origin is in the README beside it. */
interface Expected {
  readonly width: number;
  readonly height: number;
  /** Base64 of [height, width, 3] with alpha dropped. */
  readonly drop: string;
  /** The same laid on white, for pictures with transparency. */
  readonly white?: string;
  /** Largest difference of a sample; absent when decoders must agree exactly. */
  readonly tolerance?: number;
}

const EXPECTED = JSON.parse(readFileSync(fixturePath("images", "expected.json"), "utf8")) as Record<
  string,
  Expected
>;

const readPicture = (name: string): Buffer => readFileSync(fixturePath("images", name));

function decode(bytes: Uint8Array, alpha: AlphaMode = "drop"): Promise<RgbImage> {
  return decodeImage(bytes, { name: "shot.png", alpha });
}

function decodeText(svg: string): Promise<RgbImage> {
  return decode(Buffer.from(svg));
}

/** @throws unless decoding fails with the code and a message that names the picture. */
async function assertRefused(
  work: Promise<unknown>,
  code: ErrorCode,
  ...words: string[]
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    for (const word of ["shot.png", ...words]) {
      assert.ok(error.message.includes(word), `"${error.message}" lacks "${word}"`);
    }
    return true;
  });
}

function assertSamples(actual: RgbImage, expected: Expected, samples: string): void {
  assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
  const wanted = Buffer.from(samples, "base64");
  assert.equal(actual.data.length, wanted.length);
  const largest = actual.data.reduce(
    (max, sample, i) => Math.max(max, Math.abs(sample - wanted[i]!)),
    0,
  );
  assert.ok(largest <= (expected.tolerance ?? 0), `differs by ${largest}`);
}

const svg = (body: string, attributes = 'width="40" height="30"'): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${body}</svg>`;

function pixel(image: RgbImage, x: number, y: number): number[] {
  const at = (y * image.width + x) * 3;
  return [...image.data.subarray(at, at + 3)];
}

const isWhite = (image: RgbImage): boolean => image.data.every((sample) => sample === 255);

/** A TIFF header that claims a size and has no pixels: little-endian, one bilevel strip. */
function makeTiffHeader(width: number, height: number): Buffer {
  const entries = [
    [256, width],
    [257, height],
    [258, 1],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, height],
    [279, 1],
  ] as const;
  const file = Buffer.alloc(10 + entries.length * 12 + 4);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, value]] of entries.entries()) {
    file.writeUInt16LE(tag, 10 + i * 12);
    file.writeUInt16LE(4, 12 + i * 12);
    file.writeUInt32LE(1, 14 + i * 12);
    file.writeUInt32LE(value, 18 + i * 12);
  }
  return file;
}

describe("decodeImage", () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const closeness = expected.tolerance === undefined ? "exactly" : `within ${expected.tolerance}`;

    it(`decodes ${name} ${closeness} as Pillow does`, async () => {
      assertSamples(await decode(readPicture(name)), expected, expected.drop);
    });

    it(`treats transparency in ${name} as asked`, async () => {
      const white = await decode(readPicture(name), "white");
      assertSamples(white, expected, expected.white ?? expected.drop);
    });
  }

  it("has an expectation for every fixture", () => {
    const pictures = readdirSync(fixturePath("images")).filter((name) =>
      /\.(png|jpg|webp|gif|avif|tif)$/.test(name),
    );
    assert.deepEqual(pictures.sort(), Object.keys(EXPECTED).sort());
  });

  it("reads bytes that are a window into a larger buffer", async () => {
    const file = readPicture("rgb.png");
    const padded = Buffer.concat([Buffer.alloc(5, 1), file, Buffer.alloc(7, 2)]);
    const window = new Uint8Array(padded.buffer, padded.byteOffset + 5, file.length);
    assertSamples(await decode(window), EXPECTED["rgb.png"]!, EXPECTED["rgb.png"]!.drop);
  });

  it("decodes several pictures at once", async () => {
    const names = ["rgb.png", "rgba.png", "orientation-6.webp", "lzw.tif", "still.gif", "cmyk.tif"];
    const images = await Promise.all(names.map((name) => decode(readPicture(name))));
    for (const [i, name] of names.entries()) {
      assertSamples(images[i]!, EXPECTED[name]!, EXPECTED[name]!.drop);
    }
  });
});

describe("decodeImage on drawings", () => {
  for (const alpha of ["drop", "white", "auto"] as const) {
    it(`draws on white, 1024 pixels long, with alpha "${alpha}"`, async () => {
      const image = await decode(readPicture("drawing.svg"), alpha);
      assert.deepEqual([image.width, image.height], [1024, 512]);
      assert.deepEqual(pixel(image, 100, 100), [192, 0, 0]);
      // Half of (0, 0, 192) on white; the drawing's alpha of one half is 127 or 128.
      const [red, green, blue] = pixel(image, 600, 100);
      assert.equal(red, green);
      assert.ok(Math.abs(red! - 127) <= 1 && Math.abs(blue! - 223) <= 1, `${red} ${blue}`);
      assert.deepEqual(pixel(image, 1000, 100), [255, 255, 255]);
    });
  }

  it("brings a huge drawing and one in millimetres to the same length", async () => {
    const huge = await decodeText(
      svg('<rect width="500000" height="9e5"/>', 'viewBox="0 0 1e6 1e6"'),
    );
    assert.deepEqual([huge.width, huge.height], [1024, 1024]);
    assert.deepEqual(pixel(huge, 100, 100), [0, 0, 0]);
    const metric = await decodeText(
      svg('<rect width="1e3" height="1e3"/>', 'width="10mm" height="20mm"'),
    );
    assert.deepEqual([metric.width, metric.height], [512, 1024]);
    assert.deepEqual(pixel(metric, 500, 1000), [0, 0, 0]);
  });

  it("shows a picture that the drawing carries inside", async () => {
    const inner = readPicture("gray-1.png").toString("base64");
    const href = `data:image/png;base64,${inner}`;
    assert.ok(!isWhite(await decodeText(svg(`<image href="${href}" width="40" height="30"/>`))));
  });

  const target = fixturePath("images", "rgb.png");
  const outside = {
    "a file address": `<image xlink:href="file://${target}" width="40" height="30"/>`,
    "an absolute path": `<image href="${target}" width="40" height="30"/>`,
    "a relative path": `<image href="${path.relative(".", target)}" width="40" height="30"/>`,
    "a web address": '<image href="http://127.0.0.1:9/rgb.png" width="40" height="30"/>',
    "a used drawing": `<use href="file://${fixturePath("images", "drawing.svg")}#a"/>`,
    "an included file":
      '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
  };
  for (const [what, body] of Object.entries(outside)) {
    it(`does not load ${what}`, async () => {
      assert.ok(existsSync(target));
      assert.ok(isWhite(await decodeText(svg(body))));
    });
  }

  it("does not resolve an external entity", async () => {
    const entity = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
    await assertRefused(decodeText(entity + svg('<text y="20">&x;</text>')), "image.unreadable");
  });

  it("refuses entities that multiply", async () => {
    const names = "abcdefghij";
    const entities = Array.from(names).map((name, i) => {
      const value = i === 0 ? "aaaaaaaaaa" : `&${names[i - 1]!};`.repeat(10);
      return `<!ENTITY ${name} "${value}">`;
    });
    const bomb = `<!DOCTYPE svg [${entities.join("")}]>${svg("<text>&j;</text>")}`;
    await assertRefused(decodeText(bomb), "image.unreadable");
  });

  it("refuses a drawing without a size and a page that holds one", async () => {
    await assertRefused(decodeText(svg("", "")), "image.unreadable", "SVG drawing", "no size");
    const page = `<html>${svg("<rect/>")}</html>`;
    await assertRefused(decodeText(page), "image.unreadable", "web page");
  });

  it("says where the XML of a drawing has a mistake", async () => {
    await assertRefused(decodeText(svg("<g>")), "image.unreadable", "SVG drawing", "line 1");
  });

  const red = svg('<rect width="40" height="30" fill="#c00000"/>');
  const spellings: Record<string, Uint8Array> = {
    compressed: gzipSync(red),
    "UTF-8 with a byte order mark": Buffer.from(`\ufeff${red}`),
    "UTF-16": Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${red}`, "utf16le"),
    "UTF-16 in the other order": Buffer.from(`\ufeff${red}`, "utf16le").swap16(),
    "Latin-1": Buffer.from(
      `<?xml version="1.0" encoding="ISO-8859-1"?>${svg("<title>\u00e9</title>" + red)}`,
      "latin1",
    ),
    "behind a long comment": Buffer.from(`<!--${" it's ".repeat(2000)}-->\n${red}`),
    "behind a document type with entities": Buffer.from(
      `<?xml version="1.0"?><!DOCTYPE svg [<!-- a > in ] -->${Array.from(
        { length: 50 },
        (_, i) => `<!ENTITY ns_${i} "http://ns.example/${i}/">`,
      ).join("\n")}]>${red}`,
    ),
    "with a prefix": Buffer.from(
      '<svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="4" height="3"><svg:rect width="4" height="3" fill="#c00000"/></svg:svg>',
    ),
    "with sizes in percent": Buffer.from(
      svg('<rect width="40" height="30" fill="#c00000"/>', 'width="100%" viewBox="0 0 40 30"'),
    ),
  };
  for (const [how, bytes] of Object.entries(spellings)) {
    it(`draws a drawing that is ${how}`, async () => {
      const image = await decode(bytes);
      assert.deepEqual([image.width, image.height], [1024, 768]);
      assert.deepEqual(pixel(image, 500, 400), [192, 0, 0]);
    });
  }

  it("draws a drawing with a picture of more than 10 MB inside", async () => {
    const side = 1750;
    const noise = await sharp(new SeededRandom(1).bytes(side * side * 3), {
      raw: { width: side, height: side, channels: 3 },
    })
      .png({ compressionLevel: 0 })
      .toBuffer();
    assert.ok(noise.length > 7.5e6);
    const href = `data:image/png;base64,${noise.toString("base64")}`;
    const image = await decodeText(
      svg(`<image width="40" height="30" href="${href}"/><rect width="20" height="30"/>`),
    );
    assert.deepEqual(pixel(image, 100, 100), [0, 0, 0]);
    assert.ok(new Set(image.data).size > 100);
  });

  const bombs: Record<string, string> = {
    "nests too deeply": svg(`${"<g>".repeat(3000)}${"</g>".repeat(3000)}`),
    "repeats one long entity":
      `<!DOCTYPE svg [<!ENTITY a "${"a".repeat(100_000)}">]>` +
      svg(`<text>${"&a;".repeat(3000)}</text>`),
  };
  for (const [what, bomb] of Object.entries(bombs)) {
    it(`refuses a drawing that ${what}`, async () => {
      await assertRefused(decodeText(bomb), "image.unreadable", "SVG drawing");
    });
  }

  it("gives up on a drawing that takes too long", async () => {
    const blur = '<filter id="f"><feGaussianBlur stdDeviation="30"/></filter>';
    const body = blur + '<rect width="40" height="30" filter="url(#f)"/>'.repeat(3);
    await assertRefused(
      decodeImage(Buffer.from(svg(body)), { name: "shot.png", alpha: "drop", timeoutMs: 1 }),
      "image.unreadable",
      "longer than 0.001 s",
    );
  });
});

describe("decodeImage on files it refuses", () => {
  const whole = [
    "rgb.png",
    "interlaced.png",
    "palette-8.png",
    "colour-420.jpg",
    "progressive.jpg",
    "lossy.webp",
    "lossless.webp",
    "still.gif",
    "colour-444.avif",
    "lzw.tif",
    "rgba.tif",
  ];
  for (const name of whole) {
    it(`refuses ${name} cut anywhere before its last tenth`, async () => {
      const bytes = readPicture(name);
      for (let tenth = 0; tenth < 9; tenth++) {
        const part = bytes.subarray(0, Math.floor((bytes.length * tenth) / 10));
        await assertRefused(decode(part), "image.unreadable");
      }
    });
  }

  for (const name of ["colour-420.jpg", "progressive.jpg"]) {
    it(`reads ${name} without the mark at its end, and with something behind it`, async () => {
      const bytes = readPicture(name);
      const expected = EXPECTED[name]!;
      assertSamples(await decode(bytes.subarray(0, -2)), expected, expected.drop);
      const longer = Buffer.concat([bytes, Buffer.from("more")]);
      assertSamples(await decode(longer), expected, expected.drop);
    });
  }

  it("refuses an animation whose first frame is cut, and reads one whose second is", async () => {
    const bytes = readPicture("animated.gif");
    const expected = EXPECTED["animated.gif"]!;
    // The second frame starts with its graphic control extension: 21 F9 04.
    const second = bytes.lastIndexOf(Buffer.of(0x21, 0xf9, 0x04));
    assert.ok(second > 500);
    await assertRefused(decode(bytes.subarray(0, second - 60)), "image.unreadable");
    assertSamples(await decode(bytes.subarray(0, second + 20)), expected, expected.drop);
  });

  it("refuses a PNG whose pixel data was changed", async () => {
    const bytes = Buffer.from(readPicture("rgb.png"));
    const data = bytes.indexOf("IDAT") + 30;
    bytes[data] = bytes[data]! ^ 0xff;
    await assertRefused(decode(bytes), "image.unreadable", "damaged");
  });

  const damaged: Record<string, Uint8Array> = {
    header: readPicture("rgb.png").subarray(0, 20),
    pixels: readPicture("rgb.png").subarray(0, 200),
  };
  for (const [what, bytes] of Object.entries(damaged)) {
    it(`keeps the decoder's own words as the cause when the ${what} cannot be read`, async () => {
      await assert.rejects(decode(bytes), (error) => {
        assert.ok(error instanceof AppError && error.cause instanceof Error);
        assert.deepEqual(error.detail, { file: "shot.png" });
        return true;
      });
    });
  }

  it("refuses more pixels than the limit, and reads exactly the limit", async () => {
    const bytes = readPicture("rgb.png");
    const options = { name: "shot.png", alpha: "drop" } as const;
    await assertRefused(
      decodeImage(bytes, { ...options, maxPixels: 129 }),
      "image.tooLarge",
      "13 × 10",
      "129",
    );
    assert.equal((await decodeImage(bytes, { ...options, maxPixels: 130 })).width, 13);
  });

  it("refuses a claim of more than 268 megapixels without decoding", async () => {
    assert.equal(MAX_PIXELS, 268_402_689);
    await assertRefused(decode(makeTiffHeader(16384, 16384)), "image.tooLarge", "16384 × 16384");
  });

  it("refuses a claim of more than a million pixels on a side", async () => {
    await assertRefused(decode(makeTiffHeader(1_000_001, 1)), "image.tooLarge", "1000001 × 1");
  });
});
