import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { silentLogger } from "../../../../src/base/logger";
import { PagePanel } from "../../../../src/editor/shell/pagePanel";
import type { Services } from "../../../../src/editor/shell/services";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

interface Word {
  readonly type: string;
}

describe("a page among the editors", () => {
  const heard: string[] = [];
  const shown: unknown[] = [];
  let nClosed = 0;
  beforeEach(() => {
    resetFakeEditor();
    heard.length = 0;
    shown.length = 0;
    nClosed = 0;
  });

  function create(): PagePanel<Word, Word> {
    const services = {
      context: { extensionUri: FakeUri.file("/extension") },
      log: silentLogger,
      notices: {
        guard: async (work: () => Promise<void>) => {
          await work().catch((thrown: unknown) => shown.push(thrown));
        },
      },
    } as unknown as Services;
    return new PagePanel<Word, Word>({
      services,
      viewType: "sightline.words",
      name: "words",
      title: "Words",
      strings: { word: "Wort" },
      read: (value) => {
        if (typeof value === "object" && value !== null && "type" in value) return value as Word;
        throw new AppError("protocol.violation", "no word");
      },
      receive: ({ type }) => {
        if (type === "fail") throw new AppError("internal", "failed");
        heard.push(type);
      },
      closed: () => nClosed++,
    });
  }

  it("is opened once, filled with its own files and texts, and brought to the front", () => {
    const panel = create();
    panel.show();
    panel.show("Other words");
    const [first, second] = fakeEditor.panels;
    assert.equal(second, undefined);
    assert.deepEqual([first?.title, first?.nReveals], ["Other words", 1]);
    const { html } = first?.webview ?? { html: "" };
    assert.match(html, /src="https:\/\/page\.example\/extension\/dist\/webview\/words\.js"/);
    assert.match(html, /Wort/);
  });

  it("says nothing to a page that is not there", async () => {
    const panel = create();
    panel.post({ type: "early" });
    panel.show();
    const shownPanel = fakeEditor.panels[0]!;
    panel.post({ type: "before it is ready" });
    await shownPanel.received.fire({ type: "ready" });
    panel.post({ type: "a" });
    shownPanel.visible = false;
    await shownPanel.visibilityChanged.fire(undefined);
    panel.post({ type: "hidden" });
    shownPanel.visible = true;
    await shownPanel.visibilityChanged.fire(undefined);
    panel.post({ type: "not ready again" });
    await shownPanel.received.fire({ type: "ready" });
    panel.post({ type: "b" });
    assert.deepEqual(shownPanel.posted, [{ type: "a" }, { type: "b" }]);
    assert.deepEqual(heard, ["ready", "ready"]);
  });

  it("leaves out what breaks the protocol, and shows what fails", async () => {
    create().show();
    const shownPanel = fakeEditor.panels[0]!;
    for (const message of [null, "x", { type: "fail" }]) await shownPanel.received.fire(message);
    assert.deepEqual(heard, []);
    assert.equal(shown.length, 1);
  });

  it("is opened anew after it was closed", async () => {
    const panel = create();
    panel.show();
    const [first] = fakeEditor.panels;
    panel.dispose();
    assert.deepEqual([nClosed, panel.isOpen], [1, false]);
    await first!.received.fire({ type: "late" });
    assert.deepEqual(heard, []);
    panel.show();
    assert.equal(fakeEditor.panels.length, 2);
  });
});
