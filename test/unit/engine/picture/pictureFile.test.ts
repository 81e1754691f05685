import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { AppError } from "../../../../src/base/errors";
import { decodeImage } from "../../../../src/engine/picture/imageDecode";
import { identify } from "../../../../src/engine/picture/pictureFile";
import { fixturePath } from "../../../helpers/fixtures";

const fixture = (name: string): Buffer => readFileSync(fixturePath("images", name));
const latin = (text: string, size = 64): Buffer =>
  Buffer.concat([
    Buffer.from(text, "latin1"),
    // Not zero, because a file of zeros is one of the kinds.
    Buffer.alloc(Math.max(0, size - text.length), 7),
  ]);
const isoFile = (...brands: string[]): Buffer =>
  latin(
    `\0\0\0${String.fromCharCode(8 + 4 * (brands.length + 1))}ftyp${brands[0]!}\0\0\0\0${brands.slice(1).join("")}`,
  );

/** A little-endian TIFF header with one folder of numbers. */
function tiff(...tags: readonly (readonly [tag: number, value: number])[]): Buffer {
  const file = Buffer.alloc(8 + 2 + 12 * tags.length + 4);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(tags.length, 8);
  for (const [i, [tag, value]] of tags.entries()) {
    file.writeUInt16LE(tag, 10 + 12 * i);
    file.writeUInt16LE(4, 12 + 12 * i);
    file.writeUInt32LE(1, 14 + 12 * i);
    file.writeUInt32LE(value, 18 + 12 * i);
  }
  return file;
}

