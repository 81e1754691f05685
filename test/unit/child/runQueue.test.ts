import assert from "node:assert/strict";
import { isCancelled } from "../../../src/base/errors";
import { RunQueue } from "../../../src/child/runQueue";

const never = new AbortController().signal;

describe("RunQueue", () => {
  it("runs one work at a time, in the order they came", async () => {
    const queue = new RunQueue();
    const events: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all(["a", "b", "c"].map((name) => queue.run(never, work(name))));
    assert.deepEqual(results, ["a", "b", "c"]);
    const expected = ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"];
    assert.deepEqual(events, expected);
  });

  it("runs as many at a time as it was made for", async () => {
    const queue = new RunQueue(() => 2);
    let nRunning = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      nRunning += 1;
      most = Math.max(most, nRunning);
      await new Promise((resolve) => setImmediate(resolve));
      nRunning -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => queue.run(never, work)));
    assert.equal(most, 2);
    assert.equal(nRunning, 0);
  });

  it("keeps work that must be alone apart from all others, in the order they came", async () => {
    const queue = new RunQueue(() => 3);
    const events: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string) => (): Promise<void> => {
      events.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    };
    const end = async (name: string): Promise<void> => {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const leaver = new AbortController();
    const all = ["a", "b"].map((name) => queue.run(never, work(name)));
    const left = queue.run(leaver.signal, work("never"), true);
    all.push(queue.run(never, work("c")));
    assert.deepEqual(events, ["a", "b"]);
    leaver.abort();
    await assert.rejects(left, isCancelled);
    assert.deepEqual(events, ["a", "b", "c"]);
    all.push(queue.run(never, work("alone"), true), queue.run(never, work("d")));
    for (const name of ["a", "b"]) await end(name);
    assert.deepEqual(events, ["a", "b", "c"]);
    await end("c");
    assert.deepEqual(events.at(-1), "alone");
    await end("alone");
    await end("d");
    await Promise.all(all);
    assert.deepEqual(events, ["a", "b", "c", "alone", "d"]);
  });

  it("goes on after a work that fails", async () => {
    const queue = new RunQueue();
    const failing = queue.run(never, () => Promise.reject(new Error("oops")));
    const next = queue.run(never, () => Promise.resolve("next"));
    await assert.rejects(failing, /oops/);
    assert.equal(await next, "next");
    assert.equal(await queue.run(never, () => Promise.resolve("free")), "free");
  });

  it("lets a waiting work leave at once, and never begins it", async () => {
    const queue = new RunQueue();
    let finish: () => void = () => undefined;
    const first = queue.run(never, () => new Promise<void>((resolve) => (finish = resolve)));
    const controller = new AbortController();
    const second = queue.run(controller.signal, () => assert.fail("begun"));
    const third = queue.run(never, () => Promise.resolve("third"));
    controller.abort();
    await assert.rejects(second, isCancelled);
    finish();
    await first;
    assert.equal(await third, "third");
  });

  it("does not begin a work whose signal had fired before", async () => {
    const queue = new RunQueue();
    const work = queue.run(AbortSignal.abort(), () => assert.fail("begun"));
    await assert.rejects(work, isCancelled);
  });
});
