/** What the editor says: notifications, dialogs, the status bar. */

import type { Locator, Page } from "playwright-core";
import { untilTrue } from "./polling";

/** A toast that has not come by then lies in the list of notifications, in ms. */
const TOAST_MS = 5_000;

export class Messages {
  readonly #page: Page;
  readonly #extension: string;

  /** @param extension publisher and name */
  constructor(page: Page, extension: string) {
    this.#page = page;
    this.#extension = extension;
  }

  /** A notification by what it says; wait for it or ask for its count. */
  notification(text: string | RegExp): Locator {
    return this.#page
      .locator(":is(.notifications-toasts, .notifications-center) .notification-list-item")
      .filter({ has: this.#page.locator(".notification-list-item-message", { hasText: text }) });
  }

  /**
   * Waits for a notification that says the same as one that was answered just before: the editor may put it into its
   * list without a toast, which a dot on the bell tells, and then the list is opened.
   */
  async untilRepeated(text: string | RegExp): Promise<void> {
    const center = this.#page.locator(".notifications-center.visible");
    const listed = center.locator(".notification-list-item-message", { hasText: text });
    const endMs = performance.now() + TOAST_MS;
    await untilTrue(async () => {
      if (await this.notification(text).first().isVisible()) return true;
      if (performance.now() < endMs) return false;
      if (!(await center.isVisible())) {
        await this.#page.locator('.statusbar-item[id="status.notifications"]').click();
      }
      return await listed.first().isVisible();
    }, `a notification ${text.toString()}`);
  }

  /** Every notification that is on the screen. */
  async notificationTexts(): Promise<string[]> {
    return this.#page
      .locator(".notifications-toasts .notification-list-item-message")
      .allInnerTexts();
  }

  /** Presses a button of a notification, which then goes away. */
  async press(text: string | RegExp, button: string): Promise<void> {
    const notification = this.notification(text);
    // Another one that says the same may take its place at once.
    const pressed = await notification.elementHandle();
    await notification.locator(".monaco-button", { hasText: button }).click();
    await pressed.waitForElementState("hidden");
  }

  /** A dialog that must be answered, by what it says. */
  dialog(text: string | RegExp): Locator {
    return this.#page.locator(".monaco-dialog-box").filter({ hasText: text });
  }

  /** Presses a button of a dialog. */
  async answerDialog(text: string | RegExp, button: string): Promise<void> {
    await this.dialog(text).locator(".monaco-button", { hasText: button }).click();
    await this.dialog(text).waitFor({ state: "detached" });
  }

  /** The extension's own item of the status bar. */
  get statusItem(): Locator {
    return this.#page.locator(`.statusbar-item[id^="${this.#extension}"]`).first();
  }
}
