import assert from "node:assert/strict";
import { assertNever, defined, invariant } from "../../../src/base/assert";
import { AppError } from "../../../src/base/errors";

function isInternal(text: string): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof AppError && thrown.code === "internal" && thrown.message.includes(text);
}

describe("the checks of our own assumptions", () => {
  it("let through what holds", () => {
    invariant(true, "holds");
    assert.equal(defined(0, "a number"), 0);
    assert.equal(defined("", "a text"), "");
    assert.equal(defined(false, "a flag"), false);
  });

  it("name what does not hold", () => {
    assert.throws(() => {
      invariant(false, "three is two");
    }, isInternal("three is two"));
    assert.throws(() => {
      defined(undefined, "The cat");
    }, isInternal("The cat is absent"));
    assert.throws(() => defined(null, "The dog"), isInternal("The dog is absent"));
  });

  it("show the case that a switch forgot", () => {
    const unknown = { kind: "new" } as unknown as never;
    assert.throws(() => assertNever(unknown), isInternal('{"kind":"new"}'));
  });
});
