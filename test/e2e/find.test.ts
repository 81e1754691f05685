/** Pictures that are found by what they show, by keyboard alone, with the bundled model that compares. */

import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { drawingsOf } from "./drawings";
import { countUndrawn } from "./pageScripts";
import { untilTrue } from "./polling";
import { take } from "./takePicture";
import { useEditor } from "./useEditor";

/** Where pictures of the view go, to be looked at. */
const FOLDER = path.resolve(process.env["SIGHTLINE_SCREENSHOTS"] ?? "out/e2e/screenshots");
/** Where those go that no document shows. */
const OTHERS = path.resolve("out/e2e/screenshots");

/** Two things that the bundled model tells apart. */
const [CARROT, MUSHROOM] = ["An orange carrot", "A red mushroom"];
const THINGS_PAGE = `![${CARROT}](pictures/carrot.svg)\n\n![${MUSHROOM}](pictures/mushroom.svg)\n`;

const ALL_THEMES = ["light", "dark", "highContrast", "highContrastLight"] as const;

describe("finding pictures", () => {
  const editor = useEditor({
    files: {
      "README.md": "# Fruit\n\nIn summer we eat a red apple every day.\n\nIn winter we do not.\n",
      "pages/other.md": "![A shiny apple](../pictures/red-apple.svg)\n",
      "pages/copies.html":
        '<img src="../copies/banana.svg" alt="A banana">\n<img src="../pictures/banana.svg">\n',
      "things.md": THINGS_PAGE,
      "pictures/empty.png": "",
    },
    settings: { "sightline.audit.compareWithDemo": true },
  });
  const cells = () => editor().view.document.getByRole("gridcell");
  const cell = (name: RegExp) => editor().view.document.getByRole("gridcell", { name });

  before(async () => {
    const pictures = path.join(editor().folder, "pictures");
    for (const [name, svg] of await drawingsOf()) {
      await writeFile(path.join(pictures, `${name}.svg`), svg);
    }
    const copies = path.join(editor().folder, "copies");
    await mkdir(copies);
    await copyFile(path.join(pictures, "banana.svg"), path.join(copies, "banana.svg"));
    // Other bytes, and the same picture for every model.
    const apple = await readFile(path.join(pictures, "red-apple.svg"), "utf8");
    await writeFile(path.join(copies, "apple-again.svg"), `${apple}<!-- again -->\n`);
    for (const folder of [FOLDER, OTHERS]) await mkdir(folder, { recursive: true });
  });

  it("finds while somebody types, and opens what is chosen", async () => {
    await editor().runCommand("Sightline: Find Picture…");
    const { quickInput, page, keyboard } = editor();
    await quickInput.field.fill("a red apple");
    await page
      .locator(".quick-input-list .monaco-list-row", { hasText: "red-apple.svg" })
      .first()
      .waitFor();
    await untilTrue(
      async () => (await page.locator(".quick-input-title").innerText()) === "Find Picture",
      "all pictures looked at",
    );
    await keyboard.press("ArrowDown", "ArrowUp");
    await quickInput.choose("red-apple.svg");
    await page.locator(".tab.active", { hasText: "red-apple.svg" }).waitFor();
    // A preview takes the keyboard when it is drawn, which would close the next list.
    await page.locator(".statusbar-item", { hasText: "160x160" }).waitFor();
  });

  it("shows all results, which are walked through with the arrow keys", async () => {
    const { keyboard, view, page } = editor();
    await keyboard.unplugMouse();
    await showAll("a yellow banana");
    await cell(/^banana\.svg.*Likely/)
      .first()
      .waitFor();
    assert.match(await view.document.getByRole("heading").innerText(), /a yellow banana/);
    await keyboard.tabTo(/^Likely \(/);
    await keyboard.press("ArrowDown");
    const first = await keyboard.focused();
    assert.equal(first?.role, "gridcell");
    await keyboard.press("ArrowRight");
    assert.notEqual((await keyboard.focused())?.name, first.name);
    await keyboard.press("ArrowLeft");
    assert.equal((await keyboard.focused())?.name, first.name);
    assert.deepEqual(await violations(), []);
    // What was not searched is closed, at the end, and says why.
    await keyboard.press("Control+End");
    assert.match((await keyboard.focused())?.name ?? "", /^Not searched \(1\)/);
    await keyboard.press("Enter", "ArrowDown");
    assert.match((await keyboard.focused())?.name ?? "", /empty\.png\s*empty/);
    assert.deepEqual(await violations(), []);
    await keyboard.press("Control+Home", "ArrowDown");
    await keyboard.tabTo("Find Similar");
    await keyboard.press("Enter");
    await page.locator(".tab.active", { hasText: /^Pictures like / }).waitFor();
  });

  it("shows pictures like one", async () => {
    const { view } = editor();
    await view.document.getByRole("heading", { name: /^Pictures like / }).waitFor();
    await cells().first().waitFor();
    assert.deepEqual(await violations(), []);
  });

  it("inserts a picture that fits the sentence, with the text that it has elsewhere", async () => {
    const { quickInput, text, page } = editor();
    await text.openAt("README.md", "summer");
    await editor().runCommand("Sightline: Insert a Picture That Fits…");
    assert.equal(await quickInput.field.inputValue(), "In summer we eat a red apple every day.");
    await page
      .locator(".quick-input-list .monaco-list-row", { hasText: "red-apple.svg" })
      .first()
      .waitFor();
    await quickInput.choose("red-apple.svg");
    await text.untilChanged();
    assert.match(
      await text.savedText("README.md"),
      /every day\.\n\n!\[A shiny apple\]\(pictures\/red-apple\.svg\)\n\nIn winter/,
    );
  });

  it("finds files that are the same, and makes all documents show one of them", async () => {
    const { keyboard, quickInput, page, messages } = editor();
    await editor().runCommand("Sightline: Find Duplicate Pictures");
    await cell(/^banana\.svg.*The same file/)
      .first()
      .waitFor();
    await inAllThemes("duplicates", () => areDrawn(".tile"));
    await keyboard.tabTo(/^The same file/);
    await keyboard.press("ArrowDown");
    assert.match((await keyboard.focused())?.name ?? "", /^Use One File Everywhere…: 2 files/);
    await keyboard.press("Enter");
    await untilTrue(
      async () => (await quickInput.texts()).title === "Use One File Everywhere",
      "the list of files",
    );
    await quickInput.choose("banana.svg");
    await page.locator(".monaco-dialog-box", { hasText: "Rewrite 1 references" }).waitFor();
    await keyboard.press("Enter");
    await messages.notification(/^References rewritten: 1/).waitFor();
    await untilTrue(async () => (await copies()).size === 1, "one file in all documents");
  });

  it("remembers what somebody calls no duplicate", async () => {
    const { keyboard } = editor();
    const samePicture = () => cell(/^apple-again\.svg.*The same picture/);
    await editor().runCommand("Sightline: Find Duplicate Pictures");
    await samePicture().first().waitFor();
    await keyboard.tabTo(/^The same file/);
    for (let i = 0; i < 40; i++) {
      if (/^Use One File Everywhere….*apple/.test((await keyboard.focused())?.name ?? "")) break;
      await keyboard.press("ArrowDown");
    }
    await keyboard.press("ArrowRight");
    assert.match((await keyboard.focused())?.name ?? "", /^Not a Duplicate.*apple/);
    await keyboard.press("Enter");
    await samePicture().first().waitFor({ state: "detached" });
    await editor().runCommand("Sightline: Find Duplicate Pictures");
    await editor()
      .view.document.getByRole("status")
      .filter({ hasText: "Groups of pictures" })
      .waitFor({ state: "attached" });
    await cell(/^banana\.svg.*The same file/)
      .first()
      .waitFor();
    assert.equal(await samePicture().count(), 0);
  });

  it("answers one question about each picture of a folder, and goes on where it stopped", async () => {
    const { keyboard, quickInput, view } = editor();
    await editor().runCommand("Sightline: Ask About All Pictures in This Folder…");
    await untilTrue(
      async () => /^Ask About \d+ Pictures$/.test((await quickInput.texts()).title),
      "the question's field",
    );
    await quickInput.answer("what is this?");
    const answered = view.document.locator(
      ".answers-body .cell-answer > span:first-child:not(:empty)",
    );
    await answered.first().waitFor();
    await keyboard.tabTo("Stop");
    await keyboard.press("Enter");
    await view.byRole("button", "Go On").waitFor();
    assert.deepEqual(await violations(), []);
    await keyboard.tabTo("Go On");
    await keyboard.press("Enter");
    await view.byRole("button", "Go On").waitFor({ state: "hidden" });
    await view.byRole("button", "Stop").waitFor({ state: "hidden" });
    await keyboard.tabTo("Answer");
    await keyboard.press("Enter");
    await view.document.locator("[aria-sort=ascending]").waitFor();
    await keyboard.tabTo(/\.svg/);
    await keyboard.press("ArrowDown", "End");
    assert.equal((await keyboard.focused())?.role, "row");
    // One of the files is empty.
    await inAllThemes("answers", () => areDrawn(".answers-body .answers-row", 1));
    await keyboard.tabTo("Filter by file or answer");
    await keyboard.type("banana");
    await untilTrue(
      async () => /^2 of \d+/.test(await view.document.locator(".answers-tools").innerText()),
      "two rows",
    );
  });

  it("looks well in every theme", async () => {
    await showAll("fruit");
    await cell(/Likely/)
      .first()
      .waitFor();
    for (const theme of ALL_THEMES) {
      await editor().useTheme(theme);
      await editor().untilViewHas(theme);
      await areDrawn(".tile");
      await editor().keyboard.tabTo(/^Likely \(|^pictures\//);
      await editor().keyboard.press("Control+Home", "ArrowDown");
      assert.deepEqual(await violations(), []);
      await shoot(`results-${theme}`);
    }
  });

  it("tells on save that two texts were swapped, and exchanges them, by keyboard alone", async () => {
    const { keyboard, page, text } = editor();
    const marks = page.locator(".editor-instance .squiggly-hint");
    await editor().runCommand("Sightline: Compare Alt Texts with Their Pictures");
    await page.getByText(/^Documents: \d+, pictures: \d+, findings: \d+/).waitFor();
    for (const [there, other] of [
      [CARROT, MUSHROOM],
      [MUSHROOM, CARROT],
    ] as const) {
      await text.openAt("things.md", there);
      await keyboard.press(...Array.from(there, () => "Shift+ArrowRight"));
      await keyboard.type(other);
    }
    assert.notEqual(await text.savedText("things.md"), THINGS_PAGE);
    await untilTrue(async () => (await marks.count()) === 2, "two marks");
    await text.goTo({ line: 0, character: 4 });
    const hover = await text.openHover();
    await hover.getByText(/whose text fits this picture/).waitFor();
    await take(editor(), path.join(OTHERS, "swapped"), { mostBytes: 120_000 });
    await keyboard.press("Escape");
    await text.runCodeAction("Exchange the Two Texts");
    await text.untilChanged();
    assert.equal(await text.savedText("things.md"), THINGS_PAGE);
    await untilTrue(async () => (await marks.count()) === 0, "no mark");
  });

  /** The last line of the list, which is above the first. */
  async function showAll(words: string): Promise<void> {
    await editor().runCommand("Sightline: Find Picture…");
    const { quickInput, keyboard, page } = editor();
    await quickInput.field.fill(words);
    const rows = page.locator(".quick-input-list .monaco-list-row");
    await rows.filter({ hasText: "less likely" }).first().waitFor();
    await keyboard.press("ArrowUp");
    await page
      .locator(".quick-input-list .monaco-list-row.focused", { hasText: "Show All Results…" })
      .waitFor();
    await keyboard.press("Enter");
  }

  /** Shows what is open in each theme, and the documents the first of them. */
  async function inAllThemes(name: string, isShown: () => Promise<void>): Promise<void> {
    await editor().runCommand("Notifications: Clear All Notifications");
    for (const theme of [...ALL_THEMES.slice(1), ALL_THEMES[0]]) {
      await editor().useTheme(theme);
      await editor().untilViewHas(theme);
      await isShown();
      assert.deepEqual(await violations(), [], theme);
      await take(editor(), path.join(OTHERS, `${name}-${theme}`), { mostBytes: 120_000 });
    }
    await shoot(name);
  }

  /** All that is in sight, but for some without a picture, has its small copy. */
  async function areDrawn(things: string, nWithout = 0): Promise<void> {
    const all = editor().view.document.locator(things);
    await untilTrue(async () => (await all.count()) > 0, things);
    await untilTrue(
      async () => (await all.evaluateAll(countUndrawn)) <= nWithout,
      `the pictures of ${things}`,
    );
  }

  /** Which files the page of copies shows, as it is saved. */
  async function copies(): Promise<ReadonlySet<string>> {
    await editor().runCommand("File: Save All Files");
    const page = await readFile(path.join(editor().folder, "pages", "copies.html"), "utf8");
    return new Set([...page.matchAll(/src="([^"]*)"/g)].map(([, address = ""]) => address));
  }

  async function violations(): Promise<unknown[]> {
    return (await editor().view.accessibilityViolations()).map(({ id, nodes }) => ({
      id,
      html: nodes.map(({ html }) => html),
    }));
  }

  async function shoot(name: string): Promise<void> {
    await take(editor(), path.join(FOLDER, name), { mostBytes: 120_000 });
  }
});
