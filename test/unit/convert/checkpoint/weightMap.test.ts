import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import type { TensorInfo } from "../../../../src/convert/checkpoint/tensorInfo";
import { WeightMap } from "../../../../src/convert/checkpoint/weightMap";

function tensor(name: string, over: Partial<TensorInfo> = {}): TensorInfo {
  return {
    name,
    dtype: "F32",
    shape: [2, 3],
    begin: 0,
    end: 24,
    file: "/c/w.safetensors",
    ...over,
  };
}

const mapOf = (...tensors: TensorInfo[]): WeightMap =>
  new WeightMap({ folder: "/c", tensors: new Map(tensors.map((info) => [info.name, info])) });

function fails(code: ErrorCode, tensorName: string, words: RegExp) {
  return (thrown: unknown): true => {
    assert.ok(thrown instanceof AppError);
    assert.equal(thrown.code, code);
    assert.equal(thrown.detail?.["tensor"], tensorName);
    assert.ok(thrown.message.includes(`"${tensorName}"`), thrown.message);
    assert.match(thrown.message, words);
    return true;
  };
}

describe("WeightMap", () => {
  it("gives a tensor of the expected shape, more than once", () => {
    const map = mapOf(tensor("a"));
    assert.equal(map.take("a", [2, 3]).name, "a");
    assert.equal(map.take("a", [2, 3]).name, "a");
    assert.deepEqual(map.finish(), []);
  });

  it("names a missing tensor and the shape it should have", () => {
    assert.throws(
      () => mapOf(tensor("a")).take("b", [4, 5]),
      fails("checkpoint.incomplete", "b", /missing.*\[4, 5\]/),
    );
  });

  for (const shape of [[3, 2], [2, 3, 1], [2], [6], []]) {
    it(`refuses the shape [${shape.join(", ")}] where [2, 3] is expected`, () => {
      assert.throws(
        () => mapOf(tensor("a", { shape })).take("a", [2, 3]),
        fails("checkpoint.incomplete", "a", /\[2, 3\]/),
      );
    });
  }

  for (const dtype of ["I64", "BOOL", "F64", "F8_E4M3"] as const) {
    it(`refuses weights stored as ${dtype}, naming the file`, () => {
      assert.throws(
        () => mapOf(tensor("a", { dtype })).take("a", [2, 3]),
        fails("checkpoint.unsupported", "a", new RegExp(`w\\.safetensors.*${dtype}.*F32, F16`)),
      );
    });
  }

  it("names the first tensor that nothing took and counts the others", () => {
    const map = mapOf(tensor("a"), tensor("b"), tensor("c"), tensor("d"));
    map.take("a", [2, 3]);
    map.take("c", [2, 3]);
    assert.throws(() => map.finish(), fails("checkpoint.incomplete", "b", /and 1 more/));
  });

  it("drops counting buffers and copies of the T5 table, and says why", () => {
    const names = [
      "embeddings.position_ids",
      "language_model.encoder.embed_tokens.weight",
      "language_model.decoder.embed_tokens.weight",
    ];
    const map = mapOf(...names.map((name) => tensor(name, { dtype: "I64" })));
    const dropped = map.finish();
    assert.deepEqual(
      dropped.map(({ name }) => name),
      names,
    );
    assert.ok(dropped.every(({ reason }) => reason.length > 0));
  });

  it("does not drop a tensor whose name only resembles one of them", () => {
    for (const name of [
      "x.position_ids.weight",
      "my_position_ids",
      "language_model.model.decoder.embed_tokens.weight",
    ]) {
      assert.throws(() => mapOf(tensor(name)).finish(), fails("checkpoint.incomplete", name, /./));
    }
  });

  it("takes the first of several names that is there and names the first when none is", () => {
    assert.equal(mapOf(tensor("b"), tensor("c")).takeFirst(["a", "b", "c"], [2, 3]).name, "b");
    assert.throws(
      () => mapOf().takeFirst(["a", "b"], [2, 3]),
      fails("checkpoint.incomplete", "a", /missing/),
    );
  });
});
