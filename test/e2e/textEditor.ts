/** The text editor that is open: cursor, text as it is on disk after saving, code actions, undo. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Locator, Page } from "playwright-core";
import { offerFiles, type OfferedFiles } from "./pageScripts";
import { untilTrue } from "./polling";
import type { QuickInput } from "./quickInput";

/** A user would press again after so long. */
const PATIENCE_MS = 3_000;
/** An editor that has just opened says that there are none until its extensions have started. */
const START_MS = 40_000;

/** Cells of a notebook are drawn over the place of their editor. */
const FOCUSED = ":is(.editor-instance, .notebookOverlay) .monaco-editor.focused";

/** Zero-based, as the API of the editor counts. */
export interface TextPlace {
  readonly line: number;
  readonly character: number;
}

export class TextEditor {
  readonly #page: Page;
  readonly #quickInput: QuickInput;
  readonly #folder: string;

  constructor(page: Page, given: { readonly quickInput: QuickInput; readonly folder: string }) {
    this.#page = page;
    this.#quickInput = given.quickInput;
    this.#folder = given.folder;
  }

  /** Opens a file of the workspace by its name, which must be the only one of that name. */
  async open(name: string): Promise<void> {
    const label = path.basename(name);
    await this.#quickInput.openAndChoose({ key: "Control+p", text: name, label });
    await this.#activeTab.and(this.#page.locator(`[data-resource-name="${name}"]`)).waitFor();
  }

  /** Opens a file and puts the cursor before the first occurrence of a text, or inside it. */
  async openAt(name: string, text: string): Promise<void> {
    await this.open(name);
    const content = await readFile(path.join(this.#folder, name), "utf8");
    const offset = content.indexOf(text);
    if (offset < 0) throw new Error(`${name} does not hold "${text}".`);
    const lines = content.slice(0, offset).split("\n");
    await this.goTo({ line: lines.length - 1, character: lines.at(-1)?.length ?? 0 });
  }

  /** Moves the cursor and waits until the status bar says so. */
  async goTo({ line, character }: TextPlace): Promise<void> {
    await this.#quickInput.open("Control+g", `:${line + 1}:${character + 1}`);
    await this.#quickInput.choose(new RegExp(`line ${line + 1} at column ${character + 1}\\b`));
    const position = this.#page.locator("#status\\.editor\\.selection");
    await position.filter({ hasText: `Ln ${line + 1}, Col ${character + 1}` }).waitFor();
  }

  /** Gives the text editor the focus, from wherever it is. */
  async focus(): Promise<void> {
    await this.#page.keyboard.press("Control+1");
    await this.#page.locator(FOCUSED).waitFor();
  }

  /** Saves the file that is open and reads what was written, byte by byte. */
  async savedText(name: string): Promise<string> {
    await this.focus();
    await this.#page.keyboard.press("Control+s");
    await this.#activeTab.and(this.#page.locator(":not(.dirty)")).waitFor();
    let text = "";
    // A file that was as it is is written again, and is empty for a moment.
    await untilTrue(async () => {
      text = await readFile(path.join(this.#folder, name), "utf8");
      return text !== "";
    }, `a text in ${name}`);
    return text;
  }

  /** Waits until the open file differs from what is on disk. */
  async untilChanged(): Promise<void> {
    await this.#activeTab.and(this.#page.locator(".dirty")).waitFor();
  }

  async undo(): Promise<void> {
    await this.focus();
    await this.#page.keyboard.press("Control+z");
  }

  /** Labels of the code actions at the cursor; the menu stays open. */
  async openCodeActions(): Promise<string[]> {
    await this.focus();
    const none = this.#page
      .locator(".monaco-editor-overlaymessage")
      .filter({ hasText: "No code actions available" })
      .first();
    const endMs = performance.now() + START_MS;
    while (performance.now() < endMs) {
      await this.#page.keyboard.press("Control+.");
      // While the extension starts there is sometimes neither a menu nor a message.
      const shown = this.#codeActions.or(none).first().waitFor({ timeout: PATIENCE_MS });
      await shown.catch(() => undefined);
      if (await this.#codeActions.first().isVisible()) {
        return this.#codeActions.locator(".title").allInnerTexts();
      }
      // The message stays until the cursor moves.
      await this.#page.keyboard.press("ArrowRight");
      await this.#page.keyboard.press("ArrowLeft");
      await none.waitFor({ state: "hidden" });
    }
    throw new Error("There are no code actions at the cursor.");
  }

  /** Opens the menu of code actions and runs one with the keyboard. */
  async runCodeAction(title: string): Promise<void> {
    const titles = await this.openCodeActions();
    const index = titles.indexOf(title);
    if (index < 0) throw new Error(`No code action "${title}" among ${titles.join(", ")}.`);
    const focused = this.#page.locator(".action-widget .monaco-list-row.focused .title");
    for (let step = 0; step <= titles.length; step++) {
      if ((await focused.innerText()) === title) break;
      await this.#page.keyboard.press("ArrowDown");
    }
    await this.#page.keyboard.press("Enter");
  }

  /** Shows the hover at the cursor; its parts come one after the other, so wait for what is wanted in it. */
  async openHover(): Promise<Locator> {
    await this.focus();
    await this.#page.keyboard.press("Control+k");
    await this.#page.keyboard.press("Control+i");
    const hover = this.#page.locator(".monaco-hover:visible").first();
    await hover.waitFor();
    return hover;
  }

  /** Pastes or drops files where the cursor is. */
  async offerFiles(files: OfferedFiles): Promise<void> {
    await this.focus();
    const input = this.#page.locator(
      ".editor-instance .monaco-editor.focused .native-edit-context, .editor-instance .monaco-editor.focused textarea.inputarea",
    );
    await input.first().evaluate(offerFiles, files);
  }

  get #activeTab(): Locator {
    return this.#page.locator(".editor-group-container.active .tab.active");
  }

  get #codeActions(): Locator {
    return this.#page.locator(".action-widget .monaco-list-row.action");
  }
}
