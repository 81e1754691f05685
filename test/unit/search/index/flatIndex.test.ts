import assert from "node:assert/strict";
import { readFile, stat, truncate, writeFile, appendFile, chmod } from "node:fs/promises";
import path from "node:path";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { largestCosine } from "../../../../src/engine/textComparer";
import { alignedCosine, openFlatIndex } from "../../../../src/search/index/flatIndex";
import type { PictureIndex } from "../../../../src/search/index/pictureIndex";
import { codeBytes, type VectorRecord } from "../../../../src/search/index/vectorRecord";
import { temporaryFolder } from "../../../helpers/kitModel";
import { SeededRandom } from "../../../helpers/random";
import { madeUpRecord, unitVectors } from "../../../helpers/unitVectors";

const shape = { rows: 4, width: 256 };
const factory = createOrtSessionFactory();

const open = (folder: string, mode: "read" | "write" = "write"): Promise<PictureIndex> =>
  openFlatIndex({ folder, shape, mode, factory });

function records(count: number, seed = 1): readonly VectorRecord[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, i) => madeUpRecord(i, random, shape));
}

async function filled(folder: string, all: readonly VectorRecord[]): Promise<void> {
  const index = await open(folder);
  for (const record of all) await index.put(record);
  await index.close();
}

describe("the index of this machine", () => {
  let folder: string;
  beforeEach(async () => {
    folder = path.join(await temporaryFolder(), "index");
  });
  const codes = (): string => path.join(folder, "codes.index");
  const halves = (): string => path.join(folder, "halves.index");

  it("is empty where there is none, and makes no files for a reader", async () => {
    const index = await open(folder, "read");
    assert.equal(index.size, 0);
    assert.deepEqual(await index.search(unitVectors(new SeededRandom(1), shape), { k: 3 }), []);
    await index.close();
    await assert.rejects(stat(folder));
  });

  it("finds in the order of the exact cosine, also of a part", async () => {
    const all = records(2500);
    await filled(folder, all);
    const index = await open(folder, "read");
    const random = new SeededRandom(77);
    const odd = new Set(all.filter((_, i) => i % 2 === 1).map(({ digest }) => digest));
    for (let round = 0; round < 20; round++) {
      const text = unitVectors(random, { rows: 1, width: shape.width });
      const expected = all
        .map(({ digest, vectors }) => ({ digest, similarity: largestCosine(vectors, text) }))
        .sort((a, b) => b.similarity - a.similarity);
      sameOrder(await index.search(text, { k: 10 }), expected.slice(0, 10));
      sameOrder(
        await index.search(text, { k: 10, isWanted: (digest) => odd.has(digest) }),
        expected.filter(({ digest }) => odd.has(digest)).slice(0, 10),
      );
    }
    await index.close();
  });

  it("finds similar pictures, itself with 1 first", async () => {
    const all = records(300);
    await filled(folder, all);
    const index = await open(folder, "read");
    const { digest, vectors } = all[123]!;
    const kept = await index.vectors(digest);
    const expected = all
      .map((other) => ({
        digest: other.digest,
        similarity: alignedCosine(other.vectors, vectors, shape),
      }))
      .sort((a, b) => b.similarity - a.similarity);
    const found = await index.similar(kept!, { k: 10 });
    assert.equal(found[0]?.digest, digest);
    sameOrder(found, expected.slice(0, 10));
    await index.close();
  });

  it("finds the pairs that look alike, each once, as one by one", async () => {
    // Pictures of several blocks, a third of them a little different from another one.
    const random = new SeededRandom(5);
    const all = records(700).map((record, i, others) => {
      if (i % 3 !== 0 || i === 0) return record;
      const vectors = others[i - 1]!.vectors.map((value) => value + 0.02 * (random.next() - 0.5));
      for (let row = 0; row < shape.rows; row++) {
        const part = vectors.subarray(row * shape.width, (row + 1) * shape.width);
        const length = Math.hypot(...part);
        for (let at = 0; at < part.length; at++) part[at]! /= length;
      }
      return { ...record, vectors };
    });
    await filled(folder, all);
    const index = await open(folder, "read");
    const unwanted = all[3]!.digest;
    const counts: number[] = [];
    const found = await index.alike({
      ...{ least: 0.9, k: 8, signal: new AbortController().signal },
      isWanted: (digest) => digest !== unwanted,
      onProgress: (nDone) => counts.push(nDone),
    });
    const expected = all.flatMap((one, i) =>
      all.slice(i + 1).flatMap((other) => {
        const similarity = alignedCosine(one.vectors, other.vectors, shape);
        const isPair = similarity >= 0.9 && ![one.digest, other.digest].includes(unwanted);
        return isPair ? [`${one.digest} ${other.digest}`] : [];
      }),
    );
    assert.ok(expected.length > 200);
    assert.deepEqual(found.map(({ a, b }) => `${a} ${b}`).sort(), expected.sort());
    // 512 with all behind them, and then the other 187 with each other.
    assert.deepEqual(counts, [0, 648]);
    const stopped = index.alike({
      least: 0.9,
      k: 8,
      isWanted: () => true,
      signal: AbortSignal.abort(),
    });
    await assert.rejects(stopped, { code: "request.cancelled" });
    await index.close();
  });

  it("finds pairs that are just alike, where all pictures have much in common", async () => {
    const random = new SeededRandom(8);
    const common = unitVectors(random, shape);
    const mixed = (one: Float32Array, other: Float32Array, share: number): Float32Array => {
      const vectors = one.map((value, i) => value + share * other[i]!);
      for (let at = 0; at < vectors.length; at += shape.width) {
        const row = vectors.subarray(at, at + shape.width);
        const length = Math.hypot(...row);
        for (let i = 0; i < row.length; i++) row[i]! /= length;
      }
      return vectors;
    };
    const all = records(600, 9).map((record) => ({
      ...record,
      vectors: mixed(record.vectors, common, 1.2),
    }));
    // Every other one is made of the one before it, the more the later it comes.
    for (let i = 1; i < all.length; i += 2) {
      const vectors = mixed(all[i - 1]!.vectors, all[i]!.vectors, 1 - i / all.length);
      all[i] = { ...all[i]!, vectors };
    }
    await filled(folder, all);
    const index = await open(folder, "read");
    const { signal } = new AbortController();
    const found = await index.alike({ least: 0.9, k: 8, signal, isWanted: () => true });
    const expected = all.flatMap((one, i) =>
      all.slice(i + 1).flatMap((other) => {
        const similarity = alignedCosine(one.vectors, other.vectors, shape);
        return similarity >= 0.9 ? [{ pair: `${one.digest} ${other.digest}`, similarity }] : [];
      }),
    );
    const nJust = expected.filter(({ similarity }) => similarity < 0.92).length;
    assert.ok(nJust > 10 && expected.length > 200, `${nJust} of ${expected.length}`);
    assert.deepEqual(
      found.map(({ a, b }) => `${a} ${b}`).sort(),
      expected.map(({ pair }) => pair).sort(),
    );
    await index.close();
  });

  it("keeps of each picture only its most similar ones", async () => {
    const [first] = records(1);
    const all = records(50).map((record) => ({ ...record, vectors: first!.vectors }));
    await filled(folder, all);
    const index = await open(folder, "read");
    const signal = new AbortController().signal;
    const found = await index.alike({ least: 0.9, k: 2, isWanted: () => true, signal });
    assert.ok(found.length >= 49 && found.length <= 100, String(found.length));
    await index.close();
  });

  it("keeps a picture once and says what is known of it", async () => {
    const [first] = records(1);
    await filled(folder, [first!, first!]);
    const index = await open(folder);
    await index.put(first!);
    assert.equal(index.size, 1);
    const { width, height, isOneColor, look } = first!;
    const traits = index.traits(first!.digest);
    assert.deepEqual(
      { ...traits, digest: undefined, halvesCrc: undefined },
      {
        ...{ width, height, isOneColor, look, digest: undefined, halvesCrc: undefined },
      },
    );
    await index.close();
    assert.equal((await stat(codes())).size, 512 + codeBytes(shape));
  });

  it("loses at most what was being written, at whichever byte it stopped", async () => {
    const all = records(3);
    await filled(folder, all);
    const [codesThen, halvesThen] = [await readFile(codes()), await readFile(halves())];
    for (let cut = 1; cut <= codeBytes(shape) + 40; cut += 131) {
      await writeFile(codes(), codesThen.subarray(0, codesThen.length - cut));
      await writeFile(halves(), halvesThen);
      const reader = await open(folder, "read");
      const expected = cut <= codeBytes(shape) ? 2 : 1;
      assert.equal(reader.size, expected, `${cut} bytes less`);
      await reader.close();
      await filled(folder, all);
      const again = await open(folder, "read");
      assert.equal(again.size, 3);
      assert.deepEqual(await readFile(codes()), codesThen);
      await again.close();
    }
  });

  it("does not trust integers whose halves never arrived", async () => {
    await filled(folder, records(3));
    await truncate(halves(), (await stat(halves())).size - 1);
    const index = await open(folder);
    assert.equal(index.size, 2);
    await index.close();
  });

  it("does not trust the newest integers whose halves a power cut lost", async () => {
    await filled(folder, records(3));
    const bytes = await readFile(halves());
    await writeFile(halves(), bytes.fill(0, (2 * bytes.length) / 3));
    const index = await open(folder);
    assert.equal(index.size, 2);
    await index.close();
    assert.equal((await stat(halves())).size, (2 * bytes.length) / 3);
  });

  it("skips a record that the disk has damaged, and takes its picture again", async () => {
    const all = records(5);
    await filled(folder, all);
    const bytes = await readFile(codes());
    const at = 512 + 2 * codeBytes(shape) + 100;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    await writeFile(codes(), bytes);
    const index = await open(folder);
    assert.equal(index.size, 4);
    assert.equal(index.has(all[2]!.digest), false);
    await index.put(all[2]!);
    assert.equal(index.size, 5);
    await index.close();
    const reader = await open(folder, "read");
    assert.equal(reader.size, 5);
    await reader.close();
  });

  it("starts anew over a file that is no index, or one of other vectors", async () => {
    await filled(folder, records(2));
    await writeFile(codes(), "something else");
    const reader = await open(folder, "read");
    assert.equal(reader.size, 0);
    await reader.close();
    await filled(folder, records(2));
    const other = await openFlatIndex({
      folder,
      shape: { rows: 1, width: 8 },
      mode: "write",
      factory,
    });
    assert.equal(other.size, 0);
    await other.close();
  });

  it("ignores what is added behind whole records", async () => {
    await filled(folder, records(2));
    await appendFile(codes(), Buffer.alloc(3 * codeBytes(shape), 7));
    const reader = await open(folder, "read");
    assert.equal(reader.size, 2);
    await reader.close();
    await filled(folder, records(3));
    const again = await open(folder, "read");
    assert.equal(again.size, 3);
    await again.close();
  });

  it("says so when it cannot be written", async () => {
    await filled(folder, records(1));
    await chmod(codes(), 0o444);
    // Root writes whatever the mode says.
    if (process.getuid?.() !== 0) {
      await assert.rejects(open(folder), { code: "index.unwritable" });
    }
    await writeFile(`${folder}-file`, "");
    await assert.rejects(open(`${folder}-file`), { code: "index.unwritable" });
  });
});

function sameOrder(
  found: readonly { digest: string; similarity: number }[],
  expected: readonly { digest: string; similarity: number }[],
): void {
  assert.equal(found.length, expected.length);
  for (const [i, { digest, similarity }] of found.entries()) {
    const other = expected[i]!;
    assert.ok(Math.abs(similarity - other.similarity) < 1e-4, `${i}: ${similarity}`);
    if (digest === other.digest) continue;
    // Only pictures that halves cannot tell apart may change places.
    const own = expected.find((one) => one.digest === digest);
    const gap = Math.abs((own?.similarity ?? other.similarity) - other.similarity);
    assert.ok(gap < 1e-4, `${i}: a gap of ${gap}`);
  }
}
