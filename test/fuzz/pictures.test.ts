/**
 * Mutated picture files: each is decoded or refused with an error of the picture, none crashes,
 * hangs or is refused with an error that does not name the file.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { AppError } from "../../src/base/errors";
import { decodeImage } from "../../src/engine/picture/imageDecode";
import { fixturePath } from "../helpers/fixtures";
import { SeededRandom } from "../helpers/random";
import { HANG_MS } from "../helpers/waiting";

/** Far below the real limit, so that a header that lies just below it costs little memory. */
const MAX_PIXELS = 1 << 22;

interface Campaign {
  readonly seeds: readonly string[];
  readonly nCases: number;
  /** Where a file of this format states sizes: offset and width in bytes. */
  readonly sizeFields: (file: Buffer) => [offset: number, nBytes: number][];
  /** Makes checksums right again, so that changes get past them. */
  readonly repair?: (file: Buffer) => void;
}

/** 10,000 cases together; fewer where decoding is slow. */
const CAMPAIGNS: Record<string, Campaign> = {
  PNG: {
    seeds: [
      ...["rgb.png", "rgba-16.png", "gray-1.png", "palette-alpha.png", "interlaced.png"],
      ...["profile.png", "orientation-6.png"],
    ],
    nCases: 2200,
    sizeFields: () => [
      [16, 4],
      [20, 4],
      [24, 1],
      [25, 1],
      [28, 1],
    ],
    repair: repairPngChecksums,
  },
  JPEG: {
    seeds: ["colour-420.jpg", "progressive.jpg", "cmyk.jpg", "gray.jpg", "orientation-7.jpg"],
    nCases: 2300,
    // The frame header: marker FFC0 or FFC2, length (2), depth (1), height, width, components.
    sizeFields: (file) =>
      [0xc0, 0xc2]
        .map((marker) => file.indexOf(Buffer.of(0xff, marker, 0)))
        .filter((at) => at >= 0)
        .flatMap((at): [number, number][] => [
          [at + 2, 2],
          [at + 5, 2],
          [at + 7, 2],
          [at + 9, 1],
        ]),
  },
  GIF: {
    seeds: ["still.gif", "animated.gif", "transparent.gif"],
    nCases: 1500,
    sizeFields: (file) => {
      const frame = file.indexOf(Buffer.of(0x2c, 0, 0, 0, 0));
      const screen: [number, number][] = [
        [6, 2],
        [8, 2],
      ];
      return [...screen, [frame + 1, 2], [frame + 3, 2], [frame + 5, 2], [frame + 7, 2]];
    },
  },
  WebP: {
    seeds: ["lossy.webp", "lossless.webp", "alpha.webp", "animated.webp", "orientation-6.webp"],
    nCases: 1400,
    sizeFields: (file) => [
      [4, 4],
      [16, 4],
      ...fieldsAfter(file, "VP8X", [
        [12, 3],
        [15, 3],
      ]),
      ...fieldsAfter(file, "VP8L", [[9, 4]]),
      ...fieldsAfter(file, "VP8 ", [
        [14, 2],
        [16, 2],
      ]),
      ...fieldsAfter(file, "ANMF", [
        [8, 3],
        [11, 3],
        [14, 3],
        [17, 3],
      ]),
    ],
  },
  TIFF: {
    seeds: [
      ...["lzw.tif", "rgba.tif", "gray-16.tif", "palette.tif", "bilevel.tif", "float.tif"],
      ...["cmyk.tif", "pages.tif", "orientation-6.tif"],
    ],
    nCases: 1400,
    // Each entry of the first directory: tag (2), type (2), count (4), value (4).
    sizeFields: (file) => {
      const directory = file.readUInt32LE(4);
      return Array.from(
        { length: file.readUInt16LE(directory) },
        (_, i) => directory + 2 + i * 12,
      ).flatMap((at): [number, number][] => [
        [at, 2],
        [at + 2, 2],
        [at + 4, 4],
        [at + 8, 4],
      ]);
    },
  },
  AVIF: {
    seeds: ["colour-444.avif", "colour-420.avif", "alpha.avif"],
    nCases: 700,
    sizeFields: (file) => [
      ...fieldsAfter(file, "ispe", [
        [8, 4],
        [12, 4],
      ]),
      ...fieldsAfter(file, "iloc", [
        [-4, 4],
        [8, 2],
        [16, 4],
        [20, 4],
      ]),
    ],
  },
};

