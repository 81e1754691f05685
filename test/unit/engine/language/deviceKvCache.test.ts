import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { deviceKvCaches } from "../../../../src/engine/language/deviceKvCache";
import type { KvCaches } from "../../../../src/engine/language/kvCache";
import { HIDDEN } from "../../../../src/model/graph/graphContract";
import {
  cpuTensor,
  type Session,
  type Tensor,
  type TensorMap,
} from "../../../../src/engine/session/session";

const PAST_KEY = "past_key_values.0.key";
const PAST_VALUE = "past_key_values.0.value";

/** A tensor that counts how often it is disposed of. */
function counted(count: { disposed: number }, location: Tensor["location"] = "cpu"): Tensor {
  const tensor = cpuTensor(new Float32Array(2), [1, 1, 2, 1]);
  return {
    ...tensor,
    location,
    dispose: () => {
      count.disposed++;
    },
  };
}

function presents(
  count: { disposed: number },
  location?: Tensor["location"],
): Record<string, Tensor> {
  return {
    "present.0.key": counted(count, location),
    "present.0.value": counted(count, location),
  };
}

/** Caches of one layer, whose graphs give what a test says; each run is noted with the part's name. */
function cachesOf(
  outputs: () => Record<string, Tensor>,
  hasEncoder = false,
): { caches: KvCaches; runs: { part: string; feeds: TensorMap }[] } {
  const runs: { part: string; feeds: TensorMap }[] = [];
  const open = (part: string): Promise<Session> =>
    Promise.resolve({
      inputNames: [],
      outputNames: [],
      run: (feeds) => {
        runs.push({ part, feeds });
        return Promise.resolve(outputs());
      },
      release: () => Promise.resolve(),
    });
  const shape = { nLayers: 1, nHeads: 1, headDim: 1, hasEncoder };
  return { caches: deviceKvCaches({ ...shape, sessions: { open } }), runs };
}

