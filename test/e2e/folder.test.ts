/** A folder's pictures, documents that the editor has no language for, and keys in the Explorer. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

const ONE =
  "# One\n\n![](../pictures/red-circle.png)\n\n![A hand-written text](../pictures/two-stars.png)\n";
const TWO = "![](../../pictures/two-stars.png)\n";
const MDX = 'import { Note } from "./note";\n\n<Note>\n  ![](pictures/red-circle.png)\n</Note>\n';

describe("the documents of a folder", () => {
  const editor = useEditor({
    files: {
      pictures: { from: "media/samples" },
      "docs/one.md": ONE,
      "docs/deep/two.mdx": TWO,
      "docs/.gitignore": "drafts/\n",
      "docs/drafts/three.md": TWO,
      "docs/node_modules/four.md": TWO,
      "page.mdx": MDX,
      "page.vue": '<template>\n  <img src="./pictures/red-circle.png">\n</template>\n',
    },
    settings: { "files.refactoring.autoSave": true },
  });

  const onDisk = (name: string): Promise<string> =>
    readFile(path.join(editor().folder, name), "utf8");

  it("get texts for all pictures without one, looked at by file and written at once", async () => {
    const { explorer, quickInput, keyboard, page } = editor();
    await explorer.row("docs").click();
    await explorer.choose("docs", "Generate Alt Text in This Folder…");
    await untilTrue(
      async () => /Write these/.test((await quickInput.texts()).title),
      "the list of new texts",
    );
    assert.match((await quickInput.texts()).message, /Demo model/);
    assert.deepEqual(await quickInput.labels(), [
      "Line 1: two-stars.png",
      "Line 3: red-circle.png",
    ]);
    // The document of the row under the cursor is shown, and the keyboard stays in the list.
    await keyboard.press("ArrowDown");
    await page.locator(".tab.active", { hasText: "one.md" }).waitFor();
    assert.ok(
      await page.evaluate(() => document.activeElement?.closest(".quick-input-widget") !== null),
    );
    assert.equal(await onDisk("docs/one.md"), ONE);
    await keyboard.press("Enter");
    await untilTrue(async () => (await onDisk("docs/one.md")) !== ONE, "the texts on the disk");
    assert.match(
      await onDisk("docs/one.md"),
      /^# One\n\n!\[[^\]]*red circle[^\]]*\]\(.*\n\n!\[A hand-w/,
    );
    await untilTrue(async () => (await onDisk("docs/deep/two.mdx")) !== TWO, "the second file");
    for (const left of ["docs/drafts/three.md", "docs/node_modules/four.md"]) {
      assert.equal(await onDisk(left), TWO);
    }
  });

  it("are as they were after Undo All", async () => {
    const { messages, page } = editor();
    await messages.press(/^Alt texts written: 2 in 2 files\./, "Undo All");
    await page.locator(".tab.dirty", { hasText: "two.mdx" }).waitFor();
    await page.locator(".tab.dirty", { hasText: "one.md" }).waitFor();
    await editor().runCommand("File: Save All Files");
    await untilTrue(async () => (await onDisk("docs/one.md")) === ONE, "the first file as it was");
    await untilTrue(async () => (await onDisk("docs/deep/two.mdx")) === TWO, "the second, too");
  });

  it("have everything in files whose language the editor does not know", async () => {
    for (const name of ["page.mdx", "page.vue"]) {
      const { text, keyboard, page } = editor();
      await text.openAt(name, "red-circle");
      await page.locator(".statusbar-item", { hasText: "Plain Text" }).waitFor();
      const titles = await text.openCodeActions();
      assert.ok(titles.includes("Generate Alt Text"), titles.join());
      await keyboard.press("Escape");
      await text.focus();
      await page.evaluate(recordAnnouncements);
      await keyboard.press("Shift+Alt+t");
      await text.untilChanged();
      await untilTrue(
        async () => /Alt text: .*red.circle/.test((await page.evaluate(announced)).join("\n")),
        "an announcement of the text",
      );
      assert.match(await text.savedText(name), /red\scircle/);
    }
  });

  it("lie beside pictures that are asked about with the key that the Explorer's menu shows", async () => {
    const { explorer, keyboard, view, page } = editor();
    // The first page of a window registers the editor's service worker; two pages at once may lose that race.
    await editor().runCommand("Sightline: Open Chat");
    await view.document.getByRole("main").waitFor();
    await editor().runCommand("View: Show Explorer");
    await explorer.row("pictures").click();
    await explorer.row("four-shapes.png").waitFor();
    for (let step = 0; step < 8; step++) {
      await keyboard.press("ArrowDown");
      const focused = page.locator(".explorer-folders-view .monaco-list-row.focused");
      if (/four-shapes/.test(await focused.innerText())) break;
    }
    await keyboard.press("Shift+Alt+q");
    await view.document.getByText("four-shapes.png").first().waitFor();
  });
});

/** Keeps what the editor's live regions say from now on. */
function recordAnnouncements(): void {
  const said: string[] = [];
  Object.assign(window, { saidAloud: said });
  for (const region of document.querySelectorAll(".monaco-aria-container")) {
    const observer = new MutationObserver(() => {
      said.push(region.textContent);
    });
    observer.observe(region, { childList: true, subtree: true, characterData: true });
  }
}

function announced(): string[] {
  return (window as unknown as { saidAloud: string[] }).saidAloud;
}
