import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { largestCosine } from "../../../../src/engine/textComparer";
import { openFlatIndex } from "../../../../src/search/index/flatIndex";
import type { PictureIndex } from "../../../../src/search/index/pictureIndex";
import { codeBytes, halfBytes } from "../../../../src/search/index/vectorRecord";
import { temporaryFolder } from "../../../helpers/kitModel";
import { SeededRandom } from "../../../helpers/random";
import { madeUpRecord, unitVectors } from "../../../helpers/unitVectors";

const shape = { rows: 2, width: 64 };
const HEAD_BYTES = 512;
const factory = createOrtSessionFactory();
const { signal } = new AbortController();

describe("an index whose files are not what was written", () => {
  const random = new SeededRandom(14);
  // More than the newest ones, which a start looks at.
  const records = Array.from({ length: 80 }, (_, i) => ({
    ...madeUpRecord(i, random, shape),
    isOneColor: false,
  }));
  const vectorsOf = new Map(records.map(({ digest, vectors }) => [digest, vectors]));
  const text = unitVectors(random, { rows: 1, width: shape.width });
  let folder: string;
  let codes: Buffer;
  let halves: Buffer;

  const open = (mode: "read" | "write"): Promise<PictureIndex> =>
    openFlatIndex({ folder, shape, mode, factory });
  const fileOf = (name: string): string => path.join(folder, `${name}.index`);
  const lay = async (files: { readonly codes: Buffer; readonly halves: Buffer }): Promise<void> => {
    await writeFile(fileOf("codes"), files.codes);
    await writeFile(fileOf("halves"), files.halves);
  };

  before(async () => {
    folder = path.join(await temporaryFolder(), "index");
    await bringUpToDate();
    [codes, halves] = [await readFile(fileOf("codes")), await readFile(fileOf("halves"))];
  });
  after(() => rm(folder, { recursive: true }));

  /** As programs do one after another: what is not there is put there, and then all is searched. */
  async function bringUpToDate(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const index = await open("write");
      for (const record of records) await index.put(record);
      await index.search(text, { k: 100 });
      await index.close();
    }
  }

  /** Whatever it says is true. */
  async function expectTruth(index: PictureIndex): Promise<void> {
    const found = await index.search(text, { k: 100 });
    for (const { digest, similarity } of found) {
      const vectors = vectorsOf.get(digest);
      assert.ok(vectors, "a picture that nobody put there");
      assert.ok(Math.abs(similarity - largestCosine(vectors, text)) < 1e-3);
    }
    await index.alike({ least: 0.9, k: 4, signal, isWanted: () => true });
    for (const digest of index.digests()) {
      index.traits(digest);
      const vectors = await index.vectors(digest);
      const own = vectorsOf.get(digest);
      if (vectors === undefined) continue;
      assert.ok(vectors.every((value, i) => Math.abs(value - own![i]!) < 1e-3));
    }
  }

  async function expectRecovery(what: string): Promise<void> {
    const reader = await open("read");
    await expectTruth(reader);
    await reader.close();
    await bringUpToDate();
    const again = await open("read");
    assert.equal(again.size, records.length, what);
    await expectTruth(again);
    const found = await again.search(text, { k: 100 });
    assert.equal(found.length, records.length, what);
    await again.close();
  }

  function scribbled(bytes: Buffer, count: number): Buffer {
    const out = Buffer.from(bytes);
    for (let i = 0; i < count; i++) out[random.int(out.length)] = random.int(256);
    return out;
  }

  it("is right in the end, whichever bytes are others", async () => {
    for (let round = 0; round < 12; round++) {
      const count = 1 + random.int(60);
      await lay({
        codes: round % 3 === 0 ? codes : scribbled(codes, count),
        halves: round % 3 === 1 ? halves : scribbled(halves, count),
      });
      await expectRecovery(`round ${round}`);
    }
  });

  it("is right in the end, wherever either file ends", async () => {
    for (let round = 0; round < 12; round++) {
      const cutCodes = round % 3 === 0 ? codes.length : random.int(codes.length);
      const cutHalves = round % 3 === 1 ? halves.length : random.int(halves.length);
      await lay({ codes: codes.subarray(0, cutCodes), halves: halves.subarray(0, cutHalves) });
      await expectRecovery(`${cutCodes} and ${cutHalves} bytes`);
    }
  });

  it("is right in the end, whatever else lies there", async () => {
    const noise = Buffer.from(Array.from({ length: 40_000 }, () => random.int(256)));
    const zeros = Buffer.alloc(codes.length);
    const head = (text: string): Buffer => {
      const made = Buffer.alloc(HEAD_BYTES, " ");
      made.write(text);
      made.writeUInt32LE(crc32(made.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4);
      return Buffer.concat([made, codes.subarray(HEAD_BYTES)]);
    };
    const other: readonly Buffer[] = [
      ...[noise, zeros, halves, Buffer.alloc(0)],
      head('{"sightlineIndex":99,"rows":2,"width":64}'),
      head('{"sightlineIndex":1,"rows":4000000000,"width":4000000000}'),
      head('{"sightlineIndex":1,"rows":-1,"width":null}'),
      Buffer.concat([codes, noise]),
      Buffer.concat([codes.subarray(0, HEAD_BYTES), noise]),
    ];
    for (const [i, some] of other.entries()) {
      await lay({ codes: some, halves });
      await expectRecovery(`integers ${i}`);
    }
    for (const [i, some] of [noise, Buffer.alloc(halves.length), codes].entries()) {
      await lay({ codes, halves: some });
      await expectRecovery(`halves ${i}`);
    }
  });

  it("takes no numbers that are none, though the sums of the bytes are right", async () => {
    const [wrongCodes, wrongHalves] = [Buffer.from(codes), Buffer.from(halves)];
    const at = HEAD_BYTES + 3 * codeBytes(shape);
    // Halves of nothing but NaN, and the sums as a program would write them.
    const own = wrongHalves.subarray(3 * halfBytes(shape), 4 * halfBytes(shape)).fill(0x7f);
    const crcAt = at + 32 + 4 * shape.rows + 20 + 4;
    wrongCodes.writeUInt32LE(crc32(own), crcAt - 4);
    const begin = crc32(wrongCodes.subarray(at, crcAt));
    const whole = crc32(wrongCodes.subarray(crcAt + 4, at + codeBytes(shape)), begin);
    wrongCodes.writeUInt32LE(whole, crcAt);
    await lay({ codes: wrongCodes, halves: wrongHalves });
    const index = await open("write");
    assert.equal(index.size, records.length);
    const found = await index.search(text, { k: 100 });
    assert.equal(found.length, records.length - 1);
    assert.ok(found.every(({ similarity }) => Number.isFinite(similarity)));
    assert.equal(index.has(records[3]!.digest), false);
    await index.close();
    await expectRecovery("no numbers");
  });
});
