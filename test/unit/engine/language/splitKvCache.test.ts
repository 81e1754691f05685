import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { KvCache } from "../../../../src/engine/language/kvCache";
import { cpuTensor, type Tensor } from "../../../../src/engine/session/session";
import { splitKvCaches } from "../../../../src/engine/language/splitKvCache";
import { HIDDEN } from "../../../../src/model/graph/graphContract";

const H = 2;
const D = 3;
const caches = splitKvCaches({ nLayers: 1, nHeads: H, headDim: D });

/** What tells a position of a row, a head and a tensor from every other one. */
const valueOf = (at: { tensor: number; row: number; head: number; position: number }): number =>
  1000 * at.tensor + 100 * at.row + 10 * at.position + at.head;

/** Outputs of a run over positions [first, first + count) of some rows. */
function outputsOf(
  first: number,
  count: number,
  rows: readonly number[] = [0],
): Record<string, Tensor> {
  const tensors = ["key", "value"].map((name, tensor) => {
    const values = new Float32Array(rows.length * H * count * D);
    let at = 0;
    for (const row of rows) {
      for (let head = 0; head < H; head++) {
        for (let i = 0; i < count; i++, at += D) {
          values.fill(valueOf({ tensor, row, head, position: first + i }), at, at + D);
        }
      }
    }
    return [`new_key_values.0.${name}`, cpuTensor(values, [rows.length, H, count, D])] as const;
  });
  return Object.fromEntries(tensors);
}

/** For each row the value of each position that a new one sees, as the graph would see it. */
function seen(cache: KvCache, tensor: number, head: number): number[][] {
  const feeds = cache.feeds(1);
  const bias = feeds["attention_bias"]?.data ?? [];
  const name = tensor === 0 ? "key" : "value";
  const prompt = feeds[`prompt_key_values.0.${name}`];
  const recent = feeds[`recent_key_values.0.${name}`];
  assert.ok(prompt && recent);
  const [nPrompt = 0, nRecent = 0] = [prompt.dims[2], recent.dims[2]];
  return Array.from({ length: cache.batch }, (_, row) => {
    const values: number[] = [];
    for (let i = 0; i < nPrompt; i++) {
      if (bias[i] === 0) values.push(Number(prompt.data[(head * nPrompt + i) * D]));
    }
    for (let i = 0; i < nRecent; i++) {
      const at = ((row * H + head) * nRecent + i) * D;
      if (bias[nPrompt + i] === 0) values.push(Number(recent.data[at]));
    }
    return values;
  });
}

/** The same, by the origin of each position. */
function expected(
  positions: readonly (readonly [row: number, position: number])[],
  at: { readonly tensor: number; readonly head: number },
): number[] {
  return positions.map(([row, position]) => valueOf({ ...at, row, position }));
}

function expectRows(
  cache: KvCache,
  rows: readonly (readonly (readonly [number, number])[])[],
): void {
  for (const tensor of [0, 1]) {
    for (let head = 0; head < H; head++) {
      assert.deepEqual(
        seen(cache, tensor, head),
        rows.map((positions) => expected(positions, { tensor, head })),
      );
    }
  }
}

const line = (row: number, end: number): (readonly [number, number])[] =>
  Array.from({ length: end }, (_, position) => [row, position] as const);

