import assert from "node:assert/strict";
import { EventEmitter } from "node:events";

import { connectSignals, Interrupts } from "../../../../src/cli/terminal/interrupts";

describe("Interrupts", () => {
  it("stops the work and remembers the exit code of the first reason", () => {
    const interrupts = new Interrupts();
    assert.equal(interrupts.exitCode, undefined);
    interrupts.interrupt("SIGINT");
    interrupts.outputLost(0);
    assert.equal(interrupts.signal.aborted, true);
    assert.equal(interrupts.exitCode, 130);
  });

  it("asks for 143 when it is terminated", () => {
    const interrupts = new Interrupts();
    interrupts.interrupt("SIGTERM");
    assert.equal(interrupts.exitCode, 143);
  });

  it("lets the work go on while someone makes use of Ctrl-C", () => {
    const interrupts = new Interrupts();
    const end = interrupts.intercept(() => true);
    interrupts.interrupt("SIGINT");
    assert.equal(interrupts.signal.aborted, false);
    end();
    interrupts.interrupt("SIGINT");
    assert.equal(interrupts.signal.aborted, true);
  });

  it("does not ask about SIGTERM, nor listen to someone who has no use for Ctrl-C", () => {
    const terminated = new Interrupts();
    terminated.intercept(() => true);
    terminated.interrupt("SIGTERM");
    assert.equal(terminated.signal.aborted, true);
    const refused = new Interrupts();
    refused.intercept(() => false);
    refused.interrupt("SIGINT");
    assert.equal(refused.signal.aborted, true);
  });
});

describe("connectSignals", () => {
  it("gives signals their default action back after the first, so that a second one kills", () => {
    const source = new EventEmitter();
    const interrupts = new Interrupts();
    connectSignals(interrupts, source);
    assert.equal(source.listenerCount("SIGINT"), 1);
    source.emit("SIGINT");
    assert.equal(interrupts.exitCode, 130);
    assert.equal(source.listenerCount("SIGINT"), 0);
    assert.equal(source.listenerCount("SIGTERM"), 0);
  });
});
