import assert from "node:assert/strict";
import { TaskQueue } from "../../../src/base/taskQueue";

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
