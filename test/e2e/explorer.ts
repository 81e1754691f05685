/** The files of the workspace in the side bar, used with the mouse. */

import type { Locator, Page } from "playwright-core";
import { untilTrue } from "./polling";

/** A menu ignores the release of a button in its first 100 ms: it may belong to the press that opened it. */
const PRESS_MS = 200;
/** A preview that has not been drawn by then was perhaps not asked for. */
const PREVIEW_MS = 5000;

export class Explorer {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The row of a file or folder by its name; its folder must be open. */
  row(name: string): Locator {
    return this.#page
      .locator(".explorer-folders-view .monaco-list-row")
      .filter({ has: this.#page.getByText(name, { exact: true }) });
  }

  /**
   * Opens a picture in the editor's preview, which takes the keyboard when it is drawn, and gives the keyboard
   * back to the workbench. A list that is drawn anew between two clicks has seen no double click.
   */
  async openPicture(name: string, size: string): Promise<void> {
    const isDrawn = this.#page.locator(".statusbar-item", { hasText: size });
    const tryOpening = async (): Promise<boolean> => {
      await this.row(name).dblclick();
      return isDrawn.waitFor({ timeout: PREVIEW_MS }).then(
        () => true,
        () => false,
      );
    };
    await untilTrue(tryOpening, `${name} in its preview`);
    await this.#page.locator(".tab.active", { hasText: name }).click();
  }

  /** Waits until the list has the keyboard; when it gets it later, a selection that was made before is lost. */
  async untilFocused(): Promise<void> {
    await this.#page.locator(".explorer-folders-view .monaco-list:focus-within").waitFor();
  }

  /** Selects several files at once; the list forgets a selection when it is drawn anew in between. */
  async select(...names: readonly string[]): Promise<void> {
    const wanted = [...names].sort().join();
    const trySelecting = async (): Promise<boolean> => {
      for (const [index, name] of names.entries()) {
        await this.row(name).click(index === 0 ? {} : { modifiers: ["Control"] });
      }
      const selected = this.#page.locator(".explorer-folders-view .monaco-list-row.selected");
      return (await selected.locator(".label-name").allInnerTexts()).sort().join() === wanted;
    };
    await untilTrue(trySelecting, `${names.join(", ")} selected`);
  }

  /** Entries of the context menu, submenus not opened; the menu is closed again. */
  async menuOf(name: string): Promise<string[]> {
    await this.#openMenu(name);
    const labels = await this.#entries.allInnerTexts();
    await this.#page.keyboard.press("Escape");
    await this.#entries.first().waitFor({ state: "detached" });
    return labels.filter((label) => label !== "");
  }

  /** Right-clicks a file and chooses an entry; each further name is one of the submenu before it. */
  async choose(name: string, ...entries: readonly string[]): Promise<void> {
    await this.#openMenu(name);
    for (const [index, entry] of entries.entries()) {
      const label = this.#entries.filter({ hasText: entry }).last();
      if (index < entries.length - 1) await label.hover();
      else await label.click({ delay: PRESS_MS });
    }
    await this.#entries.first().waitFor({ state: "detached" });
  }

  get #entries(): Locator {
    return this.#page.locator(".monaco-menu .action-label");
  }

  async #openMenu(name: string): Promise<void> {
    await this.row(name).click({ button: "right" });
    await this.#entries.first().waitFor();
  }
}