function tga(): Buffer {
  const file = Buffer.alloc(18 + 12, 9);
  file.set([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 24, 0]);
  return file;
}

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${"ab".repeat(32)}\nsize 4975\n`;

/** What the message must name, and what it must advise. */
const STRANGERS: Record<string, readonly [Uint8Array, RegExp, RegExp]> = {
  "a HEIC picture": [fixture("refused.heic"), /HEIC picture, which is not read/, /JPEG or PNG/],
  "a HEIC picture by its first bytes alone": [
    isoFile("heic", "mif1", "heic"),
    /HEIC picture, which is not read/,
    /JPEG or PNG/,
  ],
  "a BMP picture": [fixture("refused.bmp"), /BMP picture/, /to PNG.*magick/],
  "an icon": [fixture("refused.ico"), /icon \(ICO\)/, /to PNG/],
  "a mouse pointer": [
    Buffer.from("0000020001002020000000000000300100001600000028000000", "hex"),
    /mouse pointer/,
    /to PNG/,
  ],
  "a Photoshop document": [latin("8BPS\0\x01"), /Photoshop/, /Export/],
  "a GIMP document": [latin("gimp xcf v011\0"), /GIMP document/, /Export/],
  "a JPEG XL codestream": [latin("\xff\x0a\xfa\x7f"), /JPEG XL/, /djxl/],
  "a JPEG XL container": [latin("\0\0\0\x0cJXL \r\n\x87\n"), /JPEG XL/, /djxl/],
  "a JPEG 2000 picture": [latin("\0\0\0\x0cjP  \r\n\x87\n"), /JPEG 2000/, /to PNG/],
  "a raw file of Canon": [latin("II*\0\x10\0\0\0CR\x02\0"), /raw file/, /Develop/],
  "a newer raw file of Canon": [isoFile("crx ", "isom"), /raw file/, /Develop/],
  "a raw file of Nikon": [tiff([254, 1], [256, 160], [330, 400]), /raw file/, /Develop/],
  "a DNG": [tiff([254, 0], [256, 160], [50706, 1]), /raw file/, /Develop/],
  "a PDF document": [fixture("refused.pdf"), /PDF document/, /pdftoppm/],
  "an EPS document": [latin("%!PS-Adobe-3.0 EPSF-3.0\n"), /PostScript/, /Inkscape/],
  "a metafile": [latin("\xd7\xcd\xc6\x9a"), /metafile/, /Inkscape/],
  "a newer metafile": [latin(`\x01\0\0\0${"\0".repeat(36)} EMF`), /metafile/, /Inkscape/],
  "a DDS texture": [latin("DDS |"), /DDS/, /to PNG/],
  "an OpenEXR picture": [latin("v/1\x01"), /OpenEXR/, /to PNG/],
  "a Netpbm picture": [fixture("refused.ppm"), /Netpbm/, /to PNG/],
  "a TGA picture": [tga(), /TGA/, /to PNG/],
  "a video": [isoFile("isom", "iso2", "mp41"), /video/, /ffmpeg/],
  "a QuickTime video": [isoFile("qt  "), /video/, /ffmpeg/],
  "a WebM video": [latin("\x1a\x45\xdf\xa3"), /WebM/, /ffmpeg/],
  "a sound file": [latin("RIFF\x10\0\0\0WAVEfmt "), /sound/, /picture/],
  "a ZIP archive": [latin("PK\x03\x04\x14\0"), /ZIP archive/, /Unpack/],
  "a gzip file without a drawing": [gzipSync("x"), /compressed/, /Unpack/],
  "a damaged gzip file": [gzipSync("<svg/>").subarray(0, 12), /compressed/, /Unpack/],
  "a web page": [Buffer.from("<!DOCTYPE html>\n<html><body>404"), /web page/, /browser/],
  "a web page without a type": [Buffer.from("\n<HTML lang=en><title>x"), /web page/, /browser/],
  "an answer of a store": [
    Buffer.from('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'),
    /XML text \(<error>\)/,
    /browser/,
  ],
  "a JSON answer": [Buffer.from('{"message":"Not Found"}'), /JSON.*Not Found/, /browser/],
  "a Git LFS pointer": [Buffer.from(LFS), /Git LFS pointer/, /git lfs pull/],
  "a pointer of git-annex": [
    Buffer.from("/annex/objects/SHA256E-s4975--abcd.png\n"),
    /git-annex/,
    /git annex get/,
  ],
  "a link of git-annex": [
    Buffer.from("../.git/annex/objects/x/y/SHA256E-s1--ab.png/SHA256E-s1--ab.png"),
    /git-annex/,
    /git annex get/,
  ],
  "a link as text": [Buffer.from("../shared/logo.png"), /path "..\/shared\/logo.png"/, /link/],
  "a data: address": [Buffer.from("data:image/png;base64,iVBORw0KGgo="), /data: address/, /Save/],
  "a picture as base64": [Buffer.from("iVBORw0KGgoAAAANSUhEUg=="), /base64/, /Decode/],
  "a text": [Buffer.from("This is not a picture.\n"), /text.*"This is not/, /PNG, JPEG/],
  "an empty file": [new Uint8Array(0), /empty/, /again/],
  zeros: [new Uint8Array(4096), /zeros/, /intact/],
  "a PNG whose line ends were changed": [latin("\x89PNG\n\x1a\n"), /line ends/, /binary/],
  "a picture saved as text": [Buffer.from("\ufffdPNG\r\n\x1a\n"), /saved as text/, /binary/],
  "what macOS leaves": [latin("\0\x05\x16\x07\0\x02"), /AppleDouble/, /\._/],
  "one byte": [Uint8Array.of(0x89), /not a picture of a kind/, /PNG, JPEG, WebP, GIF, AVIF/],
  "the beginning of a PNG": [fixture("rgb.png").subarray(0, 20), /PNG.*damaged/, /intact/],
};

describe("a file that is no picture that can be read", () => {
  for (const [what, [bytes, names, advises]] of Object.entries(STRANGERS)) {
    it(`is told to be ${what}`, async () => {
      await assert.rejects(decodeImage(bytes, { name: "shot.png", alpha: "auto" }), (error) => {
        assert.ok(error instanceof AppError, String(error));
        assert.equal(error.code, "image.unreadable");
        assert.match(error.message, /^shot\.png (is|begins) /);
        assert.match(error.message, names);
        assert.match(error.message, advises);
        assert.ok(error.message.length < 400, error.message);
        return true;
      });
    });
  }

  it("is never taken for one because of a picture that is read", () => {
    for (const name of ["rgb.png", "cmyk.jpg", "lossy.webp", "still.gif", "lzw.tif"]) {
      assert.equal(identify(fixture(name)).kind, "picture", name);
    }
    // A pyramid: the first folder is the picture, smaller copies follow.
    assert.equal(identify(tiff([254, 0], [330, 400])).kind, "picture");
  });

  it("is told in time, however hostile its text is", () => {
    const hostile = [
      `<!DOCTYPE svg [${"<!--".repeat(60_000)}`,
      `<!DOCTYPE svg ${"[".repeat(200_000)}`,
      `${" ".repeat(250_000)}<svg `,
      `<!--${"-".repeat(250_000)}`,
      `${"a".repeat(250_000)}.png`,
      `data:image/${"A".repeat(250_000)}`,
    ];
    for (const text of hostile) assert.notEqual(identify(Buffer.from(text)).kind, undefined);
  });
});
