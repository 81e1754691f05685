import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { EngineStatus } from "../../../../src/host/service/engine";
import type { Progress } from "../../../../src/model/ask/progress";
import type { CallOptions } from "../../../../src/protocol/rpcClient";
import {
  ask,
  createService,
  Gate,
  IDLE_MS,
  methods,
  rejectsWith,
  turn,
  untilCancelled,
} from "../../../helpers/engineWorld";

describe("EngineSupervisor", () => {
  it("starts nothing before the first call", () => {
    const { service, processes } = createService();
    assert.deepEqual(service.status, { kind: "off", model: "demo" });
    assert.equal(processes.length, 0);
  });

  it("loads the chosen model for the first question and keeps it for the next", async () => {
    const { service, processes } = createService();
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(processes.length, 1);
    assert.deepEqual(methods(processes[0]), ["load", "generate", "generate"]);
  });

  it("loads once for questions that come together", async () => {
    const { service, world, processes } = createService();
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const answers = [ask(service), ask(service), service.warmUp().then(() => "warm")];
    await turn();
    gate.open();
    assert.deepEqual(await Promise.all(answers), ["demo on cpu", "demo on cpu", "warm"]);
    assert.deepEqual(methods(processes[0]), ["load", "generate", "generate"]);
  });

  it("tells each new status in order, with the device and its reason", async () => {
    const { service, statuses } = createService();
    await ask(service);
    await turn();
    assert.deepEqual(kinds(statuses), ["starting", "loading", "ready", "busy", "ready"]);
    assert.deepEqual(service.status, {
      kind: "ready",
      model: "demo",
      device: "cpu",
      deviceReason: { code: "asked", device: "cpu" },
      rssBytes: 5000,
    });
  });

  it("tells nothing to a listener that left", async () => {
    const { service } = createService();
    const stop = service.onStatusChanged(() => assert.fail("told"));
    stop();
    await service.warmUp();
  });

  it("passes the pieces of an answer and the progress of a load on", async () => {
    const { service, world, statuses } = createService();
    world.beforeLoad = (_params, context) => {
      context.emitProgress({ doneBytes: 5, totalBytes: 10 });
      return turn();
    };
    const pieces: string[] = [];
    const progress: Progress[] = [];
    await ask(service, {
      onText: (text) => pieces.push(text),
      onProgress: (step) => progress.push(step),
    });
    assert.deepEqual(pieces, ["piece"]);
    assert.deepEqual(progress, [{ doneBytes: 5, totalBytes: 10 }]);
    const loading = statuses.filter(({ kind }) => kind === "loading");
    assert.deepEqual(loading.at(-1)?.progress, { doneBytes: 5, totalBytes: 10 });
    assert.equal(service.status.progress, undefined);
  });

  it("tells the progress of a load once for each percent", async () => {
    const { service, world, statuses } = createService();
    world.beforeLoad = (_params, context) => {
      for (let doneBytes = 0; doneBytes <= 1000; doneBytes++) {
        context.emitProgress({ doneBytes, totalBytes: 1000 });
      }
      return Promise.resolve();
    };
    await service.warmUp();
    const told = statuses.filter(({ progress }) => progress !== undefined);
    assert.equal(told.length, 101);
  });

  it("lets one who waits for a load leave without disturbing the other", async () => {
    const { service, world, processes } = createService();
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const controller = new AbortController();
    const leaving = ask(service, { signal: controller.signal });
    const staying = ask(service);
    await turn();
    controller.abort();
    await rejectsWith(leaving, "request.cancelled");
    gate.open();
    assert.equal(await staying, "demo on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
  });

  it("cancels a load that nobody waits for any more, and loads again when it is needed", async () => {
    const { service, world, processes } = createService();
    world.beforeLoad = untilCancelled;
    const controller = new AbortController();
    const call = ask(service, { signal: controller.signal });
    await turn();
    controller.abort();
    await rejectsWith(call, "request.cancelled");
    await turn();
    assert.equal(service.status.kind, "off");
    world.beforeLoad = undefined;
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "load", "generate"]);
  });

  it("asks for nothing when the signal has fired before", async () => {
    const { service, processes } = createService();
    const signal = AbortSignal.abort();
    await rejectsWith(ask(service, { signal }), "request.cancelled");
    assert.equal(processes.length, 0);
  });

  it("loads a model that was chosen since before the next question", async () => {
    const { service, choose, processes, statuses } = createService();
    await ask(service);
    choose({ model: "other", device: "cpu" });
    assert.deepEqual(statuses.at(-1), { kind: "off", model: "other", rssBytes: 5000 });
    assert.equal(await ask(service), "other on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "generate", "load", "generate"]);
  });

  it("loads again when only the device is another", async () => {
    const { service, choose } = createService();
    await ask(service);
    choose({ model: "demo", device: "webgpu" });
    assert.equal(await ask(service), "demo on webgpu");
    assert.equal(service.status.device, "webgpu");
  });

  it("gives a load up when another model is chosen meanwhile", async () => {
    const { service, world, choose, processes } = createService();
    world.beforeLoad = ({ model }, context) =>
      model === "demo" ? untilCancelled({ model, device: "auto" }, context) : turn();
    const early = ask(service);
    await turn();
    choose({ model: "other", device: "auto" });
    const late = ask(service);
    assert.deepEqual(await Promise.all([early, late]), ["other on cpu", "other on cpu"]);
    assert.deepEqual(methods(processes[0]), ["load", "load", "generate", "generate"]);
  });

  it("survives a choice that goes back and forth while it loads", async () => {
    const { service, world, choose } = createService();
    world.beforeLoad = () => turn();
    const calls = [ask(service)];
    for (const model of ["b", "demo", "b", "demo"]) {
      choose({ model, device: "auto" });
      calls.push(ask(service));
    }
    for (const answer of await Promise.all(calls)) assert.equal(answer, "demo on cpu");
    assert.equal(service.status.kind, "ready");
  });

  it("fails all who wait for a model that cannot be loaded, and works with the one before", async () => {
    const { service, choose, statuses } = createService();
    await ask(service);
    choose({ model: "broken", device: "auto" });
    const calls = [ask(service), ask(service)];
    for (const call of calls) await rejectsWith(call, "model.corrupt", /broken/);
    assert.equal(service.status.kind, "failed");
    assert.equal(service.status.error?.code, "model.corrupt");
    choose({ model: "demo", device: "auto" });
    assert.equal(statuses.at(-1)?.kind, "off");
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(service.status.error, undefined);
  });

  it("tries a model that could not be loaded again with the next question", async () => {
    const { service, world } = createService();
    world.beforeLoad = () => Promise.reject(new AppError("model.busy", "Somebody writes it."));
    await rejectsWith(service.warmUp(), "model.busy");
    assert.equal(service.status.kind, "failed");
    world.beforeLoad = undefined;
    await service.warmUp();
    assert.equal(service.status.kind, "ready");
  });

  it("leaves a question that failed for its own reasons out of the status", async () => {
    const { service, world } = createService();
    world.answer = () => Promise.reject(new AppError("image.unreadable", "No picture."));
    await rejectsWith(ask(service), "image.unreadable");
    assert.equal(service.status.kind, "ready");
  });

  it("loads the model again after its device failed", async () => {
    const { service, world, processes } = createService();
    world.answer = () => Promise.reject(new AppError("device.failed", "The GPU was lost."));
    await rejectsWith(ask(service), "device.failed");
    assert.equal(service.status.error?.code, "device.failed");
    world.answer = undefined;
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "generate", "load", "generate"]);
    assert.equal(service.status.kind, "ready");
  });

  it("rejects what runs when the child dies, and answers the next question", async () => {
    const { service, world, processes, statuses } = createService();
    world.answer = () => new Promise<never>(() => undefined);
    const calls = [ask(service), ask(service)];
    await turn();
    processes[0]?.crash();
    for (const call of calls) await rejectsWith(call, "engine.exited");
    assert.equal(statuses.at(-1)?.kind, "failed");
    assert.equal(statuses.at(-1)?.error?.code, "engine.exited");
    assert.equal(statuses.filter(({ kind }) => kind === "failed").length, 1);
    world.answer = undefined;
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(methods(processes[1]), ["load", "generate"]);
    assert.equal(service.status.kind, "ready");
  });

  it("loads once for questions that come together after the child died", async () => {
    const { service, processes } = createService();
    await ask(service);
    processes[0]?.crash();
    assert.deepEqual(await Promise.all([ask(service), ask(service)]), Array(2).fill("demo on cpu"));
    assert.deepEqual(methods(processes[1]), ["load", "generate", "generate"]);
  });

  it("rejects a load during which the child dies", async () => {
    const { service, world, processes } = createService();
    world.beforeLoad = () => new Promise<never>(() => undefined);
    const call = ask(service);
    await turn();
    processes[0]?.crash();
    await rejectsWith(call, "engine.exited");
    assert.equal(service.status.kind, "failed");
    world.beforeLoad = undefined;
    assert.equal(await ask(service), "demo on cpu");
  });

  it("says so when the child keeps dying", async () => {
    const { service, world, processes, clock } = createService({ nFailures: 2 });
    world.beforeLoad = () => new Promise<never>(() => undefined);
    for (const child of [0, 1]) {
      const call = ask(service);
      await turn();
      processes[child]?.crash();
      await rejectsWith(call, "engine.exited");
    }
    await rejectsWith(ask(service), "engine.exited", /2 times in a row/);
    assert.match(service.status.error?.message ?? "", /2 times in a row/);
    clock.advance(IDLE_MS);
    world.beforeLoad = undefined;
    assert.equal(await ask(service), "demo on cpu");
  });

  it("ends the idle child and loads the model again with the next question", async () => {
    const { service, processes, clock } = createService();
    await ask(service);
    await turn();
    clock.advance(IDLE_MS - 1);
    assert.equal(service.status.kind, "ready");
    clock.advance(1);
    assert.deepEqual(service.status, { kind: "off", model: "demo" });
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(methods(processes[1]), ["load", "generate"]);
  });

  it("asks how long to wait after each work", async () => {
    const { service, clock, setIdleMs } = createService();
    await ask(service);
    setIdleMs(1000);
    await ask(service);
    clock.advance(1000);
    assert.equal(service.status.kind, "off");
  });

  it("makes small copies in a process of their own, which ends after a minute", async () => {
    const { service, world, processes, started, clock } = createService();
    world.answer = () => new Promise<never>(() => undefined);
    const question = ask(service);
    await turn();
    const params = { image: new Uint8Array(1), maxSide: 64 };
    assert.equal((await service.call("thumbnail", params)).width, 640);
    assert.deepEqual(started, ["answers", "pictures"]);
    clock.advance(60_000);
    assert.deepEqual(processes[1]?.kills, ["kill"]);
    assert.equal(service.status.kind, "busy");
    processes[0]?.crash();
    await rejectsWith(question, "engine.exited");
  });

  it("keeps the death of a helper out of the status", async () => {
    const { service, processes, statuses } = createService();
    await service.call("thumbnail", { image: new Uint8Array(1), maxSide: 64 });
    processes[0]?.crash();
    assert.deepEqual(statuses, []);
    assert.equal(
      (await service.call("thumbnail", { image: new Uint8Array(1), maxSide: 64 })).height,
      480,
    );
  });

  it("sees to models on disk while a question is answered", async () => {
    const { service, world, started } = createService();
    world.answer = () => new Promise<never>(() => undefined);
    const question = ask(service);
    const settled = rejectsWith(question, "engine.exited");
    await turn();
    assert.equal((await service.call("models", {})).models.length, 1);
    const plan = await service.call("planImport", { checkpoint: "/c" });
    const progress: Progress[] = [];
    const options: CallOptions = { onProgress: (step) => progress.push(step) };
    const reply = await service.call("convert", { checkpoint: "/c", out: plan.out }, options);
    assert.equal(reply.folder, plan.out);
    assert.deepEqual(progress, [{ doneBytes: 1, totalBytes: 2 }]);
    assert.deepEqual(started, ["answers", "models"]);
    await service.dispose();
    await settled;
  });

  it("gives a model up before it is deleted", async () => {
    const { service, processes } = createService();
    await ask(service);
    assert.deepEqual(await service.call("deleteModel", { name: "demo" }), { freedBytes: 7 });
    assert.deepEqual(methods(processes[0]), ["load", "generate", "unload"]);
    assert.equal(service.status.kind, "off");
    assert.equal(await ask(service), "demo on cpu");
  });

  it("keeps the loaded model when another is deleted", async () => {
    const { service, processes } = createService();
    await ask(service);
    await service.call("deleteModel", { name: "other" });
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
    assert.equal(service.status.kind, "ready");
  });

  it("ends every process on a restart and starts new ones with the next calls", async () => {
    const { service, processes, started } = createService();
    await ask(service);
    await service.call("models", {});
    await service.restart();
    for (const process of processes) assert.deepEqual(process.kills, ["kill"]);
    assert.deepEqual(service.status, { kind: "off", model: "demo" });
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(started, ["answers", "models", "answers"]);
  });

  it("rejects an answer that a restart interrupts, and loads for those who still wait", async () => {
    const { service, world, started } = createService();
    world.answer = () => new Promise<never>(() => undefined);
    const running = ask(service);
    await turn();
    const settled = rejectsWith(running, "engine.exited");
    await service.restart();
    await settled;
    world.answer = undefined;
    world.beforeLoad = untilCancelled;
    const waiting = ask(service);
    await turn();
    world.beforeLoad = undefined;
    await service.restart();
    assert.equal(await waiting, "demo on cpu");
    assert.equal(service.status.kind, "ready");
    assert.deepEqual(started, ["answers", "answers", "answers"]);
  });

  it("waits for the processes before a restart, but not for ever", async () => {
    const { service, processes, started, clock } = createService({ isImmortal: true });
    await ask(service);
    const restarted = service.restart();
    const answer = ask(service);
    await turn();
    assert.deepEqual(started, ["answers"]);
    clock.advance(10_000);
    await restarted;
    assert.equal(await answer, "demo on cpu");
    assert.deepEqual(started, ["answers", "answers"]);
    for (const process of processes) process.crash();
  });

  it("refuses every call when it is disposed of", async () => {
    const { service, processes } = createService();
    await ask(service);
    await service.dispose();
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    await rejectsWith(ask(service), "engine.exited", /shut down/);
    await rejectsWith(service.call("models", {}), "engine.exited", /shut down/);
    assert.equal(processes.length, 1);
  });

  it("leaves no timer behind", async () => {
    const { service, clock } = createService();
    await ask(service);
    await service.call("models", {});
    await service.dispose();
    assert.equal(clock.nAlarms, 0);
  });

  it("refuses every call where there is no runtime for the platform", async () => {
    const { service, processes, statuses, overruled } = createService({ platform: "linux-armhf" });
    const image = new Uint8Array(1);
    const refused = [
      ask(service),
      service.warmUp(),
      service.call("models", {}),
      service.call("thumbnail", { image, maxSide: 64 }),
      service.call("planImport", { checkpoint: "/c" }),
      service.call("convert", { checkpoint: "/c", out: "/o" }),
      service.call("deleteModel", { name: "demo" }),
    ];
    for (const call of refused) await rejectsWith(call, "device.unavailable", /linux-armhf/);
    assert.equal(service.status.kind, "unsupported");
    assert.match(service.status.error?.message ?? "", /no engine for linux-armhf/);
    assert.equal(processes.length, 0);
    assert.deepEqual([statuses, overruled], [[], []]);
    await service.restart();
  });
});

function kinds(statuses: readonly EngineStatus[]): string[] {
  const all = statuses.map(({ kind }) => kind);
  return all.filter((kind, index) => kind !== all[index - 1]);
}
