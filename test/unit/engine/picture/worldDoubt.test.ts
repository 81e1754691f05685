import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import sharp, { type Sharp } from "sharp";
import { preprocessImage } from "../../../../src/engine/picture/imagePreprocess";
import { parsePictureWorld } from "../../../../src/model/folder/pictureWorld";
import { parsePreprocessorConfig } from "../../../../src/model/config/preprocessorConfig";
import { fixturePath } from "../../../helpers/fixtures";
import { SeededRandom } from "../../../helpers/random";

const DEMO = path.resolve("models", "demo");
const read = (name: string): string => readFileSync(path.join(DEMO, name), "utf8");
const world = parsePictureWorld(read("world.json"), "world.json");
const config = parsePreprocessorConfig(
  read("preprocessor_config.json"),
  "preprocessor_config.json",
);

async function isOutside(image: Uint8Array): Promise<boolean> {
  const { facts } = await preprocessImage(image, { config, name: "it", alpha: "auto", world });
  return facts.isOutsideWorld;
}

const SHAPES = [
  (x: number, y: number, r: number) => `<circle cx="${x}" cy="${y}" r="${r}"`,
  (x: number, y: number, r: number) =>
    `<rect x="${x - 0.88 * r}" y="${y - 0.88 * r}" width="${1.76 * r}" height="${1.76 * r}"`,
  (x: number, y: number, r: number) =>
    `<path d="M${x} ${y - r}l${0.87 * r} ${1.5 * r}h${-1.73 * r}z"`,
] as const;

/** A scene as the demo was trained on, but drawn by another program. */
function scene(random: SeededRandom, side: number): Buffer {
  const near = (color: readonly number[], by: number): string =>
    `rgb(${color.map((sample) => Math.min(255, Math.max(0, sample + random.int(2 * by) - by))).join()})`;
  const half = side / 4;
  const count = 1 + random.int(4);
  const things = Array.from({ length: count }, (_, cell) => {
    const r = half * (random.int(2) === 0 ? 0.62 + 0.2 * random.next() : 0.3 + 0.1 * random.next());
    const move = (): number => (half - r) * 1.6 * (random.next() - 0.5);
    const [x, y] = [half * (1 + 2 * (cell % 2)) + move(), half * (cell < 2 ? 1 : 3) + move()];
    return `${random.pick(SHAPES)(x, y, r)} fill="${near(random.pick(world.colors), 15)}"/>`;
  });
  const ground = near(random.pick(world.grounds), 5);
  return Buffer.from(
    drawing(`<rect width="100%" height="100%" fill="${ground}"/>${things.join("")}`, side),
  );
}

const drawing = (body: string, side = 160): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}">${body}</svg>`;

const ENCODINGS: Record<string, (image: Sharp) => Sharp> = {
  PNG: (image) => image.png(),
  GIF: (image) => image.gif(),
  WebP: (image) => image.webp(),
  "JPEG of quality 90": (image) => image.jpeg({ quality: 90 }),
  "JPEG of quality 60": (image) => image.jpeg({ quality: 60 }),
};

describe("the world of the demo model", () => {
  for (const [what, encode] of Object.entries(ENCODINGS)) {
    it(`holds nearly all scenes of its kind as ${what}`, async () => {
      const random = new SeededRandom(11);
      let nOutside = 0;
      for (let i = 0; i < 40; i++) {
        const picture = sharp(scene(random, random.pick([120, 160, 320, 800])));
        if (await isOutside(await encode(picture).toBuffer())) nOutside++;
      }
      assert.ok(nOutside <= 4, `${nOutside} of 40 are outside`);
    });
  }

  it("holds the scenes that were kept from its training, and the samples", async () => {
    const folders = [fixturePath("demo"), path.resolve("media", "samples")];
    const files = folders.flatMap((folder) =>
      readdirSync(folder).map((name) => path.join(folder, name)),
    );
    const pictures = files.filter((file) => file.endsWith(".png"));
    assert.ok(pictures.length > 10);
    for (const file of pictures) assert.equal(await isOutside(readFileSync(file)), false, file);
  });

  const strangers: Record<string, string> = {
    "a shape in the middle":
      '<rect width="160" height="160" fill="#fafafa"/><circle cx="80" cy="80" r="30" fill="#dc2828"/>',
    "a color that it does not know":
      '<rect width="160" height="160" fill="#fafafa"/><circle cx="40" cy="40" r="25" fill="#30d5c8"/>',
    "a ground that it does not know":
      '<rect width="160" height="160" fill="#2050a0"/><circle cx="40" cy="40" r="25" fill="#f0d228"/>',
    "a gradient":
      '<defs><linearGradient id="g"><stop stop-color="#dc2828"/><stop offset="1" stop-color="#f0d228"/></linearGradient></defs><rect width="160" height="160" fill="#fafafa"/><circle cx="40" cy="40" r="30" fill="url(#g)"/>',
    "many things": `<rect width="160" height="160" fill="#fafafa"/>${Array.from({ length: 16 }, (_, i) => `<rect x="${10 + 40 * (i % 4)}" y="${10 + 40 * Math.floor(i / 4)}" width="18" height="18" fill="#dc2828"/>`).join("")}`,
    words:
      '<rect width="160" height="160" fill="#fff"/><text x="6" y="40" font-size="22">The quick fox</text><text x="6" y="90" font-size="22">jumps over it</text>',
    "a diagram":
      '<rect width="160" height="160" fill="#fff"/><path d="M10 80H150M80 10V150" stroke="#141414" stroke-width="5"/>',
    "an empty page": '<rect width="160" height="160" fill="#fafafa"/>',
    "what lies on dark": '<circle cx="40" cy="40" r="25" fill="#fff"/>',
  };
  for (const [what, body] of Object.entries(strangers)) {
    it(`does not hold ${what}`, async () => {
      assert.equal(await isOutside(Buffer.from(drawing(body))), true);
    });
  }

  it("does not hold what looks like a photograph", async () => {
    const random = new SeededRandom(3);
    for (let i = 0; i < 20; i++) {
      // Soft light, and grain.
      const light = await sharp(random.bytes(6 * 6 * 3), {
        raw: { width: 6, height: 6, channels: 3 },
      })
        .resize(200, 150, { kernel: "cubic" })
        .modulate({ saturation: 0.5 })
        .jpeg({ quality: 85 })
        .toBuffer();
      assert.equal(await isOutside(light), true);
    }
  });
});

describe("parsePictureWorld", () => {
  const plain = JSON.parse(read("world.json")) as Record<string, unknown>;
  const faults: Record<string, unknown> = {
    grounds: [],
    colors: [[1, 2, 300]],
    minFlat: 2,
    groundWithin: "far",
    grid: 0,
    maxThings: 1e9,
  };
  for (const [key, value] of Object.entries(faults)) {
    it(`refuses a wrong ${key}, naming it`, () => {
      const text = JSON.stringify({ ...plain, [key]: value });
      assert.throws(() => parsePictureWorld(text, "w.json"), {
        code: "checkpoint.corrupt",
        message: new RegExp(`w\\.json.*${key}`),
      });
    });
  }
});
