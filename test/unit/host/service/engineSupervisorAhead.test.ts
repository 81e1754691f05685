import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { MemoryPermit, PlannedLoad } from "../../../../src/host/service/memoryGate";
import {
  ask,
  createService,
  Gate,
  IDLE_MS,
  methods,
  rejectsWith,
  turn,
} from "../../../helpers/engineWorld";

describe("EngineSupervisor: pictures ahead", () => {
  const picture = { image: new Uint8Array(1), imageName: "cat.png" };

  it("loads the chosen model and has the picture looked at", async () => {
    const { service, processes } = createService();
    await service.prepare(picture);
    assert.deepEqual(methods(processes[0]), ["load", "prepare"]);
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "prepare", "generate"]);
  });

  it("puts a question first that comes while the model is loaded, and loads it once", async () => {
    const { service, world, processes } = createService();
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const ahead = service.prepare(picture);
    await turn();
    const answer = ask(service);
    gate.open();
    assert.equal(await answer, "demo on cpu");
    await rejectsWith(ahead, "request.cancelled");
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
  });

  it("drops one that has not begun when a question comes", async () => {
    const { service, world, processes } = createService();
    await service.warmUp();
    const gate = new Gate();
    let nBegun = 0;
    world.prepare = () => {
      nBegun++;
      return gate.opened;
    };
    const first = service.prepare(picture);
    const second = service.prepare(picture);
    await turn();
    const stages: string[] = [];
    const answer = ask(service, { onStage: ({ stage }) => stages.push(stage) });
    await turn();
    // Said at once: the child that looks at the picture can say nothing.
    assert.deepEqual(stages, ["look"]);
    gate.open();
    assert.equal(await answer, "demo on cpu");
    // It had begun, so it was seen through.
    await first;
    await rejectsWith(second, "request.cancelled");
    assert.equal(nBegun, 1);
    assert.deepEqual(methods(processes[0]), ["load", "prepare", "prepare", "generate"]);
  });

  it("does not end a child that sees a picture through, however long that takes", async () => {
    const { service, world, processes, clock } = createService();
    await service.warmUp();
    const gate = new Gate();
    world.prepare = () => gate.opened;
    const ahead = service.prepare(picture);
    await turn();
    const answer = ask(service);
    await turn();
    clock.advance(120_000);
    gate.open();
    assert.equal(await answer, "demo on cpu");
    await ahead;
    assert.deepEqual(processes[0]?.kills, []);
  });

  it("does not keep the idle child from being ended", async () => {
    const { service, processes, clock } = createService();
    await service.prepare(picture);
    await turn();
    clock.advance(IDLE_MS);
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    assert.deepEqual(service.status, { kind: "off", model: "demo" });
    clock.advance(10 * IDLE_MS);
    assert.equal(processes.length, 1);
  });

  it("is ready all the while, and busy when a question comes on top", async () => {
    const { service, world, statuses } = createService();
    world.precision = "small";
    await service.warmUp();
    await turn();
    const gate = new Gate();
    world.prepare = () => gate.opened;
    statuses.length = 0;
    const ahead = service.prepare(picture);
    await turn();
    assert.deepEqual(statuses, []);
    assert.deepEqual([service.status.kind, service.status.precision], ["ready", "small"]);
    const answer = ask(service);
    assert.equal(service.status.kind, "busy");
    gate.open();
    await Promise.all([ahead, answer]);
    assert.equal(service.status.kind, "ready");
  });

  it("leaves a lost device to the next question, which gets a new child", async () => {
    const { service, world, processes, choose } = createService();
    choose({ model: "demo", device: "webgpu" });
    world.prepare = () => Promise.reject(new AppError("device.failed", "The GPU was lost."));
    await rejectsWith(service.prepare(picture), "device.failed");
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    assert.equal(service.status.error, undefined);
    assert.equal(await ask(service), "demo on webgpu");
    assert.equal(processes.length, 2);
  });
});

describe("EngineSupervisor: memory", () => {
  it("asks before a load, and loads nothing when the user would rather not", async () => {
    const asked: string[] = [];
    let permit: MemoryPermit = "cancelled";
    const memory = {
      permit: async ({ model, plan }: PlannedLoad) => {
        const { neededBytes } = await plan();
        asked.push(`${model} ${neededBytes}`);
        return permit;
      },
    };
    const { service, world, processes } = createService({ memory });
    world.plan = { neededBytes: 7, availableBytes: 3 };
    const calls = [ask(service), service.warmUp()];
    for (const call of calls) await rejectsWith(call, "request.cancelled");
    assert.deepEqual(asked, ["demo 7"]);
    assert.deepEqual(methods(processes[0]), ["planLoad"]);
    assert.equal(service.status.kind, "off");
    permit = "load";
    assert.equal(await ask(service), "demo on cpu");
  });

  it("answers with the model that was chosen instead", async () => {
    const memory = {
      permit: ({ model }: PlannedLoad): Promise<MemoryPermit> => {
        if (model === "small") return Promise.resolve("load");
        choose({ model: "small", device: "auto" });
        return Promise.resolve("changed");
      },
    };
    const { service, processes, choose } = createService({ memory });
    assert.equal(await ask(service), "small on cpu");
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
  });

  it("takes a question while the model is loaded, and answers it then", async () => {
    const { service, world, statuses } = createService();
    const gate = new Gate();
    world.beforeLoad = (_params, context) => {
      context.emitProgress({ doneBytes: 1, totalBytes: 4, step: "load" });
      return gate.opened;
    };
    const answer = ask(service);
    await turn();
    assert.equal(service.status.kind, "loading");
    assert.deepEqual(statuses.at(-1)?.progress, { doneBytes: 1, totalBytes: 4, step: "load" });
    gate.open();
    assert.equal(await answer, "demo on cpu");
  });
});
