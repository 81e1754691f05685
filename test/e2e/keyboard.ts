/** What somebody without a mouse has: the keys, and where the focus is, through all frames. */

import assert from "node:assert/strict";
import type { Frame, Page } from "playwright-core";
import { coverPage, deepActiveElement, describeElement, type FocusedElement } from "./pageScripts";

/** More stops than the editor and a view have together. */
const MAX_STOPS = 80;

export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** From here to the next reload no mouse reaches anything. */
  async unplugMouse(): Promise<void> {
    await this.#page.evaluate(coverPage);
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  /** The element that has the focus, wherever it is; undefined when nothing has it. */
  async focused(): Promise<FocusedElement | undefined> {
    let frame: Frame = this.#page.mainFrame();
    for (;;) {
      const handle = (await frame.evaluateHandle(deepActiveElement)).asElement();
      if (handle === null) return undefined;
      const inner = await handle.contentFrame();
      if (inner === null) return handle.evaluate(describeElement);
      frame = inner;
    }
  }

  /** Presses Tab until an element of this name has the focus. @returns the names on the way */
  async tabTo(name: string | RegExp): Promise<string[]> {
    const wanted = (text: string): boolean =>
      typeof name === "string" ? text === name : name.test(text);
    const passed: string[] = [];
    for (let stop = 0; stop < MAX_STOPS; stop++) {
      const focused = await this.focused();
      if (focused !== undefined && wanted(focused.name)) return passed;
      passed.push(focused?.name ?? "");
      await this.press("Tab");
    }
    return assert.fail(`Tab does not reach ${String(name)}: ${passed.join(" → ")}.`);
  }
}
