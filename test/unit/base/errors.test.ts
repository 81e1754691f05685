import assert from "node:assert/strict";
import {
  AppError,
  ERROR_CODES,
  isCancelled,
  isErrorCode,
  throwIfAborted,
} from "../../../src/base/errors";

describe("the error of the project", () => {
  it("has a code from a closed set without repetitions", () => {
    assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
    for (const code of ERROR_CODES) assert.ok(isErrorCode(code));
    for (const other of ["", "Internal", "model", "model.", null, undefined, 0, {}, ERROR_CODES]) {
      assert.equal(isErrorCode(other), false);
    }
  });

  it("crosses a process boundary as plain data and comes back", () => {
    const sent = new AppError("model.corrupt", "a.onnx is damaged.", {
      detail: { file: "a.onnx" },
    });
    const wire: unknown = structuredClone(sent.toWire());
    assert.deepEqual(wire, {
      code: "model.corrupt",
      message: "a.onnx is damaged.",
      detail: { file: "a.onnx" },
    });
    const received = AppError.fromWire(sent.toWire());
    assert.ok(received instanceof AppError && received instanceof Error);
    assert.deepEqual(received.toWire(), sent.toWire());
    assert.equal(received.name, "AppError");
  });

  it("leaves its cause and an absent detail at home", () => {
    const error = new AppError("internal", "x", { cause: new Error("secret") });
    assert.deepEqual(error.toWire(), { code: "internal", message: "x" });
    assert.equal(AppError.fromWire(error.toWire()).detail, undefined);
    assert.ok(error.cause instanceof Error);
    assert.equal("cause" in new AppError("internal", "x"), false);
  });

  it("is made of anything that can be thrown", () => {
    const own = new AppError("image.missing", "gone");
    assert.equal(AppError.from(own), own);
    const hostile = {
      toString: () => {
        throw new Error("not even this");
      },
    };
    for (const thrown of [new RangeError("r"), "text", 5, undefined, null, Symbol("s"), hostile]) {
      const error = AppError.from(thrown);
      assert.equal(error.code, "internal");
      assert.match(error.message, /^Unexpected failure: /);
      assert.equal(error.cause, thrown);
    }
    assert.match(AppError.from(new RangeError("too far")).message, /too far/);
    assert.match(AppError.from(Object.create(null)).message, /cannot be shown/);
  });

  it("tells a cancellation from a failure", () => {
    assert.equal(isCancelled(new AppError("request.cancelled", "x")), true);
    assert.equal(isCancelled(new AppError("internal", "x")), false);
    assert.equal(isCancelled({ code: "request.cancelled" }), false);
    assert.equal(isCancelled(undefined), false);
  });

  it("is thrown when a signal has fired", () => {
    throwIfAborted(undefined);
    throwIfAborted({ aborted: false });
    assert.throws(() => {
      throwIfAborted(AbortSignal.abort());
    }, isCancelled);
  });
});
