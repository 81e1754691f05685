import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { ask, createService, Gate, rejectsWith, turn } from "../../../helpers/engineWorld";

describe("EngineSupervisor: steps", () => {
  it("tells what an answer waits for, from the load to the words", async () => {
    const { service, statuses } = createService();
    const stages: string[] = [];
    const onStage = ({ stage }: { readonly stage: string }): void => {
      stages.push(stage);
    };
    await ask(service, { onStage });
    await ask(service, { onStage });
    const answer = ["look", "look", "write"];
    assert.deepEqual(stages, ["load", ...answer, ...answer]);
    const told = statuses.filter(({ kind }) => kind === "busy").map(({ step }) => step);
    assert.deepEqual(told, ["look", "write", "look", "write"]);
    assert.equal(service.status.step, undefined);
  });

  it("says of a question that waits for another one nothing that is not true", async () => {
    const { service, world } = createService();
    await service.warmUp();
    const gate = new Gate();
    const before = world.answer;
    world.answer = async () => {
      await gate.opened;
      throw new AppError("internal", "first");
    };
    const first = ask(service);
    await turn();
    const stages: string[] = [];
    const second = ask(service, { onStage: ({ stage }) => stages.push(stage) });
    await turn();
    assert.deepEqual(stages, []);
    world.answer = before;
    gate.open();
    await rejectsWith(first, "internal");
    await second;
    assert.deepEqual(stages, ["look", "write"]);
  });
});
