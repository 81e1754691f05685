import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { EnginePort } from "../../../../src/child/enginePort";
import type { EngineClient } from "../../../../src/host/process/engineClient";
import {
  answer,
  convert,
  create,
  Gate,
  model,
  rejectsWith,
  turn,
} from "../../../helpers/fakeClient";
import { createFakeEngine } from "../../../helpers/fakeEngine";
import type { FakeProcess } from "../../../helpers/fakeProcess";

describe("EngineClient", () => {
  it("starts the child with the first call and keeps it", async () => {
    const { client, processes } = create();
    assert.equal(processes.length, 0);
    assert.equal(await client.status(), undefined);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(processes.length, 1);
    assert.equal((await client.status())?.loaded?.name, "/m");
    await client.dispose();
  });

  it("starts one child for calls that come together", async () => {
    const { client, processes } = create();
    await Promise.all([client.call("load", model), convert(client), convert(client)]);
    assert.equal(processes.length, 1);
  });

  it("tells its states in order", async () => {
    const { client, processes, states } = create();
    await client.call("load", model);
    processes[0]?.crash();
    await client.call("load", model);
    await client.dispose();
    assert.deepEqual(states, [
      "starting",
      "busy",
      "ready",
      "failed: engine.exited",
      "starting",
      "busy",
      "ready",
    ]);
    assert.equal(client.state.kind, "stopped");
  });

  it("tells nothing to a listener that left", async () => {
    const { client } = create();
    const stop = client.onStateChanged(() => assert.fail("told"));
    stop();
    await convert(client);
  });

  it("ends the idle child and starts another with the next call", async () => {
    const { client, processes, clock } = create();
    await client.call("load", model);
    clock.advance(9999);
    assert.equal(client.state.kind, "ready");
    await convert(client);
    clock.advance(9999);
    assert.equal(client.state.kind, "ready");
    clock.advance(1);
    assert.equal(client.state.kind, "stopped");
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(processes.length, 2);
  });

  it("does not end a child that works for long", async () => {
    const { client, clock } = create({ idleMs: 10 });
    const gate = new Gate();
    const call = convert(client, () => {
      clock.advance(10_000);
      gate.open();
    });
    await gate.opened;
    assert.equal(client.state.kind, "busy");
    await call;
  });

  it("holds no model when another could not be loaded, because the one before went first", async () => {
    const { client } = create();
    await client.call("load", model);
    await rejectsWith(client.call("load", { model: "/missing", device: "cpu" }), "model.missing");
    await rejectsWith(answer(client, "model"), "model.missing");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("loads a model anew whose device failed, which the child has given up", async () => {
    let nReleases = 0;
    const lost = createFakeEngine({
      lost: () => Promise.reject(new AppError("device.failed", "The GPU was lost.")),
    });
    const counting: EnginePort = {
      ...lost,
      load: async (params, run) => {
        const loaded = await lost.load(params, run);
        const release = (): Promise<void> => {
          nReleases++;
          return Promise.resolve();
        };
        return { ...loaded, engine: { ...loaded.engine, release } };
      },
    };
    const { client } = create({}, () => ({ engine: counting }));
    await client.call("load", model);
    const calls = [answer(client, "lost"), answer(client, "model")];
    for (const call of calls) await rejectsWith(call, "device.failed", /GPU was lost/);
    assert.equal((await client.status())?.loaded, undefined);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(nReleases, 1);
  });

  it("ends its child when it is told to, and the next call starts another", async () => {
    const { client, processes } = create();
    await client.call("load", model);
    client.stop();
    assert.equal(client.state.kind, "stopped");
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(processes.length, 2);
  });

  it("forgets a model that was unloaded", async () => {
    const { client, processes } = create();
    await client.call("load", model);
    await client.call("unload", {});
    await rejectsWith(answer(client, "model"), "model.missing");
    assert.equal(processes.length, 1);
  });

  it("sends requests in the order of their calls", async () => {
    const { client } = create();
    await client.call("load", model);
    const before = answer(client, "model");
    const load = client.call("load", { model: "/other", device: "cpu" });
    const after = answer(client, "model");
    assert.deepEqual(await Promise.all([before, after]), ["/m", "/other"]);
    await load;
  });

  it("rejects pending calls when the child dies, and the next call works", async () => {
    const { client, processes } = create();
    await client.call("load", model);
    const calls = [answer(client, "stuck"), answer(client, "stuck")];
    await turn();
    processes[0]?.crash();
    for (const call of calls) await rejectsWith(call, "engine.exited", /exit code 70|closed/);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("holds no model in a new child; who loads it is not its concern", async () => {
    const { client, processes } = create();
    await client.call("load", model);
    processes[0]?.crash();
    await rejectsWith(answer(client, "model"), "model.missing");
    assert.equal(processes.length, 2);
  });

  it("waits longer with each death, then refuses, then tries again", async () => {
    const { client, processes, clock } = create();
    await crashOnce(client, processes);
    await crashOnce(client, processes);
    const third = convert(client);
    await turn();
    assert.equal(processes.length, 2);
    clock.advance(100);
    await turn();
    processes[2]?.crash();
    await rejectsWith(third, "engine.exited");
    await rejectsWith(convert(client), "engine.exited", /3 times in a row.*1 seconds/);
    assert.equal(processes.length, 3);
    clock.advance(200);
    await convert(client);
    assert.equal(processes.length, 4);
    await crashOnce(client, processes);
    await convert(client);
    assert.equal(processes.length, 5);
  });

  it("gives a waiting start up when it is disposed of", async () => {
    const { client, processes } = create();
    await crashOnce(client, processes);
    await crashOnce(client, processes);
    const waiting = convert(client);
    const settled = rejectsWith(waiting, "engine.exited");
    await turn();
    await client.dispose();
    await settled;
    assert.equal(processes.length, 2);
    await rejectsWith(convert(client), "engine.exited", /shut down/);
  });

  it("ends a child that says no hello", async () => {
    const { client, processes, clock } = create({}, () => ({
      engine: createFakeEngine(),
      isSilent: true,
    }));
    const call = convert(client);
    const settled = rejectsWith(call, "engine.timeout", /did not start within 1 seconds/);
    await turn();
    clock.advance(1000);
    await settled;
    assert.deepEqual(processes[0]?.kills, ["killNow"]);
  });

  it("ends a child of another protocol version", async () => {
    const { client, processes } = create({}, () => ({
      engine: createFakeEngine(),
      protocolVersion: 999,
    }));
    await rejectsWith(convert(client), "protocol.mismatch", /version 999/);
    assert.deepEqual(processes[0]?.kills, ["killNow"]);
  });

  it("says so when no process can be started", async () => {
    const { client } = create({
      startProcess: () => {
        throw new Error("EAGAIN");
      },
    });
    await rejectsWith(convert(client), "engine.exited", /could not be started/);
    assert.equal(client.state.kind, "failed");
  });

  it("cancels while the child starts, without ending the start", async () => {
    const { client, processes } = create();
    const controller = new AbortController();
    const call = client.call("load", model, { signal: controller.signal });
    controller.abort();
    await rejectsWith(call, "request.cancelled");
    await turn();
    assert.equal(client.state.kind, "ready");
    await convert(client);
    assert.equal(processes.length, 1);
  });

  it("ends a child that gives no sign of life, and counts text as one", async () => {
    const speak = new Gate();
    const engine = createFakeEngine({
      once: async ({ onText }) => {
        await speak.opened;
        onText?.("a");
        return await new Promise<never>(() => undefined);
      },
    });
    const { client, processes, clock } = create({}, () => ({ engine }));
    await client.call("load", model);
    const call = answer(client, "once");
    const waiting = convert(client);
    const settled = [
      rejectsWith(call, "engine.timeout", /5 seconds \(generate\)/),
      rejectsWith(waiting, "engine.timeout"),
    ];
    await turn();
    clock.advance(4999);
    speak.open();
    await turn();
    clock.advance(4999);
    const [child] = processes;
    assert.deepEqual(child?.kills, []);
    clock.advance(1);
    await Promise.all(settled);
    assert.deepEqual(child.kills, ["killNow"]);
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("does not count the time in the queue", async () => {
    const gate = new Gate();
    const engine = createFakeEngine();
    const slow: EnginePort = {
      ...engine,
      convert: async () => {
        await gate.opened;
        return { folder: "/o" };
      },
    };
    const { client, clock } = create({}, () => ({ engine: slow }));
    await client.call("load", model);
    const conversion = convert(client);
    const queued = answer(client, "count 1");
    await turn();
    clock.advance(19_000);
    gate.open();
    await conversion;
    assert.equal(await queued, "0 ");
  });

  it("ends a child that does not answer a cancel, and rejects the call as cancelled", async () => {
    const { client, processes, clock, states } = create();
    await client.call("load", model);
    const controller = new AbortController();
    const call = answer(client, "stuck", controller.signal);
    const settled = rejectsWith(call, "request.cancelled");
    await turn();
    controller.abort();
    clock.advance(499);
    const [child] = processes;
    assert.deepEqual(child?.kills, []);
    clock.advance(1);
    await settled;
    assert.deepEqual(child.kills, ["killNow"]);
    assert.equal(states.at(-1), "stopped");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("leaves the child alone when it answers a cancel in time", async () => {
    const { client, processes, clock } = create();
    await client.call("load", model);
    const controller = new AbortController();
    const call = answer(client, "endless", controller.signal);
    await turn();
    controller.abort();
    await rejectsWith(call, "request.cancelled");
    clock.advance(5000);
    assert.deepEqual(processes[0]?.kills, []);
  });

  it("lets a cancelled caller go where something cannot be stopped, and sees it through", async () => {
    const gate = new Gate();
    const finding: EnginePort = {
      ...createFakeEngine(),
      findPictures: async () => {
        await gate.opened;
        return { model: "itm", matches: [] };
      },
    };
    const { client, processes, clock } = create({}, () => ({ engine: finding }));
    const params = { words: "a sign", k: 1 };
    const controller = new AbortController();
    const { signal } = controller;
    const left = rejectsWith(client.call("findPictures", params, { signal }), "request.cancelled");
    await turn();
    controller.abort();
    await left;
    // As when each letter cancels the search of the one before.
    const next = client.call("findPictures", params);
    clock.advance(10_000);
    assert.equal(client.state.kind, "busy");
    gate.open();
    assert.equal((await next).model, "itm");
    assert.equal(processes.length, 1);
    assert.deepEqual(processes[0]?.kills, []);
  });

  it("leaves no timer behind", async () => {
    const { client, clock } = create();
    await client.call("load", model);
    await answer(client, "count 1");
    assert.equal(clock.nAlarms, 1);
    await client.dispose();
    assert.equal(clock.nAlarms, 0);
  });
});

/** Lets the youngest child die in the middle of a call. */
async function crashOnce(client: EngineClient, processes: FakeProcess[]): Promise<void> {
  const call = convert(client);
  await turn();
  processes.at(-1)?.crash();
  await rejectsWith(call, "engine.exited");
}