describe("the cache of the CPU", () => {
  it("begins without positions, which the graph sees as hidden ones", () => {
    const cache = caches.begin();
    assert.deepEqual([cache.batch, cache.length], [1, 0]);
    const feeds = cache.feeds(2);
    assert.deepEqual([...(feeds["cache_segments"]?.data ?? [])], [1n, 1n, 2n]);
    assert.deepEqual(feeds["attention_bias"]?.dims, [1, 1, 2, 4]);
    assert.deepEqual(
      [...feeds["attention_bias"].data],
      [HIDDEN, HIDDEN, 0, HIDDEN, HIDDEN, HIDDEN, 0, 0].map(Math.fround),
    );
    expectRows(cache, [[]]);
  });

  it("begins with positions that another graph gave, and goes on from them", async () => {
    const given = outputsOf(0, 3);
    const tensors = ["key", "value"].map((name) => given[`new_key_values.0.${name}`]!);
    const begun = caches.begin({ tensors, length: 3 });
    expectRows(begun, [line(0, 3)]);
    const beams = await begun.advanced(outputsOf(3, 1), 1).reordered([0, 0]);
    expectRows(beams, [line(0, 4), line(0, 4)]);
    expectRows(await begun.cutTo(2), [line(0, 2)]);
  });

  it("keeps a prompt of any length, and what one row generates behind it", () => {
    let cache = caches.begin().advanced(outputsOf(0, 4), 4);
    expectRows(cache, [line(0, 4)]);
    // More steps than there is room for at first.
    for (let position = 4; position < 40; position++) {
      cache = cache.advanced(outputsOf(position, 1), 1);
      assert.equal(cache.length, position + 1);
    }
    expectRows(cache, [line(0, 40)]);
  });

  it("counts positions for the columns that are not hidden", () => {
    const cache = caches.begin().advanced(outputsOf(0, 2), 2).advanced(outputsOf(2, 1), 1);
    const bias = cache.feeds(1)["attention_bias"]?.data ?? [];
    const positions = cache.keyPositions(1).filter((_, column) => bias[column] === 0);
    assert.deepEqual(positions, [0, 1, 2, 3]);
    assert.equal(cache.keyPositions(1).length, bias.length);
    assert.ok(cache.keyPositions(1).every((position) => position <= 3));
  });

  it("lets beams share the prompt and reorders what each has generated", async () => {
    const single = caches.begin().advanced(outputsOf(0, 3), 3);
    const beams = (await single.reordered([0, 0, 0])).advanced(outputsOf(3, 1, [0, 1, 2]), 1);
    expectRows(
      beams,
      [0, 1, 2].map((row) => [...line(0, 3), [row, 3] as const]),
    );
    const shared = beams.feeds(1)["prompt_key_values.0.key"];
    assert.equal(shared?.data, single.feeds(1)["prompt_key_values.0.key"]?.data);
    const moved = (await beams.reordered([2, 0, 2])).advanced(outputsOf(4, 1, [0, 1, 2]), 1);
    expectRows(moved, [
      [...line(0, 3), [2, 3], [0, 4]],
      [...line(0, 3), [0, 3], [1, 4]],
      [...line(0, 3), [2, 3], [2, 4]],
    ]);
    // Nothing of this was written into the cache that all beams came from.
    expectRows(single, [line(0, 3)]);
  });

  it("moves rows without more memory, also those that change places", async () => {
    const single = caches.begin().advanced(outputsOf(0, 1), 1);
    let beams = (await single.reordered([0, 0, 0])).advanced(outputsOf(1, 1, [0, 1, 2]), 1);
    const memory = beams.feeds(1)["recent_key_values.0.value"]?.data;
    beams = await beams.reordered([1, 0, 2]);
    expectRows(
      beams,
      [1, 0, 2].map(
        (row) =>
          [
            [0, 0],
            [row, 1],
          ] as const,
      ),
    );
    assert.equal(beams.feeds(1)["recent_key_values.0.value"]?.data, memory);
  });

  it("takes fewer rows on, when some have ended", async () => {
    const single = caches.begin().advanced(outputsOf(0, 2), 2);
    const rows = (await single.reordered([0, 0])).advanced(outputsOf(2, 1, [0, 1]), 1);
    expectRows(await rows.reordered([1]), [[...line(0, 2), [1, 2]]]);
  });

  it("is cut anywhere and goes on with another prompt", async () => {
    let cache = caches.begin().advanced(outputsOf(0, 5), 5);
    for (let position = 5; position < 8; position++) {
      cache = cache.advanced(outputsOf(position, 1), 1);
    }
    for (const length of [3, 5, 7, 8]) {
      const cut = await cache.cutTo(length);
      expectRows(cut, [line(0, length)]);
      const longer = cut.advanced(outputsOf(length, 4), 4);
      expectRows(longer, [line(0, length + 4)]);
      expectRows(cache, [line(0, 8)]);
    }
    await assert.rejects(async () => cache.cutTo(9), AppError);
  });

  it("names the tensor that the decoder did not give", () => {
    const { "new_key_values.0.key": key } = outputsOf(0, 1);
    assert.ok(key);
    assert.throws(
      () => caches.begin().advanced({ "new_key_values.0.key": key }, 1),
      /new_key_values\.0\.value/,
    );
  });

  it("gives back the memory of what the decoder gave", () => {
    let disposed = 0;
    const outputs = Object.entries(outputsOf(0, 1)).map(([name, tensor]) => [
      name,
      { ...tensor, dispose: () => disposed++ },
    ]);
    caches.begin().advanced(Object.fromEntries(outputs) as Record<string, Tensor>, 1);
    assert.equal(disposed, 2);
  });

  it("leaves the encoder's row for all to read", async () => {
    const encoder = { tensors: {}, length: 3 };
    assert.equal(await caches.encoderRows(encoder, 5), encoder);
  });
});
