import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { EngineSupervisor } from "../../../../src/host/service/engineSupervisor";
import type { PlannedLoad } from "../../../../src/host/service/memoryGate";
import {
  ask,
  createService,
  type Created,
  type CreateOptions,
  Gate,
  methods,
  rejectsWith,
  turn,
} from "../../../helpers/engineWorld";

const SET = { model: "blip-base", device: "auto" } as const;
const ANSWERS = "blip-vqa-base";
const DESCRIBES = "blip-image-captioning-base";

function createSet(options: CreateOptions = {}): Created {
  const created = createService(options);
  created.choose(SET);
  return created;
}

async function describePicture(
  service: EngineSupervisor,
  prompt: { kind: "caption" } | { kind: "raw"; text: string } = { kind: "caption" },
): Promise<string> {
  const reply = await service.generate({ image: new Uint8Array(1), prompt });
  return reply.sequences[0]?.text ?? "";
}

describe("a set behind EngineSupervisor", () => {
  it("answers and describes with the model for each, and changes only where it must", async () => {
    const { service, processes } = createSet();
    assert.equal(await ask(service), `${ANSWERS} on cpu`);
    assert.equal(await ask(service), `${ANSWERS} on cpu`);
    assert.equal(await describePicture(service), `${DESCRIBES} on cpu`);
    assert.equal(await describePicture(service, { kind: "raw", text: "a" }), `${DESCRIBES} on cpu`);
    assert.deepEqual(methods(processes[0]), [
      ...["load", "generate", "generate", "load", "generate", "generate"],
    ]);
    assert.equal(processes.length, 1);
  });

  it("is ready with any of its models, and tells which", async () => {
    const { service, statuses } = createSet();
    await service.warmUp();
    assert.equal(service.status.kind, "ready");
    assert.deepEqual([service.status.model, service.status.member], ["blip-base", ANSWERS]);
    await describePicture(service);
    assert.deepEqual([service.status.kind, service.status.member], ["ready", DESCRIBES]);
    assert.ok(statuses.every(({ model }) => model === "demo" || model === "blip-base"));
  });

  it("answers all who come at once, each with its model", async () => {
    const { service, world } = createSet();
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const answers = [
      ask(service),
      describePicture(service),
      ask(service),
      describePicture(service),
    ];
    await turn();
    gate.open();
    assert.deepEqual(
      await Promise.all(answers),
      [ANSWERS, DESCRIBES, ANSWERS, DESCRIBES].map((name) => `${name} on cpu`),
    );
  });

  it("looks at a picture ahead with the model that will answer", async () => {
    const { service } = createSet();
    await describePicture(service);
    await service.prepare({ image: new Uint8Array(1) });
    assert.equal(service.status.member, ANSWERS);
  });

  it("says which part is missing, and goes on with the other", async () => {
    const { service, world } = createSet();
    world.beforeLoad = ({ model }) =>
      model === DESCRIBES
        ? Promise.reject(new AppError("model.missing", `There is no model "${model}".`))
        : Promise.resolve();
    assert.equal(await ask(service), `${ANSWERS} on cpu`);
    await assert.rejects(describePicture(service), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "model.missing");
      assert.match(
        thrown.message,
        /^BLIP base is not whole: .* Get the rest of the set "blip-base"/,
      );
      return true;
    });
    assert.equal(service.status.kind, "failed");
    assert.equal(await ask(service), `${ANSWERS} on cpu`);
    assert.equal(service.status.kind, "ready");
  });

  it("keeps a model that is chosen by itself afterwards", async () => {
    const { service, choose, processes } = createSet();
    await ask(service);
    choose({ model: ANSWERS, device: "auto" });
    assert.deepEqual([service.status.kind, service.status.member], ["ready", undefined]);
    await ask(service);
    assert.deepEqual(methods(processes[0]), ["load", "generate", "generate"]);
  });

  it("asks for the memory of one model at a time, and offers no smaller one in its place", async () => {
    const planned: unknown[] = [];
    const permit = async ({ model, plan }: PlannedLoad): Promise<"load"> => {
      planned.push([model, await plan()]);
      return "load";
    };
    const { service, world } = createSet({ memory: { permit } });
    const plan = { neededBytes: 9, availableBytes: 2 };
    world.plan = { ...plan, smaller: { name: "small", neededBytes: 1 } };
    await ask(service);
    await describePicture(service);
    assert.deepEqual(planned, [
      [ANSWERS, plan],
      [DESCRIBES, plan],
    ]);
  });

  it("lets go of the loaded model before it is deleted", async () => {
    const { service, processes } = createSet();
    await ask(service);
    await service.call("deleteModel", { name: DESCRIBES });
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
    await service.call("deleteModel", { name: ANSWERS });
    assert.deepEqual(methods(processes[0]), ["load", "generate", "unload"]);
  });

  it("lets one who waits for its turn leave", async () => {
    const { service, world } = createSet();
    const gate = new Gate();
    world.beforeLoad = () => gate.opened;
    const first = ask(service);
    const controller = new AbortController();
    const leaving = ask(service, { signal: controller.signal });
    await turn();
    controller.abort();
    await rejectsWith(leaving, "request.cancelled");
    gate.open();
    assert.equal(await first, `${ANSWERS} on cpu`);
    assert.equal(await describePicture(service), `${DESCRIBES} on cpu`);
  });
});
