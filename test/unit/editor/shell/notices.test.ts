import assert from "node:assert/strict";
import { AppError, ERROR_CODES } from "../../../../src/base/errors";
import { EditorNotices } from "../../../../src/editor/shell/notices";
import { noticePlan, remedy } from "../../../../src/host/notices/noticeTable";
import { until } from "../../../helpers/waiting";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeCancellationError } from "../../../helpers/editor/values";

const gone = new AppError("model.missing", "There is no model large. Choose another one.");

describe("the editor's notices", () => {
  let lines: string[];
  let notices: EditorNotices;

  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.messagesStay = true;
    lines = [];
    const note =
      (level: string) =>
      (line: string): void => {
        lines.push(`${level} ${line}`);
      };
    const logger = { debug: note("debug"), info: note("info"), warn: note("warn") };
    notices = new EditorNotices({ ...logger, error: note("error") });
  });

  it("show the program's failures as errors and the user's as warnings", async () => {
    await notices.show(gone);
    await notices.show(new AppError("image.missing", "cat.png was not found."));
    assert.deepEqual(
      fakeEditor.messages.map(({ kind, text }) => `${kind} ${text}`),
      ["error There is no model large. Choose another one.", "warning cat.png was not found."],
    );
  });

  it("are silent about cancellations, our own and the editor's", async () => {
    await notices.show(new AppError("request.cancelled", "The request was cancelled."));
    await notices.show(new FakeCancellationError());
    assert.deepEqual(fakeEditor.messages, []);
    assert.ok(lines.every((line) => line.startsWith("debug request.cancelled")));
    assert.equal(lines.length, 2);
  });

  it("show the same failure once, and log it each time", async () => {
    for (const error of [gone, gone, new AppError(gone.code, gone.message)]) {
      await notices.show(error);
    }
    assert.equal(fakeEditor.messages.length, 1);
    assert.equal(lines.length, 3);
    await notices.show(new AppError("model.missing", "There is no model small."));
    assert.equal(fakeEditor.messages.length, 2);
  });

  it("show a failure again once its message was answered", async () => {
    fakeEditor.pressed.add("Choose Model");
    await notices.show(gone);
    await until(() => fakeEditor.executed.length === 1, "the button's command");
    await notices.show(gone);
    assert.equal(fakeEditor.messages.length, 2);
  });

  it("run the command of the button that is pressed", async () => {
    fakeEditor.pressed.add("Restart Engine");
    await notices.show(new AppError("engine.exited", "The engine ended."));
    await until(() => fakeEditor.executed.length > 0, "the button's command");
    assert.deepEqual(fakeEditor.executed, [["sightline.restartEngine"]]);
  });

  it("open and reveal the file that a failure names", async () => {
    for (const [label, command] of [
      ["Open the File", "vscode.open"],
      ["Reveal in Explorer", "revealInExplorer"],
    ] as const) {
      resetFakeEditor();
      fakeEditor.pressed.add(label);
      const detail = { ...remedy("pictureFile"), uri: "file:///w/a.png" };
      await notices.show(
        new AppError("image.unreadable", `${label}: a.png is damaged.`, { detail }),
      );
      await until(() => fakeEditor.executed.length > 0, "the button's command");
      assert.equal(fakeEditor.executed[0]?.[0], command);
      assert.match(String(fakeEditor.executed[0][1]), /\/w\/a\.png$/);
    }
  });

  it("have a labelled button with a command for every action of every code", async () => {
    for (const code of ERROR_CODES) {
      const { actions } = notices.describe(new AppError(code, "Something happened."));
      for (const { id, label } of actions) {
        assert.match(label, /^[A-Z]/);
        fakeEditor.executed.length = 0;
        await notices.run(id);
        assert.equal(fakeEditor.executed.length, 1, id);
      }
    }
  });

  it("do nothing for a button that is none of theirs", async () => {
    await notices.run("workbench.action.quit");
    assert.deepEqual(fakeEditor.executed, []);
  });

  it("say a bug in plain words and log what it was", async () => {
    await notices.show(new TypeError("x is not a function"));
    assert.match(fakeEditor.messages[0]?.text ?? "", /^Something went wrong inside Sightline/);
    assert.match(lines[0] ?? "", /^error internal: .*x is not a function[^]*caused by TypeError/);
  });

  it("put a sentence of the user's language before what the engine says", () => {
    assert.equal(notices.describe(gone).text, gone.message);
    fakeEditor.language = "de";
    assert.equal(notices.describe(gone).text, `The model cannot be used. ${gone.message}`);
    // Everything that is shown at all and is not the editor's own whole sentence.
    for (const code of ERROR_CODES) {
      if (noticePlan({ code, detail: undefined }).kind === "silent") continue;
      const { text } = notices.describe(new AppError(code, "English."));
      assert.notEqual(text, "English.", code);
    }
  });

  it("say of a package without an engine what the editor wrote, and where others are", async () => {
    fakeEditor.language = "de";
    const words = "Diese Fassung hat keine Engine.";
    const error = new AppError("device.unavailable", words, { detail: remedy("package") });
    assert.equal(notices.describe(error).text, words);
    fakeEditor.pressed.add("Show Extension");
    await notices.show(error);
    await until(() => fakeEditor.executed.length > 0, "the button's command");
    assert.deepEqual(fakeEditor.executed, [["extension.open", "sightline.sightline"]]);
  });

  it("open the setting that a failure names", async () => {
    for (const [name, key] of [
      ["siteRoots", "sightline.alt.siteRoots"],
      ["remoteImages", "sightline.alt.remoteImages"],
    ] as const) {
      const error = new AppError("image.missing", "It is elsewhere.", { detail: remedy(name) });
      const [action] = notices.describe(error).actions;
      fakeEditor.executed.length = 0;
      await notices.run(action?.id ?? "");
      assert.deepEqual(fakeEditor.executed, [["workbench.action.openSettings", key]]);
    }
  });

  it("do once more what failed, where that may help and is known", async () => {
    fakeEditor.pressed.add("Try Again");
    let nTries = 0;
    await notices.guard(() => {
      nTries++;
      return nTries === 1
        ? Promise.reject(new AppError("document.changed", "It changed."))
        : Promise.resolve();
    });
    await until(() => nTries === 2, "the second try");
    const shown = notices.describe(new AppError("document.changed", "It changed."));
    assert.deepEqual(
      shown.actions.map(({ id }) => id),
      ["showLog"],
    );
    await notices.run("tryAgain");
    assert.equal(nTries, 2);
  });

  it("say without a network what is here by then, and set a mirror before the next try", async () => {
    const offline = (arrivedBytes: number, message = "English."): AppError => {
      const detail = { host: "huggingface.co", arrivedBytes, totalBytes: 15.5e9 };
      return new AppError("hub.unreachable", message, { detail });
    };
    const question = "Sightline cannot reach huggingface.co. Are you offline?";
    for (const language of ["en", "de"]) {
      fakeEditor.language = language;
      assert.equal(notices.describe(offline(0)).text, `${question} Nothing has arrived yet.`);
    }
    const kept = `${question} 3.1 of 15.5 GB have arrived and are kept.`;
    assert.equal(notices.describe(offline(3.1e9)).text, kept);
    for (const [press, arrivedBytes, nExpected] of [
      ["Try Again", 0, 2],
      ["Continue", 3.1e9, 2],
      ["Continue", 0, 1],
      ["Use a Mirror…", 0, 2],
      ["Import From a Folder…", 0, 1],
    ] as const) {
      fakeEditor.pressed = new Set([press]);
      fakeEditor.onExecuted = (id) => (id === "sightline.setHubMirror" ? true : undefined);
      let nTries = 0;
      await notices.guard(() => {
        nTries++;
        if (nTries > 1) return Promise.resolve();
        return Promise.reject(offline(arrivedBytes, press + String(arrivedBytes)));
      });
      // Whatever a button does is done in these turns.
      for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
      assert.equal(nTries, nExpected, press);
    }
  });

  it("tell of a second failure however soon it comes after the first was answered", async () => {
    fakeEditor.pressed.add("Try Again");
    let nTries = 0;
    await notices.guard(() => {
      nTries++;
      if (nTries === 2) fakeEditor.pressed.clear();
      return Promise.reject(new AppError("hub.failed", "The hub is silent."));
    });
    await until(() => fakeEditor.messages.length === 2, "the second message");
  });

  it("guard work: its result comes through and its failure is shown", async () => {
    assert.equal(await notices.guard(() => Promise.resolve(7)), 7);
    const failed = await notices.guard<number>(() => Promise.reject(gone));
    assert.equal(failed, undefined);
    assert.equal(fakeEditor.messages.length, 1);
  });
});
