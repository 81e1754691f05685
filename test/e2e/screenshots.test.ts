/**
 * Pictures of the extension at work, for a look after each change and for the documents. They go to
 * out/e2e/screenshots, or where SIGHTLINE_SCREENSHOTS says.
 */

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Theme } from "./editor";
import { useEditor } from "./useEditor";

const FOLDER = path.resolve(process.env["SIGHTLINE_SCREENSHOTS"] ?? "out/e2e/screenshots");

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
      await take(`chat-${theme}`);
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
    await take("alt-lightbulb");
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
    await take("alt-review");
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

  /** @throws when the picture holds nothing but one colour, as that of a page that is not drawn */
  async function take(name: string): Promise<void> {
    const file = path.join(FOLDER, `${name}.png`);
    await editor().page.screenshot({ path: file, animations: "disabled" });
    // An empty page of this size is compressed to some ten kilobytes.
    assert.ok((await readFile(file)).length > 30_000, `${name} shows nothing`);
  }
});
