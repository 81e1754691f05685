/** The way to a model without a network: the list recommends one, and the failure says what helps, at once. */

import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { useEditor } from "./useEditor";

/** Nobody listens there, and nothing of it leaves this machine. */
const NOWHERE = "http://127.0.0.1:9";
const RECOMMENDED = "Recommended for this machine";

describe("a model without a network", () => {
  const editor = useEditor({
    files: { "notes.txt": "" },
    settings: { "sightline.hub.endpoint": NOWHERE },
    size: { width: 1280, height: 800 },
  });
  let recommended = "";

  it("begins with a list that recommends one, in a sentence that can be read whole", async () => {
    await editor().runCommand("Sightline: Manage Models…");
    const row = editor()
      .page.locator(".quick-input-list .monaco-list-row")
      .filter({ hasText: RECOMMENDED });
    await row.waitFor();
    assert.equal(await row.count(), 1, "exactly one is recommended");
    recommended = await row.locator(".label-name").first().innerText();
    assert.notEqual(recommended, "demo");
    const sentence = row.locator(".quick-input-list-row").last().locator(".label-name");
    const { shown, needed } = await sentence.evaluate((element) => ({
      shown: element.closest(".monaco-icon-label-container")?.clientWidth ?? 0,
      needed: element.scrollWidth,
    }));
    assert.ok(needed <= shown, `${needed} pixels of words in ${shown}`);
  });

  it("asks before it uses a network, and then says at once that there is none, with what helps", async () => {
    const { messages, quickInput } = editor();
    await quickInput.choose(recommended);
    await quickInput.choose("small");
    const question = new RegExp(`Get ${recommended}`);
    await messages
      .dialog(question)
      .getByText(/free on the disk/)
      .waitFor();
    // Before anything is agreed to: a setting that was not read would begin a real download.
    assert.ok((await messages.dialog(question).innerText()).includes(`from ${NOWHERE}`));
    assert.deepEqual(await messages.notificationTexts(), []);
    await messages.answerDialog(question, "Download");
    const failure = messages.notification(/cannot reach .*127\.0\.0\.1.*Are you offline\?/);
    await failure.waitFor();
    assert.deepEqual(await failure.locator(".monaco-button").allInnerTexts(), [
      "Try Again",
      "Use a Mirror…",
      "Import From a Folder…",
    ]);
  });

  it("tries again at a click, and asks for a mirror with the address that is set", async () => {
    const { messages, quickInput } = editor();
    const failure = /cannot reach .*127\.0\.0\.1/;
    await messages.press(failure, "Try Again");
    await messages.untilRepeated(failure);
    await messages.press(failure, "Use a Mirror…");
    assert.match((await quickInput.texts()).title, /Mirror of Hugging Face/);
    assert.equal(await quickInput.field.inputValue(), NOWHERE);
  });

  describe("from a server that takes the connection and says nothing", () => {
    let silent: Server;
    let host = "";

    before(async () => {
      silent = createServer();
      await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
      const address = silent.address();
      host = `127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
    });

    after(() => {
      silent.close();
    });

    it("is told as soon, with the same ways out", async () => {
      const { messages, quickInput } = editor();
      // The field that asks for a mirror is open still.
      await quickInput.answer(`http://${host}`);
      // The mirror is set, so that what failed is tried again.
      const failure = messages.notification(`${host} takes the connection and does not answer.`);
      await failure.waitFor();
      assert.deepEqual(await failure.locator(".monaco-button").allInnerTexts(), [
        ...["Try Again", "Use a Mirror…", "Import From a Folder…"],
      ]);
    });
  });
});
