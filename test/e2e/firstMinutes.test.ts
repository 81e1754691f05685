/** The first five minutes: walkthrough, samples, the demo that says that it is one, the extension's page. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ChatPage } from "./chatPage";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";
import { WalkthroughPage } from "./walkthroughPage";

const LIMITS = "Demo model: knows coloured shapes only.";
/** A user would paste again after so long. */
const PASTE_MS = 5_000;
/** What is drawn of the step that is open, by a few words of it. */
const DRAWINGS = {
  model: "list of models",
  ask: "The chat",
  alt: "A Markdown page with three",
  paste: "A picture is dropped",
} as const;

describe("the first five minutes", () => {
  const editor = useEditor({
    files: {
      "notes.txt": "Nothing.\n",
      "paste.md": "Before \n",
      "icon.png": { from: "media/icon.png" },
    },
    size: { width: 1500, height: 900 },
  });
  const walkthrough = (): WalkthroughPage => new WalkthroughPage(editor().page);
  const chat = (): ChatPage => new ChatPage(editor().view);

  for (const theme of ["light", "dark", "highContrast", "highContrastLight"] as const) {
    it(`show drawings in the colours of the theme ${theme}`, async () => {
      await editor().useTheme(theme);
      await editor().runCommand("Sightline: Get Started");
      for (const [step, words] of Object.entries(DRAWINGS)) {
        const fills = new Set(await walkthrough().fills(step, words));
        const black = "rgb(0, 0, 0)";
        // The dark high-contrast theme is black where the others are not.
        if (theme !== "highContrast") assert.ok(!fills.has(black), `${step}: ${[...fills].join()}`);
        assert.ok(fills.size > 2, `${step}: ${[...fills].join()}`);
      }
    });
  }

  it("begin with steps of which none is done", async () => {
    for (const step of Object.keys(DRAWINGS)) {
      assert.equal(await walkthrough().isTicked(step), false, step);
    }
  });

  it("answer about the sample picture, and tick that step and no other", async () => {
    await walkthrough().openStep("ask");
    await walkthrough().press("Try It on a Sample Picture");
    const { question, answer } = await chat().untilLast(1, "done");
    assert.equal(question, "What is at the top left?");
    assert.equal(answer, "a pink square");
    await walkthrough().untilTicked("ask");
    for (const step of ["model", "alt", "paste"]) {
      assert.equal(await walkthrough().isTicked(step), false, step);
    }
  });

  it("say above the field what the demo knows, with a way to another model", async () => {
    const note = editor().view.byRole("note", /.*/);
    assert.match(await note.innerText(), new RegExp(`${LIMITS} Get a Model for Photographs`));
    assert.deepEqual(await editor().view.accessibilityViolations(), []);
    await note.getByRole("button", { name: "Get a Model for Photographs" }).click();
    await untilTrue(
      async () => (await editor().quickInput.labels()).includes("demo"),
      "the models",
    );
    await editor().quickInput.cancel();
  });

  it("write the texts of the sample page after the demo has said what it knows", async () => {
    const { page, keyboard } = editor();
    await editor().runCommand("Sightline: Open a Sample Page");
    await page.locator(".tab.active", { hasText: "sample-page.md" }).waitFor();
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    await page.locator(".quick-input-title", { hasText: "which pictures" }).waitFor();
    await keyboard.press("Enter");
    const review = page.locator(".quick-input-widget", { hasText: "Write these alt texts?" });
    await review.waitFor();
    assert.match(await review.innerText(), new RegExp(LIMITS));
    await keyboard.press("Enter");
    await page.locator(".tab.active.dirty", { hasText: "sample-page.md" }).waitFor();
    await keyboard.press("Control+s");
    await page.locator(".tab.active:not(.dirty)", { hasText: "sample-page.md" }).waitFor();
    const text = await readFile(await samplePage(), "utf8");
    for (const words of [/!\[[^\]]*pink square/, /!\[[^\]]*star/, /<img[^>]*red circle/]) {
      assert.match(text, words);
    }
    await editor().runCommand("Sightline: Get Started");
    await walkthrough().untilTicked("alt");
  });

  it("open the sample page again as it was left, and anew for whoever wants that", async () => {
    await editor().runCommand("Sightline: Open a Sample Page");
    const left = /as you left it/;
    await editor().messages.press(left, "Start Over");
    await editor().page.locator(".tab.active.dirty", { hasText: "sample-page.md" }).waitFor();
    await editor().text.undo();
    await editor().page.locator(".tab.active:not(.dirty)", { hasText: "sample-page.md" }).waitFor();
  });

  it("offer texts for pasted pictures once the first was pasted, and not again", async () => {
    const { text, messages } = editor();
    const offer = "Sightline can write the alt text of pictures that you paste.";
    await text.openAt("paste.md", "Before ");
    await pastePicture("red-circle.png");
    await messages.notification(offer).waitFor();
    // The paste itself is the editor's.
    assert.doesNotMatch(await text.savedText("paste.md"), /red circle/);
    await messages.press(offer, "Turn On");
    await editor().runCommand("Sightline: Get Started");
    await walkthrough().untilTicked("paste");
    await text.openAt("paste.md", "Before ");
    await pastePicture("two-stars.png");
    const line = editor().page.locator(".editor-instance .view-line", { hasText: /yellow.star/ });
    await line.first().waitFor();
    assert.equal(await messages.notification(offer).count(), 0);
  });

  it("hint once at models for photographs after an answer about what the demo cannot know", async () => {
    const { messages, quickInput } = editor();
    const hint = /One choice gets two small models for photographs/;
    const asksAboutIcon = async (): Promise<void> => {
      await editor().runCommand("View: Show Explorer");
      await editor().explorer.untilFocused();
      await editor().explorer.choose("icon.png", "Ask About This Image…");
      await chat().ask("what is this?");
    };
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    await asksAboutIcon();
    await chat().untilLast(1, "done");
    await messages.press(hint, "Get a Model for Photographs");
    await untilTrue(async () => (await quickInput.labels())[0] === "BLIP base", "the sets, first");
    await quickInput.cancel();
    await asksAboutIcon();
    await chat().untilLast(2, "done");
    assert.equal(await messages.notification(hint).count(), 0);
    // The keys of what follows are the editor's.
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
  });

  it("show the extension's page without a picture that is broken", async () => {
    const { page } = editor();
    await page.keyboard.press("Control+Shift+x");
    const row = page.locator(".extensions-list .monaco-list-row", { hasText: "Sightline" }).first();
    await row.click();
    await untilTrue(async () => {
      for (const frame of page.frames()) {
        const text = await frame
          .locator("body")
          .innerText()
          .catch(() => "");
        if (!text.includes("The first minutes")) continue;
        const broken = await frame
          .locator("img")
          .evaluateAll(
            (pictures) =>
              pictures.filter((picture) => (picture as HTMLImageElement).naturalWidth === 0).length,
          );
        assert.equal(broken, 0);
        assert.match(text, /It knows coloured shapes only/);
        return true;
      }
      return false;
    }, "the extension's page");
  });

  /** Until the editor's own extension for Markdown has started, a paste of a picture does nothing. */
  async function pastePicture(name: string): Promise<void> {
    const bytes = await readFile(path.resolve("media", "samples", name));
    const file = { name, type: "image/png", base64: bytes.toString("base64") };
    const isChanged = async (): Promise<boolean> => {
      await editor().text.offerFiles({ event: "paste", files: [file] });
      return await editor()
        .page.locator(".tab.active.dirty")
        .waitFor({ timeout: PASTE_MS })
        .then(
          () => true,
          () => false,
        );
    };
    await untilTrue(isChanged, `${name} in the document`);
  }

  /** The copy lies in the editor's own storage and never in the extension's folder. */
  async function samplePage(): Promise<string> {
    const home = path.dirname(editor().folder);
    const files = await readdir(home, { recursive: true });
    const found = files.filter((file) => file.endsWith("samples/sample-page.md"));
    const copies = found.filter((file) => file.includes("globalStorage"));
    assert.equal(copies.length, 1, found.join(", "));
    return path.join(home, copies[0] ?? "");
  }
});
