/** Faults of alternative texts: marked, mended and taken back in a document. */

import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

const PAGE = `# Shapes

![](pictures/red-circle.png "A red circle")

![image](pictures/two-stars.png)

![Two stars](pictures/two-stars.png)
`;

describe("the audit in the editor", () => {
  const editor = useEditor({
    files: {
      "pictures/red-circle.png": { from: "media/samples/red-circle.png" },
      "pictures/two-stars.png": { from: "media/samples/two-stars.png" },
      "page.md": PAGE,
    },
  });
  const marks = (): Locator =>
    editor().page.locator(".editor-instance .squiggly-warning, .editor-instance .squiggly-info");

  async function untilMarked(count: number): Promise<void> {
    await untilTrue(async () => (await marks().count()) === count, `${count} marks`);
  }

  it("marks pictures whose text is missing or says nothing, and no other", async () => {
    const { text, keyboard } = editor();
    await keyboard.unplugMouse();
    await text.open("page.md");
    await untilMarked(2);
  });

  it("mends a finding by the rule's own fix, from the keyboard", async () => {
    const { text } = editor();
    await text.openAt("page.md", "](pictures/red");
    await text.runCodeAction("Move the Title into the Text");
    await text.untilChanged();
    await untilMarked(1);
    const saved = await text.savedText("page.md");
    assert.match(saved, /!\[A red circle\]\(pictures\/red-circle\.png\)\n/);
  });

  it("takes a finding back with a comment, and tells it no more", async () => {
    const { text } = editor();
    await text.openAt("page.md", "image](");
    await text.runCodeAction('Suppress "placeholder" Here with a Comment');
    await text.untilChanged();
    await untilMarked(0);
    assert.match(
      await text.savedText("page.md"),
      /<!-- sightline-disable-next-line placeholder -->\n!\[image\]/,
    );
    await text.undo();
    await untilMarked(1);
    await text.savedText("page.md");
  });

  it("checks the workspace, and opens a finding from its list, by keyboard alone", async () => {
    const { keyboard, page } = editor();
    await editor().runCommand("Sightline: Check Alt Texts of This Workspace");
    await page.getByText("Documents: 1, pictures: 3, findings: 1.").waitFor();
    const focused = page.locator(".monaco-list:focus-within .monaco-list-row.focused");
    await untilTrue(async () => (await focused.count()) === 1, "a row with the keyboard");
    await keyboard.press("ArrowDown", "Enter");
    await page.locator(".tab.active", { hasText: "page.md" }).waitFor();
    await page.locator(".statusbar-item", { hasText: "Ln 5, Col 8 (5 selected)" }).waitFor();
  });
});
