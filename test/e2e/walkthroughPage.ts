/** The walkthrough as a user sees it: its steps, their buttons, whether they are ticked, their drawing. */

import type { Locator, Page } from "playwright-core";
import { untilTrue } from "./polling";

export class WalkthroughPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a step, whose buttons and drawing are then shown. @param id in package.json */
  async openStep(id: string): Promise<void> {
    const step = this.#step(id);
    await step.waitFor();
    if ((await step.getAttribute("aria-expanded")) !== "true") await step.click();
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

  /** The colours that the drawing of the open step is filled with. @param words of its description */
  async fills(words: string): Promise<readonly string[]> {
    let fills: readonly string[] = [];
    await untilTrue(async () => {
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

  #step(id: string): Locator {
    return this.#page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
  }

  #tick(id: string): Locator {
    return this.#page.locator(`[data-done-step-id$="#${id}"]`).first();
  }
}
