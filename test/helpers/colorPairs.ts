/** Pictures of plain colours in many shades, with texts that name them: what a tiny model can learn in seconds. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { RandomStream } from "../../src/engine/decode/sampling";

const COLORS: Readonly<Record<string, readonly [number, number, number]>> = {
  red: [210, 30, 30],
  green: [30, 170, 40],
  blue: [40, 60, 210],
  yellow: [230, 220, 40],
  black: [25, 25, 25],
  white: [235, 235, 235],
};

const SIDE = 40;

/**
 * Writes `each` pictures of every colour and a list of them.
 * @returns the list's file.
 */
export async function writeColorPairs(folder: string, each = 6): Promise<string> {
  await mkdir(folder, { recursive: true });
  const random = RandomStream.seeded(3);
  const lines: string[] = [];
  for (const [color, channels] of Object.entries(COLORS)) {
    for (let i = 0; i < each; i++) {
      const shade = channels.map((value) => value + 30 * (random.nextUnit() - 0.5));
      const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) =>
        Math.min(255, Math.max(0, (shade[at % 3] ?? 0) + 12 * (random.nextUnit() - 0.5))),
      );
      const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
      const image = `${color}-${i}.png`;
      await writeFile(path.join(folder, image), await sharp(pixels, { raw }).png().toBuffer());
      lines.push(`${JSON.stringify({ image, text: `A ${color} picture` })}\n`);
    }
  }
  const file = path.join(folder, "pairs.jsonl");
  await writeFile(file, lines.join(""));
  return file;
}
