import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { AskOptions } from "../../../../src/host/service/engine";
import {
  ask,
  type Created,
  createService,
  Gate,
  methods,
  rejectsWith,
  replyOf,
  turn,
} from "../../../helpers/engineWorld";

const lost = (): Promise<never> =>
  Promise.reject(new AppError("device.failed", "The GPU was lost."));

describe("a question whose device is lost", () => {
  it("is asked again in a new child, and its text starts over", async () => {
    const { service, world, processes, overruled } = onGpu();
    let nAnswers = 0;
    world.answer = (_loaded, context) => {
      context.emitText("a bl");
      return nAnswers++ === 0 ? lost() : Promise.resolve(replyOf("a black cat"));
    };
    const said: string[] = [];
    const options: AskOptions = {
      onText: (text) => said.push(text),
      onRestarted: () => said.push("restarted"),
    };
    assert.equal(await ask(service, options), "a black cat");
    assert.deepEqual(said, ["a bl", "restarted", "a bl"]);
    assert.deepEqual(processes.map(methods), [
      ["load", "generate"],
      ["load", "generate"],
    ]);
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    assert.equal(service.status.device, "webgpu");
    assert.deepEqual(overruled, []);
  });

  it("is answered on the CPU after the second time, and the user is told once", async () => {
    const { service, world, processes, overruled } = onGpu();
    world.answer = ({ device }) => (device === "cpu" ? Promise.resolve(replyOf("cpu")) : lost());
    assert.equal(await ask(service), "cpu");
    assert.equal(await ask(service), "cpu");
    assert.equal(processes.length, 3);
    assert.deepEqual(overruled, ["webgpu webgpu device.failed"]);
    assert.equal(service.status.device, "cpu");
    assert.equal(service.status.overruled, "failed");
  });

  it("goes back to a device that the user chooses again", async () => {
    const { service, world, choose, overruled } = onGpu();
    let isGone = true;
    world.answer = ({ device }) =>
      device === "webgpu" && isGone ? lost() : Promise.resolve(replyOf(device));
    assert.equal(await ask(service), "cpu");
    isGone = false;
    choose({ model: "demo", device: "webgpu" });
    assert.equal(await ask(service), "cpu");
    choose({ model: "demo", device: "cpu" });
    choose({ model: "demo", device: "webgpu" });
    assert.equal(await ask(service), "webgpu");
    assert.equal(overruled.length, 1);
    assert.equal(service.status.overruled, undefined);
  });

  it("fails when the CPU fails too, after three children and not more", async () => {
    const { service, world, processes, overruled } = onGpu();
    world.answer = lost;
    await rejectsWith(ask(service), "device.failed");
    assert.equal(processes.length, 3);
    assert.equal(service.status.error?.code, "device.failed");
    await rejectsWith(ask(service), "device.failed");
    assert.equal(processes.length, 3);
    assert.equal(overruled.length, 1);
  });

  it("is asked again when the child dies of it", async () => {
    const { service, world, processes, overruled, clock } = onGpu();
    world.answer = ({ device }) => {
      if (device === "cpu") return Promise.resolve(replyOf("cpu"));
      processes.at(-1)?.crash();
      return new Promise<never>(() => undefined);
    };
    const answer = ask(service);
    for (let nTurns = 0; nTurns < 20; nTurns++) await turn();
    clock.advance(60_000);
    assert.equal(await answer, "cpu");
    assert.equal(processes.length, 3);
    assert.deepEqual(overruled, ["webgpu webgpu engine.exited"]);
  });

  it("moves to the CPU when the device cannot even be loaded again", async () => {
    const { service, world, overruled } = onGpu();
    let nLoads = 0;
    world.beforeLoad = ({ device }) =>
      device === "cpu" || nLoads++ === 0
        ? Promise.resolve()
        : Promise.reject(new AppError("device.unavailable", "There is no GPU."));
    world.answer = ({ device }) => (device === "cpu" ? Promise.resolve(replyOf("cpu")) : lost());
    assert.equal(await ask(service), "cpu");
    assert.deepEqual(overruled, ["webgpu webgpu device.unavailable"]);
  });

  it("is answered on the CPU where the model does not fit a device that nobody named", async () => {
    const { service, world, overruled, choose, processes } = createService();
    world.beforeLoad = ({ device }) =>
      device === "cpu"
        ? Promise.resolve()
        : Promise.reject(new AppError("device.unavailable", "The GPU has too little memory."));
    await service.warmUp();
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(overruled, ["auto ? device.unavailable"]);
    assert.equal(processes.length, 2);
    assert.equal(service.status.overruled, "unfit");
    choose({ model: "demo", device: "webgpu" });
    await rejectsWith(ask(service), "device.unavailable", /too little memory/);
    assert.equal(overruled.length, 1);
  });

  it("is not asked again when it was cancelled, but the next one gets a new child", async () => {
    const { service, world, processes } = onGpu();
    const gate = new Gate();
    world.answer = () => gate.opened.then(lost);
    const controller = new AbortController();
    const call = ask(service, { signal: controller.signal });
    await turn();
    controller.abort();
    gate.open();
    await rejectsWith(call, "device.failed");
    assert.equal(processes.length, 1);
    world.answer = undefined;
    assert.equal(await ask(service), "demo on webgpu");
    assert.equal(processes.length, 2);
  });

  it("takes the others that wait with it, which counts as one failure", async () => {
    const { service, world, processes, overruled } = onGpu();
    let nAnswers = 0;
    world.answer = ({ device }) => (nAnswers++ === 0 ? lost() : Promise.resolve(replyOf(device)));
    const answers = [ask(service), ask(service), ask(service)];
    assert.deepEqual(await Promise.all(answers), ["webgpu", "webgpu", "webgpu"]);
    assert.equal(processes.length, 2);
    assert.deepEqual(overruled, []);
  });

  it("does not bring back a child that the user restarted", async () => {
    const { service, world, processes } = onGpu();
    world.answer = () => new Promise<never>(() => undefined);
    const call = ask(service);
    await turn();
    await Promise.all([rejectsWith(call, "engine.exited"), service.restart()]);
    assert.equal(processes.length, 1);
  });

  it("is left alone by failures of another kind", async () => {
    const { service, world, processes } = onGpu();
    world.answer = () => Promise.reject(new AppError("image.unreadable", "No picture."));
    await rejectsWith(ask(service), "image.unreadable");
    assert.equal(processes.length, 1);
    assert.equal(service.status.kind, "ready");
  });
});

function onGpu(): Created {
  const created = createService();
  created.choose({ model: "demo", device: "webgpu" });
  return created;
}
