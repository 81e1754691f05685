import assert from "node:assert/strict";
import { AppError, type ErrorCode, ERROR_CODES } from "../../../../src/base/errors";
import {
  failureReport,
  isNoticeAction,
  NOTICE_ACTIONS,
  type NoticeAction,
  noticePlan,
  type NoticePlan,
  REMEDIES,
} from "../../../../src/host/notices/noticeTable";

describe("the table of notices", () => {
  it("is silent about a cancellation and about nothing else", () => {
    const silent = ERROR_CODES.filter((code) => planOf(code).kind === "silent");
    assert.deepEqual(silent, ["request.cancelled"]);
  });

  it("has a plan with known and different buttons for every code", () => {
    for (const code of ERROR_CODES) {
      const { actions } = planOf(code);
      assert.ok(actions.every(isNoticeAction), code);
      assert.equal(new Set(actions).size, actions.length, code);
    }
  });

  it("uses every button, and offers one for whatever the program itself did wrong", () => {
    const used = new Set<string>([
      // Stands beside what a model cannot do, which is no failure.
      "getModel",
      ...ERROR_CODES.flatMap((code) => planOf(code).actions),
      ...Object.values(REMEDIES).flat(),
      ...noticePlan(
        new AppError("device.unavailable", "It failed.", { detail: { device: "cuda" } }),
      ).actions,
    ]);
    assert.deepEqual([...used].sort(), [...NOTICE_ACTIONS].sort());
    for (const code of ERROR_CODES) {
      const { kind, actions } = planOf(code);
      assert.ok(kind !== "error" || actions.length > 0, code);
    }
  });

  it("begins with the button that helps", () => {
    assert.equal(planOf("engine.exited").actions[0], "restartEngine");
    assert.equal(planOf("model.missing").actions[0], "chooseModel");
    assert.equal(planOf("device.unavailable").actions[0], "openDeviceSetting");
    const on = (device: string): readonly NoticeAction[] =>
      noticePlan(new AppError("device.unavailable", "It failed.", { detail: { device } })).actions;
    assert.equal(on("cuda")[0], "setUpCuda");
    assert.equal(on("webgpu").length, 2);
    assert.equal(planOf("convert.failed").actions[0], "openFolderSetting");
    assert.equal(planOf("checkpoint.corrupt").actions[0], "importModel");
    assert.equal(planOf("image.unreadable").actions[0], "choosePicture");
    assert.equal(planOf("protocol.mismatch").actions[0], "reloadWindow");
  });

  it("has a button for everything that is said, except what only waiting helps against", () => {
    const bare = ERROR_CODES.filter((code) => planOf(code).actions.length === 0);
    assert.deepEqual(bare, ["request.cancelled"]);
  });

  it("offers what a failure itself says helps, and not what its code would", () => {
    const actionsFor = (code: ErrorCode, name: string): readonly NoticeAction[] =>
      noticePlan(new AppError(code, "It failed.", { detail: { remedy: name } })).actions;
    assert.deepEqual(actionsFor("image.missing", "siteRoots"), ["openSiteRootsSetting"]);
    assert.deepEqual(actionsFor("image.missing", "remoteImages"), ["openRemoteImagesSetting"]);
    assert.deepEqual(actionsFor("image.missing", "trust"), ["manageTrust"]);
    assert.deepEqual(actionsFor("image.missing", "again"), ["tryAgain", "showLog"]);
    assert.deepEqual(actionsFor("device.unavailable", "package"), ["showPackages"]);
    // A page or another process may send anything.
    assert.deepEqual(actionsFor("image.missing", "constructor"), ["choosePicture"]);
  });

  it("replaces only messages that people do not understand", () => {
    const replaced = ERROR_CODES.filter((code) => planOf(code).text !== "message");
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

function planOf(code: ErrorCode): NoticePlan {
  return noticePlan({ code, detail: undefined });
}

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
