import assert from "node:assert/strict";
import { ForegroundGate } from "../../../../src/host/service/foregroundGate";
import { Gate } from "../../../helpers/engineWorld";

describe("QuestionsFirst", () => {
  it("does background work when nobody asks", async () => {
    const first = new ForegroundGate();
    assert.equal(await first.background(undefined, () => Promise.resolve("done")), "done");
  });

  it("tells background work to go when a question comes", async () => {
    const first = new ForegroundGate();
    const gate = new Gate();
    let isDropped = false;
    const work = first.background(undefined, async (signal) => {
      await gate.opened;
      isDropped = signal.aborted;
    });
    const question = first.question(() => Promise.resolve("answer"));
    gate.open();
    assert.equal(await question, "answer");
    await work;
    assert.equal(isDropped, true);
  });

  it("begins none while a question is answered, and some after it, also a failed one", async () => {
    const first = new ForegroundGate();
    const gate = new Gate();
    const question = first.question(() => gate.opened.then(() => Promise.reject(new Error("no"))));
    const begun = first.background(undefined, () => assert.fail("begun"));
    await assert.rejects(begun, { code: "request.cancelled" });
    gate.open();
    await assert.rejects(question);
    assert.equal(await first.background(undefined, () => Promise.resolve(1)), 1);
  });

  it("passes the caller's cancel on, and begins nothing that was cancelled before", async () => {
    const first = new ForegroundGate();
    const controller = new AbortController();
    const seen = await first.background(controller.signal, (signal) => {
      controller.abort();
      return Promise.resolve(signal.aborted);
    });
    assert.equal(seen, true);
    const late = first.background(controller.signal, () => assert.fail("begun"));
    await assert.rejects(late, { code: "request.cancelled" });
  });
});
