/**
 * BLIP and InstructBLIP in the editor: a set answers in the chat and writes alternative texts, each with one
 * of its models. Weights are random, so that there are words and nobody knows which.
 */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { kitModel, storeBlipSet } from "../helpers/kitModel";
import { ChatPage } from "./chatPage";
import { useEditor } from "./useEditor";

const PAGE = "![](four-shapes.png)\n";
const INSTRUCTED = ["instructblip-t5", "instructblip-llama"];

describe("BLIP and InstructBLIP in the editor", () => {
  const store = mkdtempSync(path.join(tmpdir(), "sightline-blip-"));
  before("makes the models", async () => {
    await storeBlipSet(store);
    for (const kit of INSTRUCTED) {
      await cp(await kitModel(kit), path.join(store, "models", kit), { recursive: true });
    }
  });
  const pages = ["blip-base", ...INSTRUCTED].map((name) => [`${name}.md`, PAGE] as const);
  const editor = useEditor({
    files: {
      "four-shapes.png": { from: "media/samples/four-shapes.png" },
      ...Object.fromEntries(pages),
    },
    settings: { "sightline.storageFolder": store, "sightline.device": "cpu" },
  });
  after(() => rm(store, { recursive: true, force: true }));
  const chat = (): ChatPage => new ChatPage(editor().view);

  const choose = async (row: string): Promise<void> => {
    await editor().runCommand("Sightline: Manage Models…");
    await editor().quickInput.choose(row);
  };

  const answers = async (): Promise<string> => {
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
    await editor().explorer.choose("four-shapes.png", "Ask About This Image…");
    await chat().ask("what color is the circle?");
    const { answer } = await chat().untilLast(1, "done");
    // The random words would go along as what was said before.
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    return answer;
  };

  const writes = async (file: string): Promise<void> => {
    const { text } = editor();
    await text.openAt(file, "](four");
    await editor().runCommand("Sightline: Generate Alt Text");
    await text.untilChanged();
    const saved = await text.savedText(file);
    assert.ok(saved.endsWith("](four-shapes.png)\n") && saved !== PAGE, saved);
  };

  it("are a set, which answers a question with one of its models", async () => {
    await choose("BLIP base");
    await editor().messages.statusItem.waitFor();
    assert.notEqual(await answers(), "");
    await editor()
      .view.document.getByText(/BLIP base · f32 · CPU/)
      .waitFor();
  });

  it("are a set, which writes an alternative text with the other", async () => {
    await writes("blip-base.md");
    // And answers again.
    assert.notEqual(await answers(), "");
  });

  for (const name of INSTRUCTED) {
    it(`are ${name}, which does both alone`, async () => {
      await choose(name);
      await editor()
        .view.document.getByText(new RegExp(`${name} · f32 · CPU`))
        .waitFor();
      assert.notEqual(await answers(), "");
      await writes(`${name}.md`);
    });
  }
});
