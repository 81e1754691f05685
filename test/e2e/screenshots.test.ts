/**
 * Pictures of the extension at work, for a look after each change and for the documents. They go to
 * out/e2e/screenshots, or where SIGHTLINE_SCREENSHOTS says.
 */

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ChatPage } from "./chatPage";
import type { Editor, Theme } from "./editor";
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
    const { explorer, keyboard, page, view } = editor();
    await explorer.row("four-shapes.png").dblclick();
    // The preview takes the focus when it is drawn; only then does the workbench get keys again.
    await page.locator(".statusbar-item", { hasText: "320x320" }).waitFor();
    await page.locator(".tab.active", { hasText: "four-shapes.png" }).click();
    await editor().runCommand("Sightline: Ask About This Image…");
    const field = view.document.getByRole("textbox");
    await field.waitFor();
    for (const { question, answer } of TALK) {
      await field.click();
      await keyboard.type(question);
      await keyboard.press("Enter");
      await view.document.getByText(answer, { exact: true }).first().waitFor();
    }
  });

  for (const theme of ["light", "dark", "highContrast", "highContrastLight"] as const) {
    it(`show it in ${theme}`, async () => {
      await editor().useTheme(theme);
      await untilViewHas(theme);
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

  it("show the texts of a whole file before they are written", async () => {
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

  async function untilViewHas(theme: Theme): Promise<void> {
    const kinds = {
      light: "vscode-light",
      dark: "vscode-dark",
      highContrast: "vscode-high-contrast",
      highContrastLight: "vscode-high-contrast-light",
    };
    await editor().view.document.locator(`body.${kinds[theme]}`).waitFor();
  }
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
        await walkthrough().openStep(step);
        await walkthrough().fills(words);
        await take(editor(), path.join(THEMES_FOLDER, `${theme}-${step}`));
      }
    });
  }

  it("show the walkthrough, the sample picture and the answer", async () => {
    await walkthrough().openStep("ask");
    await walkthrough().fills(STEPS.ask);
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
    await editor().runCommand("Sightline: Manage Models…");
    await page
      .locator(".quick-input-list .monaco-list-row", { hasText: "BLIP-2" })
      .first()
      .waitFor();
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

/** Steps of the walkthrough and a few words of the drawing of each. */
const STEPS = {
  model: "list of models",
  ask: "The chat",
  alt: "A Markdown page with three",
  paste: "A picture is dropped",
} as const;

/** @throws when the picture holds nothing but one colour, as that of a page that is not drawn */
async function take({ page }: Editor, name: string): Promise<void> {
  const file = `${name}.png`;
  await page.screenshot({ path: file, animations: "disabled" });
  // An empty page of this size is compressed to some ten kilobytes.
  assert.ok((await readFile(file)).length > 30_000, `${name} shows nothing`);
}