const ALL_SEEDS = Object.values(CAMPAIGNS).flatMap(({ seeds }) => seeds);
const SVG_CASES = 500;

/** Numbers that break size arithmetic. */
const EXTREMES = [
  ...[0, 1, 2, 3, 7, 8, 9, 16, 127, 128, 255, 256, 2047, 2048, 4096, 16383, 16384, 32767, 32768],
  ...[65535, 65536, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff],
];

function fieldsAfter(
  file: Buffer,
  mark: string,
  fields: readonly [offset: number, nBytes: number][],
): [number, number][] {
  const at = file.indexOf(mark);
  return at < 0 ? [] : fields.map(([offset, nBytes]) => [at + offset, nBytes]);
}

function repairPngChecksums(file: Buffer): void {
  // Chunks: length (4), type (4), data, checksum over type and data (4).
  for (let at = 8; at + 12 <= file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) return;
    file.writeUInt32BE(crc32(file.subarray(at + 4, end)), end);
    at = end + 4;
  }
}

function lie(file: Buffer, [offset, nBytes]: [number, number], random: SeededRandom): void {
  if (offset < 0 || offset + nBytes > file.length) return;
  const value = random.pick(EXTREMES) % 2 ** (8 * nBytes);
  if (random.int(2) === 0) file.writeUIntBE(value, offset, nBytes);
  else file.writeUIntLE(value, offset, nBytes);
}

function mutate(seed: Buffer, campaign: Campaign, random: SeededRandom): Buffer {
  let file: Buffer = Buffer.from(seed);
  const from = random.int(file.length);
  const to = Math.min(file.length, from + random.int(random.pick([2, 16, 200])));
  switch (random.int(6)) {
    case 0:
      return file.subarray(0, from);
    case 1:
      // Found in the seed, because one lie may hide the fields from the next.
      for (let n = 1 + random.int(3); n > 0; n--) {
        lie(file, random.pick(campaign.sizeFields(seed)), random);
      }
      break;
    case 2: // The start of one file and the rest of another, of any format.
      file = Buffer.concat([
        file.subarray(0, from),
        readSeed(random.pick(ALL_SEEDS)).subarray(random.int(2) === 0 ? from : 0),
      ]);
      break;
    case 3:
      file = Buffer.concat([
        file.subarray(0, from),
        random.bytes(random.int(9)),
        file.subarray(to),
      ]);
      break;
    case 4: // Says a piece twice, which repeats chunks.
      file = Buffer.concat([file.subarray(0, to), file.subarray(from)]);
      break;
    default:
      for (let n = 1 + random.int(8); n > 0; n--) {
        const at = random.int(file.length);
        file[at] = (file[at] ?? 0) ^ (1 << random.int(8));
      }
  }
  if (random.int(2) === 0) campaign.repair?.(file);
  return file;
}

const SVG_NUMBERS = [
  "0",
  "-1",
  "1e-9",
  "0.5",
  "99999",
  "1e6",
  "1e38",
  "1e400",
  "NaN",
  "",
  "50%",
  "3em",
];
const SVG_PIECES = [
  '<image xlink:href="file:///etc/passwd" width="9" height="9"/>',
  '<image href="data:image/png;base64,iVBORw0KGgo=" width="9" height="9"/>',
  '<use xlink:href="#own"/>',
  '<g id="own"><use xlink:href="#own"/></g>',
  '<text x="1" y="20">&#x10ffff;&lol;</text>',
  '<style>@import url("file:///etc/passwd"); rect { fill: url(#own) }</style>',
  '<path d="M0 0 A1 1 0 0 1 1e30 1e-30 z l 9 9 9"/>',
  '<pattern id="own" width="1e-6" height="1e-6"><rect fill="url(#own)"/></pattern>',
  "<svg viewBox='0 0 0 0'><rect width='9' height='9'/></svg>",
  "<![CDATA[<svg>]]>",
  "<g>".repeat(400),
  "</svg>",
  "\0",
];
const SVG_PROLOGUES = [
  "",
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<!DOCTYPE svg [<!ENTITY lol SYSTEM "file:///etc/passwd">]>',
  '<!DOCTYPE svg [<!ENTITY a "&b;"><!ENTITY b "&a;"><!ENTITY lol "&a;">]>',
  `<!DOCTYPE svg [<!ENTITY l0 "ha">${Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
  ).join("")}<!ENTITY lol "&l9;">]>`,
];

