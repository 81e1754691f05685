/** The chat in the side bar as a user sees it: questions, answers, pictures and buttons. */

import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { readTurns, type ShownTurn } from "./pageScripts";
import { untilTrue } from "./polling";
import type { SideBarView } from "./sideBarView";

export class ChatPage {
  readonly #view: SideBarView;

  constructor(view: SideBarView) {
    this.#view = view;
  }

  /** Where questions are typed. */
  get field(): Locator {
    return this.#view.byRole("textbox", "Question");
  }

  /** The turns of the conversation, oldest first. */
  get turns(): Locator {
    return this.#view.document.getByRole("article");
  }

  /** Questions that are offered. */
  get suggestions(): Locator {
    return this.#view.document
      .getByRole("group", { name: "Suggested questions" })
      .locator("button");
  }

  /** Conversations in the open list. */
  get conversations(): Locator {
    return this.#view.document.getByRole("dialog").getByRole("listitem");
  }

  /** Every picture of the tray that questions are about. */
  get pictures(): Locator {
    return this.#view.document
      .getByRole("toolbar", { name: "Pictures" })
      .locator("button[aria-pressed=true]");
  }

  /** One of them, by its file's name. */
  picture(name: string): Locator {
    return this.pictures.filter({ hasText: name });
  }

  /** A button of the last turn. */
  lastButton(name: string): Locator {
    return this.turns.last().getByRole("button", { name });
  }

  /** Ends what is being answered; there is one such button on the page. */
  get stop(): Locator {
    return this.#view.byRole("button", "Stop");
  }

  /** What the last turn waits for, in words. */
  get waiting(): Locator {
    return this.turns.last().locator(".waiting-words");
  }

  /** Waits until the engine has a question to answer. */
  async untilEngineIsBusy(): Promise<void> {
    await this.#view.document.locator("button.engine[data-kind=busy]").waitFor();
  }

  /**
   * Types a question and presses Enter, wherever the keyboard was before. The picture that it is about may
   * still be on its way from the editor, and the page takes no question before it.
   */
  async ask(question: string): Promise<void> {
    await this.pictures.first().waitFor();
    await this.field.fill(question);
    await this.field.press("Enter");
  }

  /** Everything that was asked, as it is shown at one moment. */
  async shown(): Promise<ShownTurn[]> {
    return this.turns.evaluateAll(readTurns).catch((error: unknown) => {
      // The editor makes the page anew while its side bar is opened; then it shows nothing.
      if (/context was destroyed/.test(String(error))) return [];
      throw error;
    });
  }

  /** Waits until so many turns are there and the last one is in this state. */
  async untilLast(count: number, state: string): Promise<ShownTurn> {
    let last: ShownTurn | undefined;
    await untilTrue(async () => {
      const turns = await this.shown();
      last = turns.at(-1);
      return turns.length === count && last?.state === state;
    }, `${count} questions, the last one ${state}`).catch(async (error: unknown) => {
      throw new Error(`The chat shows ${JSON.stringify(await this.shown())}.`, { cause: error });
    });
    assert.ok(last);
    return last;
  }
}
