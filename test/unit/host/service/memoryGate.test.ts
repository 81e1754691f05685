import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { silentLogger } from "../../../../src/base/logger";
import {
  type MemoryAnswer,
  MemoryGate,
  type MemoryPermit,
  type MemoryQuestion,
} from "../../../../src/host/service/memoryGate";
import type { LoadPlan } from "../../../../src/model/ask/models";
import type { OtherEngine } from "../../../../src/roll/engineRoll";

const tooLarge: LoadPlan = { neededBytes: 3.9e9, availableBytes: 2.1e9 };
const smaller = { name: "opt-small", neededBytes: 1.9e9 };

class Bench {
  answer: MemoryAnswer | Promise<MemoryAnswer> = "cancel";
  plan: LoadPlan | AppError = tooLarge;
  readonly asked: MemoryQuestion[] = [];
  readonly did: string[] = [];
  others: OtherEngine[] = [];
  /** What becomes of the plan when another engine has ended. */
  planAfterwards: LoadPlan | undefined;
  readonly gate = new MemoryGate({
    otherEngines: () => Promise.resolve(this.others),
    endOther: ({ address }) => {
      this.did.push(`end ${address}`);
      this.plan = this.planAfterwards ?? this.plan;
      this.others = [];
      this.answer = "cancel";
      return Promise.resolve(true);
    },
    reportOthers: (others) => this.did.push(`tell ${others.length}`),
    ask: (question) => {
      this.asked.push(question);
      return Promise.resolve(this.answer);
    },
    choose: (model) => Promise.resolve(void this.did.push(`choose ${model}`)),
    getSmaller: () => this.did.push("get"),
    logger: silentLogger,
  });

  permit(model = "opt", signal = new AbortController().signal): Promise<MemoryPermit> {
    const planned = (): Promise<LoadPlan> => {
      this.did.push("plan");
      const { plan } = this;
      return plan instanceof AppError ? Promise.reject(plan) : Promise.resolve(plan);
    };
    return this.gate.permit({ model, device: "auto", plan: planned, signal });
  }
}

const other: OtherEngine = {
  ...{ pid: 1, address: "a", model: "opt", bytes: 2.9e9 },
  holder: "window",
  state: "ready",
};

describe("MemoryGate", () => {
  it("names the engines of other windows that hold much, and looks again when they are ended", async () => {
    const bench = new Bench();
    bench.others = [other, { ...other, address: "small", bytes: 2e8 }];
    bench.answer = "endOthers";
    bench.planAfterwards = { neededBytes: 3.9e9, availableBytes: 5e9 };
    assert.equal(await bench.permit(), "load");
    assert.deepEqual(bench.asked[0]?.others, [other]);
    assert.deepEqual(bench.did, ["plan", "end a", "plan"]);
  });

  it("asks again when ending them was not enough", async () => {
    const bench = new Bench();
    bench.others = [other];
    bench.answer = "endOthers";
    assert.equal(await bench.permit(), "cancelled");
    assert.equal(bench.asked.length, 2);
  });

  it("does not count memory as free that another window is about to take", async () => {
    const bench = new Bench();
    bench.plan = { neededBytes: 3e9, availableBytes: 5e9 };
    bench.others = [{ ...other, state: "loading" }];
    assert.equal(await bench.permit(), "cancelled");
    assert.equal(bench.asked[0]?.availableBytes, 5e9 - 2.9e9);
    assert.equal(bench.gate.plannedBytes, 3e9);
  });

  it("says once that others hold memory too where there is enough", async () => {
    const bench = new Bench();
    bench.plan = { neededBytes: 5, availableBytes: 5 };
    bench.others = [other];
    assert.equal(await bench.permit(), "load");
    assert.equal(await bench.permit(), "load");
    assert.deepEqual(bench.did, ["plan", "tell 1", "plan"]);
  });

  it("lets a model through that fits, to the last byte, without a word", async () => {
    const bench = new Bench();
    bench.plan = { neededBytes: 5, availableBytes: 5 };
    assert.equal(await bench.permit(), "load");
    assert.deepEqual(bench.asked, []);
  });

  it("asks with both sizes when it does not fit, and loads nothing after a cancel", async () => {
    const bench = new Bench();
    assert.equal(await bench.permit(), "cancelled");
    assert.deepEqual(bench.asked, [{ model: "opt", ...tooLarge, others: [] }]);
  });

  it("remembers for the window what is loaded all the same, for that model alone", async () => {
    const bench = new Bench();
    bench.answer = "loadAnyway";
    assert.equal(await bench.permit(), "load");
    assert.equal(await bench.permit(), "load");
    assert.equal(bench.asked.length, 1);
    await bench.permit("other");
    assert.equal(bench.asked.length, 2);
  });

  it("chooses the smaller model of the same checkpoint", async () => {
    const bench = new Bench();
    bench.plan = { ...tooLarge, smaller };
    bench.answer = "smaller";
    assert.equal(await bench.permit(), "changed");
    assert.deepEqual(bench.did, ["plan", "choose opt-small"]);
  });

  it("asks no command to end, and claims for each model what it takes itself", async () => {
    const bench = new Bench();
    bench.others = [{ ...other, holder: "command", address: "b" }, other];
    bench.answer = "endOthers";
    assert.equal(await bench.permit(), "cancelled");
    assert.deepEqual(bench.did, ["plan", "end a", "plan"]);
    bench.answer = "loadAnyway";
    await bench.permit();
    bench.plan = { neededBytes: 1, availableBytes: 5 };
    await bench.permit("tiny");
    assert.equal(bench.gate.plannedBytes, 1);
    await bench.permit();
    assert.equal(bench.gate.plannedBytes, 3.9e9);
    await bench.permit("demo");
    assert.equal(bench.gate.plannedBytes, 0);
  });

  it("shows the way to a smaller model where there is none", async () => {
    const bench = new Bench();
    bench.answer = "getSmaller";
    assert.equal(await bench.permit(), "cancelled");
    assert.deepEqual(bench.did, ["plan", "get"]);
  });

  it("does not look at the demo", async () => {
    const bench = new Bench();
    assert.equal(await bench.permit("demo"), "load");
    assert.deepEqual(bench.did, []);
  });

  it("leaves it to the load to say what is wrong with a model", async () => {
    const bench = new Bench();
    bench.plan = new AppError("model.corrupt", "It is damaged.");
    assert.equal(await bench.permit(), "load");
    bench.plan = new AppError("engine.exited", "It ended.");
    await assert.rejects(bench.permit(), { code: "engine.exited" });
  });

  it("ends with those who wait, though the question is still open", async () => {
    const bench = new Bench();
    let press: (answer: MemoryAnswer) => void = () => undefined;
    bench.answer = new Promise((resolve) => (press = resolve));
    const controller = new AbortController();
    const permit = bench.permit("opt", controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await assert.rejects(permit, { code: "request.cancelled" });
    press("loadAnyway");
    await new Promise((resolve) => setImmediate(resolve));
    bench.answer = "cancel";
    assert.equal(await bench.permit(), "cancelled");
  });
});
