import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import { JsonObject } from "../../../src/base/json";

const source = { file: "a.json", code: "kit.invalid" } as const;
const parse = (text: string): JsonObject => JsonObject.parse(text, source);

function fails(read: () => unknown, message: string): void {
  assert.throws(read, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, "kit.invalid");
    assert.equal(thrown.detail?.["file"], "a.json");
    assert.ok(thrown.message.includes(message), thrown.message);
    return true;
  });
}

describe("a JSON object of unknown origin", () => {
  it("gives values of the expected kind", () => {
    const json = parse('{"i": 3, "n": 0.5, "b": false, "s": "x", "l": [1], "o": {"k": null}}');
    assert.equal(json.integer("i", { min: 3, max: 3 }), 3);
    assert.equal(json.number("n"), 0.5);
    assert.equal(json.boolean("b"), false);
    assert.equal(json.string("s"), "x");
    assert.deepEqual(json.array("l"), [1]);
    assert.deepEqual(json.object("o").keys(), ["k"]);
    assert.deepEqual(json.keys(), ["i", "n", "b", "s", "l", "o"]);
    assert.equal(json.raw("s"), "x");
  });

  it("gives the fallback for a key that is absent or null, and only then", () => {
    const json = parse('{"null": null, "zero": 0, "empty": "", "no": false}');
    for (const key of ["null", "absent"]) {
      assert.equal(json.has(key), false);
      assert.equal(json.integer(key, { min: 0, max: 9, fallback: 7 }), 7);
      assert.equal(json.number(key, 0.5), 0.5);
      assert.equal(json.boolean(key, true), true);
      assert.equal(json.string(key, "x"), "x");
      assert.deepEqual(json.objectOrEmpty(key).keys(), []);
    }
    assert.equal(json.integer("zero", { min: 0, max: 9, fallback: 7 }), 0);
    assert.equal(json.string("empty", "x"), "");
    assert.equal(json.boolean("no", true), false);
  });

  it("names file and key when a value is of another kind", () => {
    const json = parse('{"x": [], "deep": {"down": {"y": 5}}, "big": 1e309, "float": 1.5}');
    const limits = { min: 0, max: 9 };
    fails(() => json.integer("x", limits), 'a.json: "x" must be a whole number');
    fails(() => json.integer("float", limits), '"float" must be a whole number');
    fails(() => json.integer("big", limits), '"big"');
    fails(() => json.integer("absent", limits), '"absent"');
    fails(() => json.number("big"), '"big" must be a number');
    fails(() => json.boolean("x"), '"x" must be true or false');
    fails(() => json.string("x"), '"x" must be a text');
    fails(() => json.array("deep"), '"deep" must be a list');
    fails(() => json.object("x"), '"x" must be a JSON object');
    fails(() => json.objectOrEmpty("x"), '"x" must be a JSON object');
    fails(() => json.object("absent"), '"absent" must be a JSON object');
    const down = json.object("deep").object("down");
    fails(() => down.string("y"), '"deep.down.y" must be a text');
    fails(() => down.integer("y", { min: 6, max: 9 }), "between 6 and 9, not 5");
    fails(() => down.integer("y", { min: 0, max: 4 }), "between 0 and 4, not 5");
  });

  it("names the file when the text is not JSON or not an object", () => {
    for (const text of ["", "{", "{]", "NaN", "{'a': 1}"]) {
      fails(() => parse(text), "not valid JSON");
    }
    for (const text of ["null", "[]", "1", '"x"']) {
      fails(() => parse(text), "must be a JSON object");
    }
  });

  it("treats the names of Object.prototype as ordinary keys", () => {
    const json = parse('{"__proto__": {"s": "x"}, "own": 1}');
    assert.equal(json.has("s"), false);
    assert.equal(json.has("toString"), false);
    assert.equal(json.raw("constructor"), undefined);
    assert.equal(json.object("__proto__").string("s"), "x");
  });
});
