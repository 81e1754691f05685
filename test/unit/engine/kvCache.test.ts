import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import { emptyCache, gatherRows, presentCache, truncate } from "../../../src/engine/kvCache";
import { cpuTensor, type Session, type Tensor, type TensorMap } from "../../../src/engine/session";
import { cacheNames } from "../../../src/model/graphContract";

const names = cacheNames(1, false);

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

function fakeSession(fed: TensorMap[], outputs: () => Record<string, Tensor>): Session {
  return {
    inputNames: [],
    outputNames: [],
    run: (feeds) => {
      fed.push(feeds);
      return Promise.resolve(outputs());
    },
    release: () => Promise.resolve(),
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

describe("a cache of keys and values", () => {
  it("begins without positions", () => {
    const cache = emptyCache(names, { nHeads: 3, headDim: 4 });
    assert.deepEqual([cache.batch, cache.length], [1, 0]);
    assert.deepEqual(Object.keys(cache.tensors), [
      "past_key_values.0.key",
      "past_key_values.0.value",
    ]);
    for (const { dims } of Object.values(cache.tensors)) assert.deepEqual(dims, [1, 3, 0, 4]);
  });

  it("takes what a graph gave under the names that the graph takes", () => {
    const count = { disposed: 0 };
    const outputs = presents(count);
    const cache = presentCache(names, outputs, { batch: 1, length: 2 });
    assert.equal(cache.tensors["past_key_values.0.key"], outputs["present.0.key"]);
    assert.equal(cache.tensors["past_key_values.0.value"], outputs["present.0.value"]);
    cache.dispose();
    assert.equal(count.disposed, 2);
  });

  it("names the tensor that a graph did not give", () => {
    const { "present.0.key": key } = presents({ disposed: 0 });
    assert.ok(key);
    assert.throws(
      () => presentCache(names, { "present.0.key": key }, { batch: 1, length: 2 }),
      (thrown) =>
        thrown instanceof AppError &&
        thrown.code === "internal" &&
        thrown.message.includes("present.0.value"),
    );
  });

  it("is left as it is when rows are gathered or positions are cut", async () => {
    const count = { disposed: 0 };
    const cache = presentCache(names, presents(count, "device"), { batch: 1, length: 2 });
    const fed: TensorMap[] = [];
    const session = fakeSession(fed, () => presents({ disposed: 0 }));
    const rows = await gatherRows(session, names, { cache, beamIdx: [0, 0, 0] });
    assert.deepEqual([rows.batch, rows.length], [3, 2]);
    const cut = await truncate(session, names, { cache, length: 1 });
    assert.deepEqual([cut.batch, cut.length], [1, 1]);
    assert.deepEqual([...(fed[0]?.["beam_idx"]?.data ?? [])], [0, 0, 0]);
    assert.deepEqual([...(fed[1]?.["cache_length"]?.data ?? [])], [1n]);
    for (const feeds of fed) {
      assert.equal(feeds["past_key_values.0.key"], cache.tensors["past_key_values.0.key"]);
    }
    assert.equal(count.disposed, 0);
  });

  it("copies rows without a graph when they are on the CPU", async () => {
    const tensor = (from: number): Tensor =>
      cpuTensor(Float32Array.of(from, from + 1, from + 2, from + 3), [2, 1, 1, 2]);
    const outputs = { "present.0.key": tensor(0), "present.0.value": tensor(10) };
    const cache = presentCache(names, outputs, { batch: 2, length: 1 });
    const fed: TensorMap[] = [];
    const session = fakeSession(fed, () => ({}));
    const rows = await gatherRows(session, names, { cache, beamIdx: [1, 1, 0] });
    const { "past_key_values.0.key": key, "past_key_values.0.value": value } = rows.tensors;
    assert.deepEqual(key?.data, Float32Array.of(2, 3, 2, 3, 0, 1));
    assert.deepEqual(value?.data, Float32Array.of(12, 13, 12, 13, 10, 11));
    assert.deepEqual(key.dims, [3, 1, 1, 2]);
    assert.deepEqual([rows.batch, rows.length], [3, 1]);
    rows.dispose();
    assert.deepEqual(cache.tensors["past_key_values.0.key"]?.data, Float32Array.of(0, 1, 2, 3));
    assert.equal(fed.length, 0);
  });
});