function makeHostileSvg(random: SeededRandom): Buffer {
  const number = (): string => random.pick(SVG_NUMBERS);
  const sizes = [
    `viewBox="0 0 ${number()} ${number()}"`,
    `width="${number()}" height="${number()}"`,
    'width="40" height="30"',
  ];
  const pieces = Array.from({ length: random.int(5) }, () => random.pick(SVG_PIECES));
  const rect = `<rect x="${number()}" width="${number()}" height="9" rx="${number()}"/>`;
  const file = Buffer.from(
    `${random.pick(SVG_PROLOGUES)}<svg xmlns="http://www.w3.org/2000/svg" ` +
      `xmlns:xlink="http://www.w3.org/1999/xlink" ${random.pick(sizes)}>${rect}${pieces.join("")}</svg>`,
  );
  if (random.int(3) === 0) file[random.int(file.length)] = random.int(256);
  return random.int(6) === 0 ? file.subarray(0, random.int(file.length)) : file;
}

const seedFiles = new Map<string, Buffer>();

function readSeed(name: string): Buffer {
  const known = seedFiles.get(name);
  if (known !== undefined) return known;
  const bytes = readFileSync(fixturePath("images", name));
  seedFiles.set(name, bytes);
  return bytes;
}

/** True when it was decoded. @throws when the outcome is neither a picture nor its error. */
async function decodeOrRefuse(bytes: Uint8Array, name: string): Promise<boolean> {
  const started = performance.now();
  try {
    const image = await decodeImage(bytes, { name, alpha: "white", maxPixels: MAX_PIXELS });
    assert.ok(image.width > 0 && image.height > 0, name);
    assert.equal(image.data.length, image.width * image.height * 3, name);
    return true;
  } catch (error) {
    assert.ok(error instanceof AppError, `${name}: ${String(error)}`);
    assert.ok(["image.unreadable", "image.tooLarge"].includes(error.code), error.message);
    assert.ok(error.message.includes(name), error.message);
    return false;
  } finally {
    const took = performance.now() - started;
    assert.ok(took <= HANG_MS, `${name} took ${took} ms`);
  }
}

describe("decodeImage on mutated pictures", function () {
  this.timeout(240_000);

  for (const [format, campaign] of Object.entries(CAMPAIGNS)) {
    it(`decodes or refuses ${campaign.nCases} mutations of ${format} files`, async () => {
      const random = new SeededRandom(campaign.nCases);
      let nDecoded = 0;
      for (let i = 0; i < campaign.nCases; i++) {
        const seed = random.pick(campaign.seeds);
        const file = mutate(readSeed(seed), campaign, random);
        if (await decodeOrRefuse(file, `case ${i} from ${seed}`)) nDecoded++;
      }
      // Both outcomes must occur, or the mutations are too weak or too strong to test anything.
      assert.ok(nDecoded > 0 && nDecoded < campaign.nCases, `${nDecoded} decoded`);
    });
  }

  it(`decodes or refuses ${SVG_CASES} hostile SVG files`, async () => {
    const random = new SeededRandom(SVG_CASES);
    let nDecoded = 0;
    for (let i = 0; i < SVG_CASES; i++) {
      if (await decodeOrRefuse(makeHostileSvg(random), `drawing ${i}`)) nDecoded++;
    }
    assert.ok(nDecoded > 0 && nDecoded < SVG_CASES, `${nDecoded} decoded`);
  });
});
