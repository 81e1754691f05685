/** The input at the top of the editor: command palette, quick picks and input boxes. Uses the keyboard alone. */

import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { untilTrue } from "./polling";

/** A user would press again after so long. */
const PATIENCE_MS = 3_000;
const MAX_ATTEMPTS = 5;
/** No list of ours is longer. */
const MAX_STEPS = 100;

/** A row of a list: the key that opens the list, what is typed there, and the row's label. */
export interface ListRow {
  readonly key: string;
  readonly text: string;
  readonly label: string;
}

export class QuickInput {
  readonly #page: Page;
  readonly #widget: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#widget = page.locator(".quick-input-widget:visible");
  }

  /** The field to type in. */
  get field(): Locator {
    return this.#widget.locator("input.input");
  }

  /** Texts above the list: title, message, and what the field says while it is empty. */
  async texts(): Promise<{ title: string; message: string; placeholder: string }> {
    await this.field.waitFor();
    return {
      title: await this.#widget.locator(".quick-input-title").innerText(),
      message: await this.#widget.locator(".quick-input-message").innerText(),
      placeholder: (await this.field.getAttribute("placeholder")) ?? "",
    };
  }

  /** Labels of the rows that are on the screen. */
  async labels(): Promise<string[]> {
    await this.#rows.first().waitFor();
    // A second row of an entry is its detail.
    return this.#rows.locator(".quick-input-list-row:first-child .label-name").allInnerTexts();
  }

  /**
   * Opens the input with a key and types into it. A webview that is loading swallows keys or takes the
   * focus, which closes the input, so it may take two.
   */
  async open(key: string, text: string): Promise<void> {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      await this.#page.keyboard.press(key);
      const filled = this.field.fill(text, { timeout: PATIENCE_MS });
      const isFilled = await filled.then(
        () => true,
        () => false,
      );
      if (isFilled && (await this.field.isVisible())) return;
    }
    await this.#page.keyboard.press(key);
    await this.field.fill(text);
  }

  /**
   * Runs a command of the palette by its full name, category included. What the palette offers depends on
   * the file that is open, and the editor learns its language a moment after it shows it.
   */
  async runCommand(name: string): Promise<void> {
    await this.openAndChoose({ key: "F1", text: `>${name}`, label: name });
  }

  /**
   * Opens a list with a key, types into it and chooses a row by its label. A list that is open does not
   * learn of new commands, nor of files that could not be searched yet, so it may take two.
   */
  async openAndChoose(wanted: ListRow): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (await this.#opensWith(wanted)) return this.choose(wanted.label);
      await this.cancel();
    }
    assert.fail(`The list of ${wanted.text} has no row ${wanted.label}.`);
  }

  /** Whether the palette has a command now. */
  async hasCommand(name: string): Promise<boolean> {
    const isThere = await this.#opensWith({ key: "F1", text: `>${name}`, label: name });
    await this.cancel();
    return isThere;
  }

  /** Chooses a row by its label. */
  async choose(label: string | RegExp): Promise<void> {
    await this.#focusRow(label);
    await this.#page.keyboard.press("Enter");
  }

  /** Presses a small button at the end of a row, with the mouse, because it shows only then. */
  async pressButton(label: string, button: string): Promise<void> {
    const row = this.#row(label);
    await row.hover();
    await row.getByRole("button", { name: button }).click();
  }

  /** Types into an input box and accepts. */
  async answer(text: string): Promise<void> {
    await this.field.fill(text);
    await this.#page.keyboard.press("Enter");
  }

  /**
   * Answers the editor's dialog for a folder. Enter opens a folder as long as the dialog has not read its
   * parent, and accepts it after that, so it may take two.
   */
  async answerFolder(folder: string): Promise<void> {
    await untilTrue(
      async () => (await this.field.inputValue()).startsWith("/"),
      "the dialog for a folder",
    );
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await this.field.fill(folder);
      await this.#page.keyboard.press("Enter");
      const gone = this.#widget.waitFor({ state: "hidden", timeout: PATIENCE_MS });
      const isGone = await gone.then(
        () => true,
        () => false,
      );
      if (isGone) return;
    }
    assert.fail(`The dialog does not take ${folder}.`);
  }

  /** Closes the list; one that is just being opened does not see the key. */
  async cancel(): Promise<void> {
    await untilTrue(async () => {
      if (await this.#widget.isHidden()) return true;
      await this.#page.keyboard.press("Escape");
      return false;
    }, "the list closed");
  }

  /** Leaves the list open. */
  async #opensWith({ key, text, label }: ListRow): Promise<boolean> {
    await this.open(key, text);
    return this.#row(label)
      .waitFor({ state: "attached", timeout: PATIENCE_MS })
      .then(
        () => true,
        () => false,
      );
  }

  #row(label: string | RegExp): Locator {
    const wanted = typeof label === "string" ? exactly(label) : label;
    const name = this.#page.locator(".label-name").filter({ hasText: wanted });
    return this.#rows.filter({ has: name }).first();
  }

  get #rows(): Locator {
    return this.#widget.locator(".quick-input-list .monaco-list-row");
  }

  /** Rows change while a list loads, so the label is awaited before the first step. */
  async #focusRow(label: string | RegExp): Promise<void> {
    const wanted = typeof label === "string" ? exactly(label) : label;
    await this.#row(label).waitFor({ state: "attached" });
    const focused = this.#widget.locator(".monaco-list-row.focused .label-name");
    for (let step = 0; step < MAX_STEPS; step++) {
      const text = (await focused.count()) === 0 ? "" : await focused.first().innerText();
      if (wanted.test(text)) return;
      await this.#page.keyboard.press("ArrowDown");
    }
    assert.fail(`The list has no row ${String(label)}: ${(await this.labels()).join(", ")}.`);
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
