import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { decodeImage } from "../../../../src/engine/picture/imageDecode";
import { lookOf } from "../../../../src/engine/picture/pictureLook";
import { fixturePath } from "../../../helpers/fixtures";

const bytesOf = (name: string): Promise<Buffer> => readFile(fixturePath("demo", name));

async function look(bytes: Uint8Array): Promise<string> {
  return lookOf(await decodeImage(bytes, { name: "a picture", alpha: "auto" }));
}

function bitsBetween(a: string, b: string): number {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll("0", "").length;
}

describe("the look of a picture", () => {
  it("is nearly the same in another size and format, and another for other pictures", async () => {
    const names = ["scene000.png", "scene001.png", "scene002.png", "scene003.png"];
    const looks: string[] = [];
    for (const name of names) {
      const bytes = await bytesOf(name);
      const own = await look(bytes);
      assert.match(own, /^[0-9a-f]{16}$/);
      const small = await sharp(bytes).resize(300).jpeg({ quality: 80 }).toBuffer();
      assert.ok(bitsBetween(own, await look(small)) <= 5, name);
      for (const other of looks) assert.ok(bitsBetween(own, other) > 5, name);
      looks.push(own);
    }
  });

  it("exists of a single pixel", () => {
    assert.equal(lookOf({ width: 1, height: 1, data: Uint8Array.of(9, 9, 9) }), "0".repeat(16));
  });
});
