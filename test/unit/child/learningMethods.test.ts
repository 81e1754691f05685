import assert from "node:assert/strict";
import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import type { TaskRun } from "../../../src/child/enginePort";
import { createLearningMethods } from "../../../src/child/learningMethods";
import { findingModel } from "../../../src/library/open/openNamedModel";
import { modelStoreOf, type ModelStore } from "../../../src/library/store/modelStore";
import type { Stage } from "../../../src/model/ask/progress";
import { readPairs } from "../../../src/train/data/pairs";
import { writeColorPairs } from "../../helpers/colorPairs";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

const ignore = (): void => undefined;

describe("learning in a process of the editor", () => {
  let store: ModelStore;
  let methods: ReturnType<typeof createLearningMethods>;
  let pairs: { image: string; text: string }[];
  let folder: string;

  before(async () => {
    const home = await temporaryFolder();
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    for (const name of ["itm", "opt"]) {
      await cp(await kitModel(name), path.join(store.modelsDir, name), { recursive: true });
    }
    methods = createLearningMethods({ store, demoCheckpoint: "/none", logger: silentLogger });
    folder = await temporaryFolder();
    pairs = await readPairs(await writeColorPairs(path.join(folder, "pictures"), 3));
  });

  const runOf = (onStage: (stage: Stage) => void = ignore, signal?: AbortSignal): TaskRun => ({
    ...{ onText: ignore, onProgress: ignore, onStage },
    signal: signal ?? new AbortController().signal,
  });
  const workFolders = (): Promise<string[]> => readdir(store.trainingDir).catch(() => []);

  it("says for each task what it takes, and who cannot learn it", async () => {
    const both = await methods.planLearning({ pairs, answering: "opt" }, runOf());
    assert.deepEqual(
      both.plans.map(({ task, model }) => [task, model]),
      [
        ["retrieval", "itm"],
        ["captions", "opt"],
      ],
    );
    for (const { steps, seconds, memoryBytes, diskBytes } of both.plans) {
      // Fifteen texts of eighteen in steps of eight, twenty times.
      assert.equal(steps, 40);
      assert.ok(seconds > 0 && memoryBytes > 0 && diskBytes > 0);
    }
    assert.deepEqual(both.refusals, []);
    const one = await methods.planLearning({ pairs, answering: "itm", comparing: "opt" }, runOf());
    assert.deepEqual(one.plans, []);
    assert.deepEqual(one.refusals.length, 2);
    assert.match(
      one.refusals.join(),
      /"opt" does not learn to find.*"itm" does not learn captions/,
    );
  });

  it("stops within a step, goes on from there, and forgets what it kept when it is told to", async () => {
    const request = { pairs, folder, task: "captions", model: "opt" } as const;
    const stop = new AbortController();
    const stages: Stage[] = [];
    const stopped = methods.learn(
      request,
      runOf((stage) => {
        stages.push(stage);
        if (stage.stage === "learn" && stage.nDone === 2) stop.abort();
      }, stop.signal),
    );
    await assert.rejects(stopped, { code: "request.cancelled" });
    assert.equal(stages.at(-1)?.nDone, 2);
    assert.equal((await workFolders()).length, 1);
    const after: Stage[] = [];
    const again = new AbortController();
    const second = methods.learn(
      request,
      runOf((stage) => {
        after.push(stage);
        if (stage.stage === "learn") again.abort();
      }, again.signal),
    );
    await assert.rejects(second, { code: "request.cancelled" });
    assert.deepEqual(
      after.filter(({ stage }) => stage === "learn").map(({ nDone, nAll }) => [nDone, nAll]),
      [[3, 40]],
    );
    await methods.forgetLearning(request, runOf());
    assert.deepEqual(await workFolders(), []);
    assert.deepEqual((await readdir(store.modelsDir)).sort(), ["itm", "opt"]);
  });

  it("makes a model that no search takes by itself, and says how it did", async () => {
    const request = { pairs, folder, task: "retrieval", model: "itm" } as const;
    const result = await methods.learn(request, runOf());
    assert.equal(result.newModel, "itm-learnt");
    assert.deepEqual([result.nTrain, result.nHeldOut], [15, 3]);
    const names = result.after.map(({ name }) => name);
    assert.deepEqual(
      names,
      result.before.map(({ name }) => name),
    );
    assert.ok(names.includes("text→picture R@1"));
    const record = path.join(store.modelsDir, "itm-learnt", "learnt.json");
    assert.equal((JSON.parse(await readFile(record, "utf8")) as { from: string }).from, "itm");
    assert.equal(await findingModel(store, {}), "itm");
    assert.equal(await findingModel(store, { SIGHTLINE_SEARCH_MODEL: "itm-learnt" }), "itm-learnt");
    assert.deepEqual(await workFolders(), []);
  });
});
