import assert from "node:assert/strict";
import { TaskQueue } from "../../../src/base/taskQueue";
import { Gate, rejectsWith, turn } from "../../helpers/engineWorld";

describe("TaskQueue", () => {
  it("runs one task after the other, also after one that fails", async () => {
    const queue = new TaskQueue();
    const events: string[] = [];
    const task =
      (name: string, fails = false) =>
      async () => {
        events.push(`${name} begins`);
        await new Promise(setImmediate);
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      queue.add(task("a")),
      queue.add(task("b", true)),
      queue.add(task("c")),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.deepEqual(
      events,
      ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });

  it("is drained when everything is done, whatever failed", async () => {
    const queue = new TaskQueue();
    let isDone = false;
    const failed = assert.rejects(queue.add(() => Promise.reject(new Error("no"))));
    void queue.add(async () => {
      await new Promise(setImmediate);
      isDone = true;
    });
    await queue.drained();
    assert.ok(isDone);
    await failed;
  });
});

describe("TaskQueue, where one may leave", () => {
  it("begins each work when the one before is done, whatever became of it", async () => {
    const turns = new TaskQueue();
    const gate = new Gate();
    const done: string[] = [];
    const first = turns.add(async () => {
      await gate.opened;
      done.push("first");
      throw new Error("failed");
    });
    const second = turns.add(() => Promise.resolve(void done.push("second")));
    await turn();
    assert.deepEqual(done, []);
    gate.open();
    await assert.rejects(first, /failed/);
    await second;
    assert.deepEqual(done, ["first", "second"]);
  });

  it("lets one leave who waits, and nobody past the one before", async () => {
    const turns = new TaskQueue();
    const gate = new Gate();
    const controller = new AbortController();
    const done: string[] = [];
    const work = (name: string) => (): Promise<void> => Promise.resolve(void done.push(name));
    const first = turns.add(() => gate.opened);
    const leaving = turns.add(work("leaving"), controller.signal);
    const last = turns.add(work("last"));
    controller.abort();
    await rejectsWith(leaving, "request.cancelled");
    await turn();
    assert.deepEqual(done, []);
    gate.open();
    await Promise.all([first, last]);
    assert.deepEqual(done, ["last"]);
  });
});
