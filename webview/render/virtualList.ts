/** A long list of rows of which only those near the window are elements. */

import { element, type Part } from "./dom";
import { KeyedList } from "./keyedList";

/** One line of the list; its height is known before it is made. */
export interface VirtualRow {
  /** No two rows have the same. */
  readonly key: string;
  /** CSS pixels. */
  readonly height: number;
}

/** Beyond the window on each side, in CSS pixels: a flick of the wheel shows no empty place. */
const MARGIN = 400;
/** Where nothing can be measured, as before the page is laid out. */
const UNKNOWN_HEIGHT = 800;

export class VirtualList<Row extends VirtualRow> {
  /** As high as all rows together; belongs into the element that scrolls. */
  readonly element: HTMLElement;
  readonly #viewport: HTMLElement;
  readonly #list: KeyedList<Row>;
  readonly #changed: () => void;
  #rows: readonly Row[] = [];
  /** Where each row begins, and the end of the last. */
  #tops: readonly number[] = [0];
  #topOf = new Map<string, number>();
  #pinned: string | undefined;

  /**
   * @param viewport Scrolls.
   * @param create Makes a row; called for those that come into sight.
   * @param onShown Other rows are in sight.
   */
  constructor(
    viewport: HTMLElement,
    { create, onShown }: { create: (row: Row) => Part<Row>; onShown: () => void },
  ) {
    this.#viewport = viewport;
    this.#changed = onShown;
    this.element = element("div", { class: "virtual" });
    this.#list = new KeyedList<Row>(this.element, {
      keyOf: ({ key }) => key,
      create: (row) => this.#placed(create(row)),
    });
    viewport.addEventListener("scroll", () => {
      this.#draw();
      this.#changed();
    });
  }

  /** Rows that are elements now. */
  get shown(): readonly Row[] {
    const { top, bottom } = this.#window();
    return this.#rows.filter((_, i) => this.#isWithin(i, top, bottom));
  }

  /** @param pinned Key of a row that stays an element though it is out of sight: it has the keyboard. */
  update(rows: readonly Row[], pinned: string | undefined): void {
    this.#pinned = pinned;
    if (rows !== this.#rows) {
      this.#rows = rows;
      const tops = [0];
      for (const { height } of rows) tops.push((tops.at(-1) ?? 0) + height);
      this.#tops = tops;
      this.#topOf = new Map(rows.map(({ key }, i) => [key, tops[i] ?? 0]));
      this.element.style.height = `${tops.at(-1) ?? 0}px`;
    }
    this.#draw();
  }

  /** Scrolls as little as brings a row into sight. */
  reveal(key: string): void {
    const top = this.#topOf.get(key);
    const height = this.#rows.find((row) => row.key === key)?.height ?? 0;
    if (top === undefined) return;
    const from = this.#viewport.scrollTop;
    const room = this.#height();
    if (top < from) this.#viewport.scrollTop = top;
    else if (top + height > from + room) this.#viewport.scrollTop = top + height - room;
    this.#draw();
  }

  /** Rows that fill the window, for Page Up and Page Down. */
  get pageHeight(): number {
    return this.#height();
  }

  #placed(part: Part<Row>): Part<Row> {
    part.element.classList.add("virtual-row");
    return {
      element: part.element,
      update: (row) => {
        part.element.style.top = `${this.#topOf.get(row.key) ?? 0}px`;
        part.element.style.height = `${row.height}px`;
        part.update(row);
      },
    };
  }

  #draw(): void {
    const { top, bottom } = this.#window();
    const drawn = this.#rows.filter(
      ({ key }, i) => key === this.#pinned || this.#isWithin(i, top - MARGIN, bottom + MARGIN),
    );
    this.#list.update(drawn);
  }

  #window(): { readonly top: number; readonly bottom: number } {
    const top = this.#viewport.scrollTop || 0;
    return { top, bottom: top + this.#height() };
  }

  #height(): number {
    return this.#viewport.clientHeight || UNKNOWN_HEIGHT;
  }

  #isWithin(i: number, top: number, bottom: number): boolean {
    return (this.#tops[i + 1] ?? 0) > top && (this.#tops[i] ?? 0) < bottom;
  }
}
