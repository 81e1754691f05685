/** The walkthrough as a user sees it: its steps, their buttons, whether they are ticked, their drawing. */

import type { Locator, Page } from "playwright-core";
import { untilTrue } from "./polling";

export class WalkthroughPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /**
   * Opens a step, whose buttons and drawing are then shown. A page that is just being drawn anew does not see the
   * click, or goes back to its first step. @param id in package.json
   */
  async openStep(id: string): Promise<void> {
    await untilTrue(() => this.#isOpen(id), `the step ${id}`);
  }

  /** Presses a button of the open step. */
  async press(label: string): Promise<void> {
    await this.#page
      .locator(".getting-started-step.expanded .monaco-button", { hasText: label })
      .click();
  }

  async isTicked(id: string): Promise<boolean> {
    return (await this.#tick(id).getAttribute("aria-checked")) === "true";
  }

  async untilTicked(id: string): Promise<void> {
    await untilTrue(() => this.isTicked(id), `the step ${id} ticked`);
  }

  /** Opens a step. @param words of its drawing's description @returns the colours that it is filled with */
  async fills(id: string, words: string): Promise<readonly string[]> {
    let fills: readonly string[] = [];
    await untilTrue(async () => {
      if (!(await this.#isOpen(id))) return false;
      for (const frame of this.#page.frames()) {
        fills = await frame
          .locator(`svg[aria-label*="${words}"] rect`)
          .evaluateAll((shapes) => shapes.map((shape) => getComputedStyle(shape).fill))
          .catch(() => []);
        if (fills.length > 0) return true;
      }
      return false;
    }, `the drawing of ${words}`);
    return fills;
  }

  /** True when it is open; otherwise it is clicked. */
  async #isOpen(id: string): Promise<boolean> {
    const step = this.#step(id);
    await step.waitFor();
    if ((await step.getAttribute("aria-expanded")) === "true") return true;
    await step.click();
    return false;
  }

  #step(id: string): Locator {
    return this.#page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
  }

  #tick(id: string): Locator {
    return this.#page.locator(`[data-done-step-id$="#${id}"]`).first();
  }
}
