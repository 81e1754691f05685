import assert from "node:assert/strict";
import { AppError, ERROR_CODES } from "../../../src/base/errors";
import {
  failureReport,
  isNoticeAction,
  NOTICE_ACTIONS,
  noticePlan,
} from "../../../src/host/noticeTable";

describe("the table of notices", () => {
  it("is silent about a cancellation and about nothing else", () => {
    const silent = ERROR_CODES.filter((code) => noticePlan(code).kind === "silent");
    assert.deepEqual(silent, ["request.cancelled"]);
  });

  it("has a plan with known and different buttons for every code", () => {
    for (const code of ERROR_CODES) {
      const { actions } = noticePlan(code);
      assert.ok(actions.every(isNoticeAction), code);
      assert.equal(new Set(actions).size, actions.length, code);
    }
  });

  it("uses every button, and offers one for whatever the program itself did wrong", () => {
    const used = new Set([
      ...ERROR_CODES.flatMap((code) => noticePlan(code).actions),
      ...noticePlan("device.unavailable", { device: "cuda" }).actions,
    ]);
    assert.deepEqual([...used].sort(), [...NOTICE_ACTIONS].sort());
    for (const code of ERROR_CODES) {
      const { kind, actions } = noticePlan(code);
      assert.ok(kind !== "error" || actions.length > 0, code);
    }
  });

  it("begins with the button that helps", () => {
    assert.equal(noticePlan("engine.exited").actions[0], "restartEngine");
    assert.equal(noticePlan("model.missing").actions[0], "chooseModel");
    assert.equal(noticePlan("device.unavailable").actions[0], "openDeviceSetting");
    assert.equal(noticePlan("device.unavailable", { device: "cuda" }).actions[0], "setUpCuda");
    assert.equal(noticePlan("device.unavailable", { device: "webgpu" }).actions.length, 2);
    assert.equal(noticePlan("convert.failed").actions[0], "openFolderSetting");
    assert.equal(noticePlan("checkpoint.corrupt").actions[0], "importModel");
    assert.equal(noticePlan("image.unreadable").actions[0], "choosePicture");
    assert.equal(noticePlan("protocol.mismatch").actions[0], "reloadWindow");
  });

  it("replaces only messages that people do not understand", () => {
    const replaced = ERROR_CODES.filter((code) => noticePlan(code).text !== "message");
    assert.deepEqual(replaced.sort(), [
      ...["internal", "kit.invalid", "protocol.mismatch"],
      ...["protocol.violation", "request.unknown"],
    ]);
  });

  it("knows its own buttons from what a page may send", () => {
    for (const id of [
      "",
      "constructor",
      "workbench.action.quit",
      7,
      null,
      undefined,
      ["showLog"],
    ]) {
      assert.equal(isNoticeAction(id), false);
    }
  });
});

describe("the report of a failure", () => {
  it("has the code, the message, the facts and every cause", () => {
    const cause = new Error("disk is gone", { cause: "a loose cable" });
    const error = new AppError("convert.failed", "The model could not be written.", {
      cause,
      detail: { file: "model.onnx" },
    });
    const report = failureReport(error);
    assert.match(
      report,
      /^convert\.failed: The model could not be written\. \{"file":"model\.onnx"\}/,
    );
    assert.match(report, /caused by Error: disk is gone\n {4}at /);
    assert.match(report, /a loose cable/);
  });

  it("is one line for a failure without more to say", () => {
    const report = failureReport(new AppError("model.missing", "There is no model cat."));
    assert.equal(report, "model.missing: There is no model cat.");
  });

  it("ends although causes may be a circle, and takes what is no error", () => {
    const circle = new Error("again");
    circle.cause = circle;
    const nothing: unknown = null;
    assert.ok(failureReport(new AppError("internal", "A bug.", { cause: circle })).length < 20_000);
    assert.match(failureReport(new AppError("internal", "A bug.", { cause: nothing })), /null/);
  });
});
