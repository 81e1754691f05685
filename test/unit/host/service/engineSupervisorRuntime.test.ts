import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import {
  ask,
  createService,
  Gate,
  methods,
  rejectsWith,
  replyOf,
  turn,
} from "../../../helpers/engineWorld";

describe("the runtime of the engine's service", () => {
  it("starts another child when the device changes to CUDA and back", async () => {
    const { service, processes, choose } = createService();
    assert.equal(await ask(service), "demo on cpu");
    choose({ model: "demo", device: "cuda" });
    assert.equal(await ask(service), "demo on cuda");
    assert.equal(processes.length, 2);
    assert.equal((await processes[0]?.exited)?.signal, "SIGTERM");
    choose({ model: "demo", device: "cpu" });
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(processes.length, 3);
    choose({ model: "demo", device: "webgpu" });
    assert.equal(await ask(service), "demo on webgpu");
    assert.deepEqual(
      processes.map((process) => methods(process)),
      [
        ["load", "generate"],
        ["load", "generate"],
        ["load", "generate", "load", "generate"],
      ],
    );
  });

  it("starts another child for CUDA after a load that failed in the first one", async () => {
    const { service, world, processes, choose } = createService();
    choose({ model: "demo", device: "cuda" });
    world.beforeLoad = () =>
      Promise.reject(new AppError("device.unavailable", "There is no CUDA here."));
    await rejectsWith(ask(service), "device.unavailable");
    world.beforeLoad = undefined;
    choose({ model: "demo", device: "cpu" });
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(processes.length, 2);
  });

  it("gets CUDA where a network is used, and ends a child that was to use it before", async () => {
    const { service, processes, started, choose } = createService();
    assert.deepEqual(await service.call("cudaStatus", {}), {});
    choose({ model: "demo", device: "cuda" });
    await ask(service);
    await service.call("planCuda", {});
    const agreed = { source: "feed", downloadBytes: 1 };
    assert.equal((await service.call("installCuda", { agreed })).outcome, "installed");
    await ask(service);
    assert.equal((await service.call("removeCuda", {})).freedBytes, 4);
    assert.deepEqual(started, ["models", "answers", "downloads", "answers"]);
    assert.deepEqual(methods(processes[2]), ["planCuda", "installCuda"]);
    assert.deepEqual(
      [1, 3].map((at) => processes[at]?.kills),
      [["kill"], ["kill"]],
    );
  });

  it("lets an answer end before its child is left for another runtime", async () => {
    const { service, world, processes, choose } = createService();
    const gate = new Gate();
    world.answer = async ({ device }) => {
      if (device !== "cuda") await gate.opened;
      return replyOf(`on ${device}`);
    };
    const first = ask(service);
    while (!methods(processes[0]).includes("generate")) await turn();
    choose({ model: "demo", device: "cuda" });
    const second = ask(service);
    await turn();
    assert.equal(processes.length, 1);
    gate.open();
    assert.deepEqual(await Promise.all([first, second]), ["on auto", "on cuda"]);
  });

  it("gives an idle engine up for another window, and never one that is at work", async () => {
    const { service, world, processes } = createService();
    assert.equal(await service.releaseIdle(), true);
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const answer = ask(service);
    await turn();
    assert.equal(await service.releaseIdle(), false);
    gate.open();
    await answer;
    await turn();
    const released = service.releaseIdle();
    assert.equal(await released, true);
    assert.deepEqual(service.status, { kind: "off", model: "demo" });
    assert.equal(await ask(service), "demo on cpu");
    assert.equal(processes.length, 2);
  });
});
