/** Models in the editor: a checkpoint is imported, answers, and goes away again; nothing is reloaded. */

import assert from "node:assert/strict";
import path from "node:path";
import { isAlive } from "../helpers/waiting";
import { ChatPage } from "./chatPage";
import { EXTENSION } from "./editor";
import { Messages } from "./messages";
import { untilTrue } from "./polling";
import { QuickInput } from "./quickInput";
import { useEditor } from "./useEditor";

/** A BLIP-2 with random weights, so what it answers is nothing that one could expect. */
const CHECKPOINT = "test/fixtures/kits/opt/checkpoint";

/** A busy machine starts the extensions of two windows slowly. */
const SECOND_WINDOW_MS = 180_000;

describe("models in the editor", () => {
  const editor = useEditor({
    files: {
      "red-circle.png": { from: "media/samples/red-circle.png" },
      "tiny-model": { from: CHECKPOINT },
    },
  });
  const chat = (): ChatPage => new ChatPage(editor().view);

  it("are imported from a folder after their price was agreed to", async () => {
    const { messages, quickInput } = editor();
    await editor().runCommand("Sightline: Import a BLIP-2 Checkpoint Folder…");
    await quickInput.answerFolder(path.join(editor().folder, "tiny-model"));
    await messages
      .dialog("Import tiny-model?")
      .getByText(/free on the disk/)
      .waitFor();
    await messages.answerDialog("Import tiny-model?", "Import");
    await messages.press(/tiny-model is imported/, "Use It");
    await messages.statusItem.waitFor();
    await editor().explorer.choose("red-circle.png", "Ask About This Image…");
    await chat().ask("what color is the circle?");
    await chat().untilLast(1, "done");
    await editor()
      .view.document.getByText(/tiny-model · f32 · CPU/)
      .waitFor();
  });

  it("are seen from another window, which can free their memory", async () => {
    const pid = editor().enginePid();
    const page = await editor().page.context().newPage();
    try {
      await page.goto(editor().page.url());
      const messages = new Messages(page, EXTENSION);
      const quickInput = new QuickInput(page);
      // A second window begins while the first one and its engine are there.
      await messages.statusItem.waitFor({ timeout: SECOND_WINDOW_MS });
      await messages.statusItem.click();
      await quickInput.choose(/^Another.window's.engine.holds.\d.*\(tiny-model\)\.$/);
      await messages.notification(/The memory is free/).waitFor();
      await untilTrue(() => Promise.resolve(!isAlive(pid)), "the end of the other engine");
      // Where no other window holds a model, none is counted; that window learns of the end a moment later.
      await untilTrue(async () => {
        await messages.statusItem.click();
        const labels = await quickInput.labels();
        await quickInput.cancel();
        return !labels.some((label) => label.startsWith("Another"));
      }, "no other engine in the list");
    } finally {
      await page.close();
    }
    await chat().ask("what color is the circle?");
    await chat().untilLast(2, "done");
    assert.notEqual(editor().enginePid(), pid);
  });

  it("are switched without a reload", async () => {
    await editor().runCommand("Sightline: Manage Models…");
    await editor().quickInput.choose("demo");
    await editor()
      .view.document.getByText(/demo · .*CPU/)
      .waitFor();
    // The other model's random words would go along as what was said before.
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
    await editor().explorer.choose("red-circle.png", "Ask About This Image…");
    await chat().ask("what color is the circle?");
    assert.equal((await chat().untilLast(1, "done")).answer, "red");
  });

  it("are deleted after a question, and are gone from the list", async () => {
    const { messages, quickInput } = editor();
    await editor().runCommand("Sightline: Manage Models…");
    await quickInput.pressButton("tiny-model", "Delete");
    await messages.dialog("Delete tiny-model?").getByText(/frees/).waitFor();
    await messages.answerDialog("Delete tiny-model?", "Delete");
    // The list comes back by itself.
    await untilTrue(async () => {
      const labels = await quickInput.labels();
      return labels.includes("demo") && !labels.includes("tiny-model");
    }, "the list without the model");
    await quickInput.cancel();
  });
});
