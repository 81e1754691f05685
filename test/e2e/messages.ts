/** What the editor says: notifications, dialogs, the status bar. */

import type { Locator, Page } from "playwright-core";

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
      .locator(".notifications-toasts .notification-list-item")
      .filter({ has: this.#page.locator(".notification-list-item-message", { hasText: text }) });
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
