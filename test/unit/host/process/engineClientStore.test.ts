/** The client's calls that are about models and pictures rather than about questions. */

import assert from "node:assert/strict";
import {
  answer,
  create,
  Gate,
  limits,
  model,
  rejectsWith,
  turn,
} from "../../../helpers/fakeClient";
import { createFakeEngine, STORE_CONTENTS } from "../../../helpers/fakeEngine";

const shortThumbnails = { ...limits, requestMs: { ...limits.requestMs, thumbnail: 1000 } };

describe("EngineClient, about the store", () => {
  it("tells how far the demo is when it is loaded for the first time", async () => {
    const { client } = create();
    const steps: unknown[] = [];
    const onProgress = (step: unknown): void => {
      steps.push(step);
    };
    await client.call("load", { model: "demo", device: "cpu" }, { onProgress });
    assert.deepEqual(steps, [{ doneBytes: 1, totalBytes: 2 }]);
  });

  it("passes on what concerns the store and pictures", async () => {
    const { client } = create();
    assert.equal((await client.call("planImport", { checkpoint: "/c" })).name, "c");
    assert.equal((await client.call("models", {})).folder, "/models");
    assert.deepEqual(await client.call("deleteModel", { name: "/m" }), { freedBytes: 7 });
    assert.deepEqual(await client.call("storeContents", {}), STORE_CONTENTS);
    assert.equal((await client.call("emptyStore", {})).freedBytes, 10);
    const thumbnail = await client.call("thumbnail", { image: new Uint8Array(5), maxSide: 64 });
    assert.equal(thumbnail.width, 5);
  });

  it("releases a model that is deleted, and leaves another one alone", async () => {
    let nLoads = 0;
    const engine = createFakeEngine();
    const { client } = create({}, () => ({
      engine: {
        ...engine,
        load: (...args) => {
          nLoads += 1;
          return engine.load(...args);
        },
      },
    }));
    await client.call("load", model);
    await client.call("deleteModel", { name: "/other" });
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(nLoads, 1);
    await client.call("deleteModel", { name: "/m" });
    await rejectsWith(answer(client, "model"), "model.missing");
    await client.call("load", model);
    assert.equal(nLoads, 2);
    await rejectsWith(client.call("deleteModel", { name: "/missing" }), "model.missing");
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(nLoads, 2);
  });

  it("does not time a thumbnail while a question is answered", async () => {
    const gate = new Gate();
    const engine = createFakeEngine({
      once: async () => {
        await gate.opened;
        return "done";
      },
    });
    const { client, processes, clock } = create({ limits: shortThumbnails }, () => ({ engine }));
    await client.call("load", model);
    const neverDone = new AbortController();
    const thumbnail = client.call(
      "thumbnail",
      { image: new Uint8Array(0), maxSide: 64 },
      { signal: neverDone.signal },
    );
    const settled = rejectsWith(thumbnail, "engine.timeout", /1 seconds \(thumbnail\)/);
    await turn();
    const call = answer(client, "once");
    await turn();
    clock.advance(4999);
    assert.deepEqual(processes[0]?.kills, []);
    gate.open();
    assert.equal(await call, "done");
    clock.advance(999);
    assert.deepEqual(processes[0].kills, []);
    clock.advance(1);
    await settled;
    assert.deepEqual(processes[0].kills, ["killNow"]);
  });
});
