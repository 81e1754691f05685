/**
 * Pictures of the extension at work, for a look after each change and for the documents, small enough to
 * be kept. They go to out/e2e/screenshots, or where SIGHTLINE_SCREENSHOTS says.
 */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Locator } from "playwright-core";
import { ChatPage } from "./chatPage";
import type { Editor } from "./editor";
import { ReviewPage } from "./reviewPage";
import { take } from "./takePicture";
import { useEditor } from "./useEditor";
import { WalkthroughPage } from "./walkthroughPage";

const FOLDER = path.resolve(process.env["SIGHTLINE_SCREENSHOTS"] ?? "out/e2e/screenshots");
/** The first minutes in the order in which they happen. */
const FIRST_MINUTES = path.resolve(FOLDER, "..", "first-minutes");
/** The walkthrough in each theme: for a look, and not for the documents. */
const THEMES_FOLDER = path.resolve("out/e2e/walkthrough");

const POST = `# Four shapes and two stars

A small world, drawn for a small model.

![](four-shapes.png)

The stars came later:

![alt text](two-stars.png)

<img src="red-circle.png" width="160">
`;

const ALL_THEMES = ["light", "dark", "highContrast", "highContrastLight"] as const;

/** What a question about four-shapes.png must bring, whatever is drawn around it. */
const TALK = [
  { question: "what is at the top left?", answer: "a pink square" },
  { question: "where is the purple star?", answer: "bottom right" },
];

describe("pictures of the extension", () => {
  const editor = useEditor({
    files: {
      "four-shapes.png": { from: "media/samples/four-shapes.png" },
      "red-circle.png": { from: "media/samples/red-circle.png" },
      "two-stars.png": { from: "media/samples/two-stars.png" },
      "post.md": POST,
    },
    size: { width: 1100, height: 700 },
    scale: 1.5,
  });

  before(async () => {
    await mkdir(FOLDER, { recursive: true });
  });

  it("show a conversation about a picture", async () => {
    await editor().explorer.openPicture("four-shapes.png", "320x320");
    await editor().runCommand("Sightline: Ask About This Image…");
    const chat = new ChatPage(editor().view);
    for (const [index, { question, answer }] of TALK.entries()) {
      await chat.ask(question);
      assert.equal((await chat.untilLast(index + 1, "done")).answer, answer);
    }
  });

  for (const theme of ALL_THEMES) {
    it(`show it in ${theme}`, async () => {
      await editor().useTheme(theme);
      await editor().untilViewHas(theme);
      await take(editor(), path.join(FOLDER, `chat-${theme}`));
    });
  }

  it("show what the lightbulb offers", async () => {
    const { keyboard, text } = editor();
    await editor().useTheme("dark");
    await editor()
      .runCommand("View: Close Primary Side Bar")
      .catch(() => undefined);
    await text.openAt("post.md", "](four-shapes");
    await text.openCodeActions();
    await take(editor(), path.join(FOLDER, "alt-lightbulb"));
    await keyboard.press("Escape");
  });

  for (const theme of ALL_THEMES) {
    it(`show the review of all pictures in ${theme}`, async () => {
      const { keyboard, view } = editor();
      const review = new ReviewPage(view);
      if (theme === ALL_THEMES[0]) {
        await editor().runCommand("Sightline: Review Alt Texts…");
        await editor().quickInput.choose("The Workspace");
        for (const [nth, key] of ["a", "d"].entries()) {
          await review.untilShown(nth + 1);
          await review.proposals.first().waitFor();
          await keyboard.press(key);
        }
      }
      await editor().useTheme(theme);
      await editor().untilViewHas(theme);
      await review.untilShown(3);
      await review.proposals.first().waitFor();
      await take(editor(), path.join(FOLDER, `review-${theme}`));
    });
  }

  it("show the texts of a whole file before they are written", async () => {
    await editor().useTheme("dark");
    const { keyboard, quickInput, text } = editor();
    await text.open("post.md");
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    assert.match((await quickInput.texts()).title, /which pictures/);
    await keyboard.press("Enter");
    await editor()
      .page.locator(".quick-input-title", { hasText: "Write these alt texts?" })
      .waitFor();
    await take(editor(), path.join(FOLDER, "alt-review"));
    await keyboard.press("Enter");
    await text.untilChanged();
    assert.doesNotMatch(await text.savedText("post.md"), /!\[\]|alt text/);
  });
});

/** The editor shows a drawing beside the steps only where there is room for both. */
const WIDE = { width: 1500, height: 760 };
const NARROW = { width: 1060, height: 660 };

