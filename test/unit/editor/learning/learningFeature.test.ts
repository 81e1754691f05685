import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { createLearning } from "../../../../src/editor/learning/learningFeature";
import type { Params, Result } from "../../../../src/protocol/methods";
import { AltWorld } from "../../../helpers/altServices";
import { settled } from "../../../helpers/chatFakes";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const CAPTIONS = "Describe pictures in your words";
const RETRIEVAL = "Find pictures by your words";

describe("learning from the alternative texts of a workspace", () => {
  let nPairs: number;
  let estimate: Result<"planLearning">;
  let result: Result<"learn">;
  let learn: (options: LearnOptions) => Promise<Result<"learn">>;
  let calls: (readonly [method: string, params: unknown])[];
  let settings: Record<string, unknown>;
  let feature: ReturnType<typeof createLearning>;

  interface LearnOptions {
    readonly signal: AbortSignal;
    readonly onStage: (stage: object) => void;
  }

  beforeEach(() => {
    resetFakeEditor();
    nPairs = 12;
    const cost = { steps: 40, seconds: 100, memoryBytes: 3e9, diskBytes: 2e6 };
    estimate = {
      plans: [
        { task: "retrieval", model: "demo-itm", ...cost },
        { task: "captions", model: "demo", ...cost },
      ],
      refusals: [],
      ...{ freeMemoryBytes: 8e9, freeDiskBytes: 5e10 },
    };
    result = {
      ...{ newModel: "demo-learnt", nTrain: 10, nHeldOut: 2, steps: 40 },
      before: [
        { name: "lm", value: 3 },
        { name: "text→picture R@1", value: 0.5 },
        { name: "itc", value: 2 },
      ],
      after: [
        { name: "lm", value: 0 },
        { name: "text→picture R@1", value: 1 },
        { name: "itc", value: 1 },
        { name: "CIDEr", value: 9.87 },
      ],
      unusable: [{ file: "/w/x.png", why: "blank" }],
    };
    learn = () => Promise.resolve(result);
    calls = [];
    const world = new AltWorld();
    const replies: Record<string, (params: never, options: LearnOptions) => unknown> = {
      collectPairs: ({ documents }: Params<"collectPairs">) => ({
        documents: documents.map(({ file }) => ({
          file,
          pairs: Array.from({ length: nPairs }, (_, i) => ({ image: `/w/${i}.png`, text: `${i}` })),
          leftOut: ["missing", "generated", "missing"],
        })),
      }),
      planLearning: () => estimate,
      learn: (_, options) => learn(options),
      forgetLearning: () => ({}),
    };
    Object.assign(world.engine, {
      status: { model: "demo" },
      warmUp: () => Promise.resolve(calls.push(["warmUp", undefined])),
      call: async (method: string, params: never, options: LearnOptions) => {
        calls.push([method, params]);
        await Promise.resolve();
        return replies[method]?.(params, options);
      },
    });
    const { services } = world;
    settings = { model: "demo", searchModel: undefined };
    Object.assign(settings, services.settings, {
      setModel: (name: string) => Promise.resolve(void (settings["model"] = name)),
      setSearchModel: (name: string) => Promise.resolve(void (settings["searchModel"] = name)),
    });
    const log = { ...services.log, info: () => undefined };
    feature = createLearning({ ...services, log, settings: settings as never });
    fakeEditor.files.set("file:///w/page.md", new TextEncoder().encode(""));
  });

  const start = async (): Promise<void> => {
    await feature.commands["sightline.learnFromAltTexts"]();
    await settled();
  };
  const asked = (): string[] => calls.map(([method]) => method);
  const texts = (): string[] => fakeEditor.messages.map(({ text }) => text);

  it("begins only once the user has seen what it takes and agreed", async () => {
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    await start();
    assert.deepEqual(asked(), ["collectPairs", "planLearning"]);
    const item = fakeEditor.lists[0]?.items.find(({ label }) => label === CAPTIONS);
    assert.equal(item?.description, "demo");
    assert.equal(item.detail, "about 2 min, up to 3.0 GB of memory");
    const [consent] = fakeEditor.messages;
    assert.equal(consent?.text, "Let demo learn from 12 alt texts?");
    const { detail = "" } = consent;
    assert.match(
      detail,
      /wrote: 12\. Documents: 1\. Left out: 2 without a text, 1 with a text that a model/,
    );
    assert.match(
      detail,
      /about 2 min beside your work, up to 3\.0 GB of memory \(8\.0 GB are free\)/,
    );
    assert.doesNotMatch(detail, /more memory than is free/);
  });

  it("warns of too little memory before it begins", async () => {
    estimate = { ...estimate, freeMemoryBytes: 1e9 };
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    await start();
    assert.match(fakeEditor.messages[0]?.detail ?? "", /more memory than is free/);
  });

  it("learns, reports before and after, changes over, and goes back", async () => {
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    for (const button of ["Learn", "Show Report"]) fakeEditor.pressed.add(button);
    const used: unknown[] = [];
    fakeEditor.beforePress = () => {
      used.push(settings["model"]);
      const isReport = fakeEditor.messages.at(-1)?.detail?.startsWith("Learnt from") === true;
      // The report offers the model too.
      if (isReport) fakeEditor.pressed.add("Use It").add("Switch Back");
    };
    learn = ({ onStage }) => {
      onStage({ stage: "features", nDone: 3, nAll: 12 });
      onStage({ stage: "learn", nDone: 10, nAll: 40, secondsLeft: 61 });
      return Promise.resolve(result);
    };
    await start();
    const progress = fakeEditor.progress.find(({ title }) => title === "demo is learning");
    assert.deepEqual(progress?.reports, [
      { message: "3 of 12 pictures looked at", increment: 0 },
      { message: "step 10 of 40, 2 min left", increment: 25 },
    ]);
    const report = fakeEditor.messages.find(({ detail }) => detail?.startsWith("Learnt") === true);
    assert.deepEqual(report?.detail?.split("\n"), [
      "Learnt from 10 texts in 40 steps, and tried on 2 others:",
      "Your words, how likely: 5% before, 100% after",
      "Right picture among the first 1: 50% before, 100% after",
      "Likeness to your texts (CIDEr, 0 to 10): – before, 9.9 after",
      "Pictures that cannot be read or show nothing: 1.",
    ]);
    assert.ok(texts().includes("Sightline answers with demo-learnt."));
    assert.deepEqual(used.at(-1), "demo-learnt");
    assert.equal(settings["model"], "demo");
    assert.equal(asked().filter((method) => method === "warmUp").length, 2);
  });

  it("finds pictures with what has learnt to find them, and with what did before", async () => {
    result = { ...result, newModel: "demo-itm-learnt" };
    fakeEditor.listSteps.push({ take: [RETRIEVAL] });
    for (const button of ["Learn", "Use It", "Switch Back"]) fakeEditor.pressed.add(button);
    const used: unknown[] = [];
    fakeEditor.beforePress = () => void used.push(settings["searchModel"]);
    await start();
    assert.ok(texts().includes("Sightline finds pictures with demo-itm-learnt."));
    assert.equal(used.at(-1), "demo-itm-learnt");
    assert.deepEqual([settings["searchModel"], settings["model"]], [undefined, "demo"]);
  });

  it("says that there is no new model where the held-out pictures got no better", async () => {
    result = { nTrain: 10, nHeldOut: 2, steps: 3, before: [], after: [], unusable: [] };
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    fakeEditor.pressed.add("Learn");
    await start();
    assert.match(texts().at(-1) ?? "", /no better, so there is no new model\. demo stays/);
    assert.equal(settings["model"], "demo");
  });

  it("stops when it is told to, keeps what was done, and deletes it where that is wanted", async () => {
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    for (const button of ["Learn", "Delete What Was Learnt"]) fakeEditor.pressed.add(button);
    fakeEditor.cancelledTitle = "demo is learning";
    learn = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reject(new AppError("request.cancelled", "Cancelled."));
        });
      });
    await start();
    assert.match(texts().at(-1) ?? "", /^Learning was stopped/);
    const [learning, forgetting] = calls.slice(-2);
    assert.deepEqual([learning?.[0], forgetting?.[0]], ["learn", "forgetLearning"]);
    assert.deepEqual(forgetting?.[1], learning?.[1]);
  });

  it("learns once at a time, and from enough texts", async () => {
    nPairs = 9;
    await start();
    assert.deepEqual(asked(), ["collectPairs"]);
    assert.match(texts()[0] ?? "", /wrote: 9\..*At least 10 are needed/);
    nPairs = 12;
    fakeEditor.listSteps.push({ take: [CAPTIONS] });
    fakeEditor.pressed.add("Learn");
    let end: (result: Result<"learn">) => void = () => undefined;
    learn = () => new Promise((resolve) => (end = resolve));
    const first = feature.commands["sightline.learnFromAltTexts"]() as Promise<void>;
    while (!asked().includes("learn")) await settled();
    await start();
    assert.match(texts().at(-1) ?? "", /learning already/);
    end(result);
    await first;
  });

  it("says why no model can learn", async () => {
    estimate = { ...estimate, plans: [], refusals: ["One cannot.", "The other cannot."] };
    await start();
    assert.deepEqual(texts(), ["One cannot. The other cannot."]);
  });
});