describe("the cache of an accelerator", () => {
  it("begins without positions", () => {
    const { caches } = cachesOf(() => ({}));
    const cache = caches.begin();
    assert.deepEqual([cache.batch, cache.length], [1, 0]);
    const { attention_bias: bias, ...feeds } = cache.feeds(1);
    assert.deepEqual(Object.keys(feeds), [PAST_KEY, PAST_VALUE]);
    for (const { dims } of Object.values(feeds)) assert.deepEqual(dims, [1, 1, 0, 1]);
    assert.deepEqual([bias?.dims, bias?.data], [[1, 1, 1, 1], Float32Array.of(0)]);
  });

  it("begins with positions that another graph gave, which stay the giver's", () => {
    const count = { disposed: 0 };
    const tensors = Object.values(presents(count));
    const cache = cachesOf(() => ({})).caches.begin({ tensors, length: 2 });
    assert.deepEqual([cache.batch, cache.length], [1, 2]);
    const feeds = cache.feeds(1);
    for (const name of [PAST_KEY, PAST_VALUE]) assert.deepEqual(feeds[name]?.dims, [1, 1, 2, 1]);
    assert.deepEqual(feeds["attention_bias"]?.dims, [1, 1, 1, 3]);
    cache.dispose();
    assert.equal(count.disposed, 0);
  });

  it("hides new positions from those before them", () => {
    const { caches } = cachesOf(() => ({}));
    const cache = caches.begin().advanced(presents({ disposed: 0 }), 2);
    const bias = cache.feeds(2)["attention_bias"];
    assert.deepEqual(bias?.dims, [1, 1, 2, 4]);
    assert.deepEqual([...bias.data], [0, 0, 0, Math.fround(HIDDEN), 0, 0, 0, 0]);
  });

  it("takes what the decoder gave under the names that it takes, and drops what was", () => {
    const count = { disposed: 0 };
    const outputs = presents(count);
    const cache = cachesOf(() => ({}))
      .caches.begin()
      .advanced(outputs, 2);
    assert.equal(cache.feeds(1)[PAST_KEY], outputs["present.0.key"]);
    assert.equal(cache.feeds(1)[PAST_VALUE], outputs["present.0.value"]);
    assert.deepEqual([cache.batch, cache.length], [1, 2]);
    assert.deepEqual(cache.keyPositions(1), [0, 1, 2]);
    const later = cache.advanced(presents({ disposed: 0 }), 1);
    assert.deepEqual([count.disposed, later.length], [2, 3]);
  });

  it("names the tensor that a graph did not give", () => {
    const { "present.0.key": key } = presents({ disposed: 0 });
    assert.ok(key);
    assert.throws(
      () =>
        cachesOf(() => ({}))
          .caches.begin()
          .advanced({ "present.0.key": key }, 2),
      (thrown) =>
        thrown instanceof AppError &&
        thrown.code === "internal" &&
        thrown.message.includes("present.0.value"),
    );
  });

  it("of one row is left as it is when beams begin or positions are cut", async () => {
    const count = { disposed: 0 };
    const { caches, runs } = cachesOf(() => presents({ disposed: 0 }));
    const cache = caches.begin().advanced(presents(count, "device"), 2);
    const rows = await cache.reordered([0, 0, 0]);
    assert.deepEqual([rows.batch, rows.length], [3, 2]);
    const cut = await cache.cutTo(1);
    assert.deepEqual([cut.batch, cut.length], [1, 1]);
    assert.deepEqual(
      runs.map(({ part }) => part),
      ["reorder_cache", "truncate_cache"],
    );
    assert.deepEqual([...(runs[0]?.feeds["beam_idx"]?.data ?? [])], [0, 0, 0]);
    assert.deepEqual([...(runs[1]?.feeds["cache_length"]?.data ?? [])], [1n]);
    for (const { feeds } of runs) assert.equal(feeds[PAST_KEY], cache.feeds(1)[PAST_KEY]);
    assert.equal(count.disposed, 0);
    cache.dispose();
    assert.equal(count.disposed, 2);
  });

  it("of several rows is freed once they have moved", async () => {
    const count = { disposed: 0 };
    const { caches } = cachesOf(() => presents(count, "device"));
    const single = caches.begin().advanced(presents({ disposed: 0 }, "device"), 1);
    const beams = await single.reordered([0, 0]);
    const moved = await beams.reordered([1, 0]);
    assert.equal(count.disposed, 2);
    moved.dispose();
    assert.equal(count.disposed, 4);
  });

  it("copies rows without a graph where the device cannot keep them", async () => {
    const tensor = (from: number): Tensor =>
      cpuTensor(Float32Array.of(from, from + 1, from + 2, from + 3), [2, 1, 1, 2]);
    const { caches, runs } = cachesOf(() => ({}));
    const outputs = { "present.0.key": tensor(0), "present.0.value": tensor(10) };
    const cache = caches.begin().advanced(outputs, 1);
    const feeds = (await cache.reordered([1, 1, 0])).feeds(1);
    assert.deepEqual(feeds[PAST_KEY]?.data, Float32Array.of(2, 3, 2, 3, 0, 1));
    assert.deepEqual(feeds[PAST_VALUE]?.data, Float32Array.of(12, 13, 12, 13, 10, 11));
    assert.deepEqual(feeds[PAST_KEY].dims, [3, 1, 1, 2]);
    assert.deepEqual(cache.feeds(1)[PAST_KEY]?.data, Float32Array.of(0, 1, 2, 3));
    assert.equal(runs.length, 0);
  });

  it("repeats the encoder's row for beams, and gives a single one as it is", async () => {
    const given = { disposed: 0 };
    const { caches, runs } = cachesOf(() => presents(given), true);
    const encoder = {
      tensors: { "past_key_values.0.encoder.key": counted({ disposed: 0 }, "device") },
      length: 7,
    };
    assert.equal(await caches.encoderRows(encoder, 1), encoder);
    assert.equal(runs.length, 0);
    await assert.rejects(caches.encoderRows(encoder, 2), /present\.0\.encoder\.key/);
    assert.equal(runs[0]?.part, "expand_encoder_cache");
    assert.deepEqual([...(runs[0].feeds["beam_idx"]?.data ?? [])], [0, 0]);
  });
});
