import assert from "node:assert/strict";
import { ask, createService, methods, rejectsWith } from "../../../helpers/engineWorld";

describe("the engine service with the whole store", () => {
  it("ends the idle process that finds pictures before a model is deleted, which it may hold", async () => {
    const { service, processes, started } = createService();
    const find = () => service.call("findPictures", { words: "a sign", k: 1 });
    await find();
    await service.call("deleteModel", { name: "itm" });
    assert.deepEqual(started, ["search", "models"]);
    assert.deepEqual(processes[0]?.kills, ["kill"]);
    await find();
    assert.deepEqual(started, ["search", "models", "search"]);
  });

  it("ends its idle engine before the store is emptied", async () => {
    const { service, processes } = createService();
    await ask(service);
    assert.equal((await service.call("storeContents", {})).modelBytes, 4);
    assert.deepEqual(processes[0]?.kills, []);
    assert.deepEqual(await service.call("emptyStore", {}), {
      freedBytes: 10,
      left: ["/store/thesis"],
    });
    assert.deepEqual(processes[0].kills, ["kill"]);
    assert.deepEqual(methods(processes[1]), ["storeContents", "emptyStore"]);
    assert.equal(service.status.kind, "off");
  });

  it("does not empty the store while somebody is answered", async () => {
    const { service, processes } = createService();
    const answer = ask(service);
    await rejectsWith(service.call("emptyStore", {}), "model.busy", /Wait until it is done/);
    assert.equal(await answer, "demo on cpu");
    assert.deepEqual(methods(processes[1]), []);
  });
});
