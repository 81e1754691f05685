import assert from "node:assert/strict";
import { CommanderError } from "commander";

import { AppError } from "../../../../src/base/errors";
import { failureOf } from "../../../../src/cli/terminal/failure";
import { Interrupts } from "../../../../src/cli/terminal/interrupts";

const cancelled = new AppError("request.cancelled", "The request was cancelled.");

describe("a failure outside of every command", () => {
  it("is told when the working directory is gone", () => {
    const thrown = Object.assign(new Error("ENOENT: uv_cwd"), { syscall: "uv_cwd" });
    const { exitCode, line } = failureOf(thrown, new Interrupts());
    assert.equal(exitCode, 1);
    assert.match(line ?? "", /does not exist any more/);
  });
});

describe("failureOf", () => {
  it("tells an expected failure in one line and for programs, and exits with 1", () => {
    const thrown = new AppError("image.missing", "There is no file\n\u001b[31mx.png.");
    assert.deepEqual(failureOf(thrown, new Interrupts()), {
      exitCode: 1,
      line: "sightline: There is no file \ufffd[31mx.png.",
      json: { error: { code: "image.missing", message: thrown.message } },
    });
  });

  it("names the flag and not the option of programs, and exits with 2", () => {
    const thrown = new AppError("option.invalid", "noRepeatNgramSize must be 1.", {
      detail: { option: "noRepeatNgramSize" },
    });
    const failure = failureOf(thrown, new Interrupts());
    assert.equal(failure.exitCode, 2);
    assert.equal(failure.line, "sightline: --no-repeat-ngram-size must be 1.");
    assert.equal(failure.json?.error.message, "--no-repeat-ngram-size must be 1.");
  });

  it("says nothing about an interruption and exits as it asks", () => {
    const interrupts = new Interrupts();
    interrupts.interrupt("SIGINT");
    assert.deepEqual(failureOf(cancelled, interrupts), { exitCode: 130 });
  });

  it("is 1 for work that was cancelled though nobody asked for it", () => {
    assert.equal(failureOf(cancelled, new Interrupts()).exitCode, 1);
  });

  it("tells a failure that came with an interruption", () => {
    const interrupts = new Interrupts();
    interrupts.interrupt("SIGINT");
    const failure = failureOf(new AppError("convert.failed", "The disk is full."), interrupts);
    assert.equal(failure.exitCode, 1);
    assert.equal(failure.line, "sightline: The disk is full.");
  });

  it("calls what nobody expected a bug of ours", () => {
    const failure = failureOf(new TypeError("x is undefined"), new Interrupts());
    assert.equal(failure.exitCode, 1);
    assert.equal(failure.json?.error.code, "internal");
  });

  it("leaves the words about wrong usage to commander", () => {
    const thrown = new CommanderError(1, "commander.missingArgument", "error: missing argument");
    assert.deepEqual(failureOf(thrown, new Interrupts()), {
      exitCode: 2,
      json: { error: { code: "option.invalid", message: "missing argument" } },
    });
  });

  it("is no failure when help was asked for", () => {
    const thrown = new CommanderError(0, "commander.helpDisplayed", "(outputHelp)");
    assert.deepEqual(failureOf(thrown, new Interrupts()), { exitCode: 0 });
  });
});
