import assert from "node:assert/strict";
import { abortable } from "../../../src/base/abortable";
import { isCancelled } from "../../../src/base/errors";

describe("abortable", () => {
  it("gives the outcome of the work", async () => {
    const { signal } = new AbortController();
    assert.equal(await abortable(Promise.resolve(7), signal), 7);
    await assert.rejects(abortable(Promise.reject(new Error("broken")), signal), /broken/);
  });

  it("does not wait for work that never ends", async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise<never>(() => undefined), controller.signal);
    controller.abort();
    await assert.rejects(waiting, isCancelled);
    await assert.rejects(abortable(Promise.resolve(1), controller.signal), isCancelled);
  });
});
