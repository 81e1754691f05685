/** Lists whose elements live as long as their keys, so that an update keeps focus and selection. */

import type { Part } from "./dom";

export interface KeyedListOptions<Item> {
  readonly keyOf: (item: Item) => string;
  /** Called once for each new key. */
  readonly create: (item: Item) => Part<Item>;
}

/** Keeps the children of one element in step with a list. No two items may have the same key. */
export class KeyedList<Item> {
  readonly #container: HTMLElement;
  readonly #options: KeyedListOptions<Item>;
  #parts = new Map<string, Part<Item>>();

  /** @param container Holds nothing but the list's elements. */
  constructor(container: HTMLElement, options: KeyedListOptions<Item>) {
    this.#container = container;
    this.#options = options;
  }

  /** The element of each item, in the order of the list. */
  get elements(): readonly HTMLElement[] {
    return [...this.#parts.values()].map((part) => part.element);
  }

  /** Makes what is new, updates what stays, removes what is gone, and moves only what changed its place. */
  update(items: readonly Item[]): void {
    const next = new Map<string, Part<Item>>();
    for (const item of items) {
      const key = this.#options.keyOf(item);
      const part = this.#parts.get(key) ?? this.#options.create(item);
      part.update(item);
      next.set(key, part);
    }
    for (const [key, part] of this.#parts) if (!next.has(key)) part.element.remove();
    this.#parts = next;
    this.#place();
  }

  #place(): void {
    let expected = this.#container.firstElementChild;
    for (const { element } of this.#parts.values()) {
      if (element === expected) expected = expected.nextElementSibling;
      else this.#container.insertBefore(element, expected);
    }
  }
}
