/** The page on which pictures are reviewed, as a user sees it. */

import type { Locator } from "playwright-core";
import { untilTrue } from "./polling";
import type { SideBarView } from "./sideBarView";

export class ReviewPage {
  readonly #view: SideBarView;

  constructor(view: SideBarView) {
    this.#view = view;
  }

  get list(): Locator {
    return this.#view.byRole("listbox", "Pictures");
  }

  get rows(): Locator {
    return this.list.getByRole("option");
  }

  /** The row of the picture that is shown. */
  get current(): Locator {
    return this.list.locator("[aria-selected=true]");
  }

  get proposals(): Locator {
    return this.#view.document.getByRole("radio");
  }

  get field(): Locator {
    return this.#view.byRole("textbox", "Alt text");
  }

  get image(): Locator {
    return this.#view.document.locator(".shown-image");
  }

  /** What came of applying, or of taking it back. */
  get outcome(): Locator {
    return this.#view.document.locator(".outcome:not([hidden])");
  }

  get apply(): Locator {
    return this.#view.document.locator("[data-deed=apply]");
  }

  /** What the live region said last. */
  async said(): Promise<string> {
    return this.#view.document.getByRole("status").innerText();
  }

  /** Decisions of all pictures, in their order. */
  async decisions(): Promise<string[]> {
    return this.rows.evaluateAll((rows) =>
      rows.map((row) => row.getAttribute("data-decision") ?? ""),
    );
  }

  /** Waits until these are the decisions. */
  async untilDecided(...expected: readonly string[]): Promise<void> {
    await untilTrue(
      async () => (await this.decisions().catch(() => [])).join() === expected.join(),
      `the decisions ${expected.join(", ")}`,
    );
  }

  /** Waits until the page has the keyboard and shows the nth picture, from one. */
  async untilShown(nth: number): Promise<void> {
    await untilTrue(
      async () =>
        (await this.rows.nth(nth - 1).getAttribute("aria-selected")) === "true" &&
        (await this.list.evaluate((list) => list.ownerDocument.hasFocus())),
      `the picture ${nth}`,
    );
  }
}
