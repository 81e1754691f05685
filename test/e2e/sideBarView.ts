/** The extension's webview in the side bar: two frames deep, and another one after each reload. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Result } from "axe-core";
import type { Frame, FrameLocator, Locator, Page } from "playwright-core";
import { runAxe } from "./pageScripts";

/** A view that has not moved for so long is drawn. */
const FRAME_LIMIT_MS = 120_000;

export class SideBarView {
  readonly #page: Page;
  readonly #extension: string;

  /** @param extension publisher and name */
  constructor(page: Page, extension: string) {
    this.#page = page;
    this.#extension = extension;
  }

  /** The document of the webview; elements are looked for anew each time they are used. */
  get document(): FrameLocator {
    return this.#page
      .frameLocator(`iframe.webview[src*="extensionId=${this.#extension}&"]:visible`)
      .frameLocator("iframe#active-frame");
  }

  /** Everything that can be read in the view. */
  async text(): Promise<string> {
    return this.document.locator("body").innerText();
  }

  /** An element by role and accessible name, as assistive technology finds it. */
  byRole(role: Parameters<FrameLocator["getByRole"]>[0], name: string | RegExp): Locator {
    return this.document.getByRole(role, { name });
  }

  /** Drags the edge of the side bar to this width in CSS pixels; the editor may stop before. */
  async dragEdgeTo(width: number): Promise<void> {
    const box = await this.#page.locator(".part.sidebar").boundingBox();
    assert.ok(box, "there is no side bar");
    const y = box.y + box.height / 2;
    const { mouse } = this.#page;
    await mouse.move(box.x + box.width, y);
    await mouse.down();
    await mouse.move(box.x + width, y, { steps: 5 });
    await mouse.up();
  }

  /** What axe-core finds wrong in the view as it is. */
  async accessibilityViolations(): Promise<Result[]> {
    const frame = await this.#frame();
    // Evaluated by the debugger, so the content security policy of the view does not matter.
    await frame.evaluate(
      readFileSync(path.resolve("node_modules", "axe-core", "axe.min.js"), "utf8"),
    );
    const { violations, passes } = await frame.evaluate(runAxe);
    assert.ok(passes.length > 0, "axe-core looked at nothing");
    return violations;
  }

  async #frame(): Promise<Frame> {
    const body = this.document.locator("body");
    const handle = await body.elementHandle({ timeout: FRAME_LIMIT_MS });
    const frame = await handle.ownerFrame();
    assert.ok(frame, "the view has no frame");
    return frame;
  }
}
