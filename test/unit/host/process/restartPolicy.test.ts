import assert from "node:assert/strict";
import { RestartPolicy } from "../../../../src/host/process/restartPolicy";

const limits = { firstDelayMs: 100, maxDelayMs: 350, maxFailures: 3 };

describe("RestartPolicy", () => {
  it("allows the first start and the first restart at once", () => {
    const policy = new RestartPolicy(limits);
    assert.deepEqual(policy.advice(0), { kind: "start" });
    policy.failed(0);
    assert.deepEqual(policy.advice(0), { kind: "start" });
  });

  it("makes calls wait longer with each failure, then refuses until the wait is over", () => {
    const policy = new RestartPolicy(limits);
    policy.failed(0);
    policy.failed(0);
    assert.deepEqual(policy.advice(40), { kind: "wait", ms: 60 });
    policy.failed(1000);
    assert.deepEqual(policy.advice(1000), { kind: "refuse", ms: 200, nFailures: 3 });
    assert.deepEqual(policy.advice(1200), { kind: "start" });
  });

  it("caps the wait, however many failures there were", () => {
    const policy = new RestartPolicy(limits);
    for (let failure = 0; failure < 2000; failure++) policy.failed(0);
    assert.deepEqual(policy.advice(0), { kind: "refuse", ms: 350, nFailures: 2000 });
  });

  it("forgets everything after a success", () => {
    const policy = new RestartPolicy(limits);
    for (let failure = 0; failure < 5; failure++) policy.failed(0);
    policy.succeeded();
    assert.deepEqual(policy.advice(0), { kind: "start" });
    policy.failed(0);
    assert.deepEqual(policy.advice(0), { kind: "start" });
  });
});
