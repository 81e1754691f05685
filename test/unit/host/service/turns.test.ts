import assert from "node:assert/strict";
import { Turns } from "../../../../src/host/service/turns";
import { Gate, rejectsWith, turn } from "../../../helpers/engineWorld";

describe("Turns", () => {
  it("begins each work when the one before is done, whatever became of it", async () => {
    const turns = new Turns();
    const gate = new Gate();
    const done: string[] = [];
    const first = turns.take(undefined, async () => {
      await gate.opened;
      done.push("first");
      throw new Error("failed");
    });
    const second = turns.take(undefined, () => Promise.resolve(void done.push("second")));
    await turn();
    assert.deepEqual(done, []);
    gate.open();
    await assert.rejects(first, /failed/);
    await second;
    assert.deepEqual(done, ["first", "second"]);
  });

  it("lets one leave who waits, and nobody past the one before", async () => {
    const turns = new Turns();
    const gate = new Gate();
    const controller = new AbortController();
    const done: string[] = [];
    const work = (name: string) => (): Promise<void> => Promise.resolve(void done.push(name));
    const first = turns.take(undefined, () => gate.opened);
    const leaving = turns.take(controller.signal, work("leaving"));
    const last = turns.take(undefined, work("last"));
    controller.abort();
    await rejectsWith(leaving, "request.cancelled");
    await turn();
    assert.deepEqual(done, []);
    gate.open();
    await Promise.all([first, last]);
    assert.deepEqual(done, ["last"]);
  });
});