describe("pictures of the first minutes", () => {
  const editor = useEditor({
    files: { "four-shapes.png": { from: "media/samples/four-shapes.png" } },
    size: NARROW,
  });
  const walkthrough = (): WalkthroughPage => new WalkthroughPage(editor().page);

  before(async () => {
    for (const folder of [FIRST_MINUTES, THEMES_FOLDER]) await mkdir(folder, { recursive: true });
  });

  for (const theme of ["dark", "highContrast", "highContrastLight", "light"] as const) {
    it(`show every step of the walkthrough in ${theme}`, async () => {
      await editor().page.setViewportSize(WIDE);
      await editor().useTheme(theme);
      await editor().runCommand("Sightline: Get Started");
      for (const [step, words] of Object.entries(STEPS)) {
        await walkthrough().fills(step, words);
        await take(editor(), path.join(THEMES_FOLDER, `${theme}-${step}`));
      }
    });
  }

  it("show the walkthrough, the sample picture and the answer", async () => {
    await walkthrough().fills("ask", STEPS.ask);
    await take(editor(), path.join(FIRST_MINUTES, "1-walkthrough"));
    await walkthrough().press("Try It on a Sample Picture");
    await new ChatPage(editor().view).untilLast(1, "done");
    await walkthrough().untilTicked("ask");
    await take(editor(), path.join(FIRST_MINUTES, "2-sample-picture"));
  });

  it("show the sample page, its texts, and the list of models", async () => {
    const { keyboard, page, quickInput } = editor();
    await page.setViewportSize(NARROW);
    await editor().runCommand("Sightline: Open a Sample Page");
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    await page.locator(".quick-input-title", { hasText: "which pictures" }).waitFor();
    await keyboard.press("Enter");
    await page.locator(".quick-input-title", { hasText: "Write these alt texts?" }).waitFor();
    await take(editor(), path.join(FIRST_MINUTES, "3-sample-page"));
    await keyboard.press("Enter");
    await page.locator(".tab.active.dirty", { hasText: "sample-page.md" }).waitFor();
    await openModels(editor());
    await take(editor(), path.join(FIRST_MINUTES, "4-models"));
    await quickInput.cancel();
  });

  it("show the page of the extension", async () => {
    const { page } = editor();
    await page.keyboard.press("Control+Shift+x");
    await page
      .locator(".extensions-list .monaco-list-row", { hasText: "Sightline" })
      .first()
      .click();
    await page.locator(".extension-editor .details").first().waitFor();
    await page.locator(".extension-editor iframe, iframe.webview.ready").first().waitFor();
    await take(editor(), path.join(THEMES_FOLDER, "extension-page"));
  });
});

/** Nobody listens there, and nothing of it leaves this machine. */
const NOWHERE = "http://127.0.0.1:9";

describe("pictures of what needs patience", () => {
  const editor = useEditor({
    files: {
      "four-shapes.png": { from: "media/samples/four-shapes.png" },
      "icon.png": { from: "media/icon.png" },
    },
    settings: { "sightline.hub.endpoint": NOWHERE },
    size: NARROW,
  });
  const chat = (): ChatPage => new ChatPage(editor().view);
  const takeInAllThemes = async (name: string): Promise<void> => {
    for (const theme of ALL_THEMES) {
      await editor().useTheme(theme);
      if (await chat().field.isVisible()) await editor().untilViewHas(theme);
      await take(editor(), path.join(FOLDER, `${name}-${theme}`));
    }
  };

  before(async () => {
    for (const folder of [FOLDER, THEMES_FOLDER]) await mkdir(folder, { recursive: true });
  });

  it("show the list of models", async () => {
    for (const theme of ALL_THEMES) {
      await editor().useTheme(theme);
      await openModels(editor());
      await take(editor(), path.join(FOLDER, `models-${theme}`));
      await editor().quickInput.cancel();
    }
  });

  it("show a download without a network", async () => {
    const { messages, quickInput } = editor();
    await openModels(editor());
    await editor().keyboard.press("Enter");
    await quickInput.choose("small");
    await messages
      .dialog(/free on the disk/)
      .getByText(NOWHERE)
      .waitFor();
    await messages.answerDialog(/free on the disk/, "Download");
    await messages.notification(/cannot reach/).waitFor();
    await takeInAllThemes("offline");
    await editor().runCommand("Notifications: Clear All Notifications");
  });

  it("show the hint after an answer about what the demo cannot know", async () => {
    await editor().explorer.choose("icon.png", "Ask About This Image…");
    await chat().ask("what is this?");
    await chat().untilLast(1, "done");
    await editor()
      .messages.notification(/One choice gets/)
      .waitFor();
    for (const theme of ALL_THEMES) {
      await editor().useTheme(theme);
      await editor().untilViewHas(theme);
      await take(editor(), path.join(THEMES_FOLDER, `hint-${theme}`));
    }
    await editor().runCommand("Notifications: Clear All Notifications");
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
  });

  it("show a question that waits for its model", async () => {
    await editor().explorer.choose("four-shapes.png", "Ask About This Image…");
    await chat().picture("four-shapes.png").waitFor();
    const isEngine = (kind: string): Locator =>
      editor().view.document.locator(`button.engine[data-kind=${kind}]`);
    // The picture alone has the model loaded ahead.
    await isEngine("ready").waitFor();
    const before = editor().enginePid();
    await editor().runCommand("Sightline: Restart Engine");
    const asked = chat().ask("what is at the top left?");
    const pid = await editor().stopStartingEngine(before);
    await asked;
    await editor().stepEngine(pid, {
      isSeen: () => isEngine("loading").isVisible(),
      what: "a model that loads",
      // Node's own start takes a quarter of a second, and a load longer than this.
      momentMs: 20,
    });
    try {
      await takeInAllThemes("waiting");
    } finally {
      process.kill(pid, "SIGCONT");
    }
    assert.equal((await chat().untilLast(1, "done")).answer, "a pink square");
  });
});

/** Steps of the walkthrough and a few words of the drawing of each. */
const STEPS = {
  model: "list of models",
  ask: "The chat",
  alt: "A Markdown page with three",
  paste: "A picture is dropped",
} as const;

/** Opens the list of models and waits until the recommended one is at its top, with the keyboard on it. */
async function openModels(editor: Editor): Promise<void> {
  await editor.runCommand("Sightline: Manage Models…");
  // A pointer that lies over the list marks a row of its own.
  await editor.page.mouse.move(0, 0);
  await editor.page
    .locator(".quick-input-list .monaco-list-row.focused[data-index='0']", {
      hasText: "Recommended",
    })
    .waitFor();
}
