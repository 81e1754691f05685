/** The pictures of the conversation: which ones a question is about, and the way to take one out. */

import type { PictureView } from "../../../src/protocol/views/chatMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { icon } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "./context";
import { createPicture } from "../../render/picture";

export interface ImageTrayProps {
  readonly pictures: readonly PictureView[];
  /** Pictures that are still being read; each has an empty place. */
  readonly nPending: number;
}

/** How far each key moves; infinity is the end. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** What is wrong with which picture; most sentences name it themselves. */
function namedOnce(name: string, problem: string): string {
  return problem.includes(name) ? problem : `${name}: ${problem}`;
}

interface Item {
  readonly picture: PictureView;
  /** The one that the Tab key reaches; the arrow keys go on from there. */
  readonly isCurrent: boolean;
}

/** One stop of the Tab key with arrow keys inside, as toolbars have it. */
export function createImageTray(context: PageContext): Part<ImageTrayProps> {
  const tray = new ImageTray(context);
  return {
    element: tray.element,
    update: (props) => {
      tray.update(props);
    },
  };
}

class ImageTray {
  readonly element: HTMLElement;
  readonly #context: PageContext;
  readonly #places: HTMLElement;
  readonly #pending: HTMLElement;
  readonly #problems: HTMLElement;
  readonly #list: KeyedList<Item>;
  #pictures: readonly PictureView[] = [];
  #current = 0;

  constructor(context: PageContext) {
    this.#context = context;
    this.#places = element("div", { class: "tray-places" });
    this.#pending = element("div", { class: "tray-pending", "aria-hidden": "true" });
    // For those who see the page and cannot hover; to others, each picture's button says the same.
    this.#problems = element("p", { class: "tray-problems", "aria-hidden": "true" });
    this.element = element(
      "div",
      { class: "tray", role: "toolbar", "aria-label": context.strings.pictures, hidden: true },
      [this.#places, this.#pending, this.#problems],
    );
    this.#list = new KeyedList(this.#places, {
      keyOf: ({ picture }: Item) => picture.id,
      create: ({ picture }) => this.#createItem(picture.id),
    });
    this.element.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    this.element.addEventListener("focusin", (event) => {
      this.#onFocus(event.target);
    });
  }

  update({ pictures, nPending }: ImageTrayProps): void {
    this.#pictures = pictures;
    this.#render();
    const placeholders = Array.from({ length: nPending }, () =>
      element("span", { class: "ghost" }),
    );
    if (nPending !== this.#pending.childElementCount) {
      this.#pending.replaceChildren(...placeholders);
    }
    const problems = pictures.flatMap(({ name, problem }) =>
      problem === undefined ? [] : namedOnce(name, problem),
    );
    setText(this.#problems, problems.join("\n"));
    setShown(this.#problems, { when: problems.length > 0 });
    setAttributes(this.element, { "data-single": pictures.length + nPending === 1 });
    setShown(this.element, { when: pictures.length + nPending > 0 });
  }

  #render(): void {
    this.#current = Math.max(0, Math.min(this.#current, this.#pictures.length - 1));
    this.#list.update(
      this.#pictures.map((picture, index) => ({ picture, isCurrent: index === this.#current })),
    );
  }

  #createItem(pictureId: string): Part<Item> {
    const { strings, post } = this.#context;
    const item = createItem();
    item.toggle.addEventListener("click", () => {
      const picture = this.#pictures.find(({ id }) => id === pictureId);
      if (picture === undefined || picture.problem !== undefined) return;
      post({ type: "selectPicture", pictureId, isSelected: !picture.isSelected });
    });
    item.remove.addEventListener("click", () => {
      this.#remove(pictureId);
    });
    return {
      element: item.element,
      update: ({ picture, isCurrent }) => {
        updateItem(item, { picture, isCurrent });
        const { name, problem } = picture;
        setAttributes(item.toggle, {
          title:
            problem === undefined ? fillIn(strings.selectPicture, name) : namedOnce(name, problem),
        });
        const remove = fillIn(strings.removePicture, picture.name);
        setAttributes(item.remove, { "aria-label": remove, title: remove });
      },
    };
  }

  #onKey(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const picture = this.#pictures[this.#current];
    if (step !== undefined) this.#focus(this.#current + step);
    else if (event.key === "Delete" && picture !== undefined) this.#remove(picture.id);
    else return;
    event.preventDefault();
  }

  /** A click or the Tab key may land anywhere; the arrow keys go on from there. */
  #onFocus(target: EventTarget | null): void {
    const index = this.#list.elements.findIndex((item) => item.contains(target as Node | null));
    if (index < 0 || index === this.#current) return;
    this.#current = index;
    this.#render();
  }

  #focus(index: number): void {
    this.#current = Math.max(0, Math.min(index, this.#pictures.length - 1));
    this.#render();
    this.#list.elements[this.#current]?.querySelector<HTMLElement>("[aria-pressed]")?.focus();
  }

  /** The keyboard moves to a neighbour first: the element under it is about to go. */
  #remove(pictureId: string): void {
    const index = this.#pictures.findIndex(({ id }) => id === pictureId);
    if (index < 0) return;
    const isLast = index === this.#pictures.length - 1;
    if (this.#pictures.length > 1) this.#focus(isLast ? index - 1 : index + 1);
    this.#context.post({ type: "removePicture", pictureId });
  }
}

interface ItemParts {
  readonly element: HTMLElement;
  readonly toggle: HTMLElement;
  readonly remove: HTMLElement;
  readonly name: HTMLElement;
  readonly size: HTMLElement;
  readonly problem: HTMLElement;
  readonly picture: Part<string | undefined>;
}

function createItem(): ItemParts {
  const picture = createPicture("tray-picture");
  const problem = element("span", { class: "tray-problem", hidden: true }, [icon("alert")]);
  const name = element("span", { class: "tray-name" });
  const size = element("span", { class: "tray-size" });
  const toggle = element("button", { class: "tray-toggle", type: "button" }, [
    picture.element,
    element("span", { class: "tray-check" }, [icon("check")]),
    problem,
    element("span", { class: "tray-words" }, [name, size]),
  ]);
  const remove = element("button", { class: "tray-remove", type: "button" }, [icon("close")]);
  const root = element("div", { class: "tray-item" }, [toggle, remove]);
  return { element: root, toggle, remove, name, size, problem, picture };
}

function updateItem(item: ItemParts, { picture, isCurrent }: Item): void {
  const { name, width, height, thumbnail, problem, isSelected } = picture;
  const size = width === undefined || height === undefined ? "" : `${width} × ${height}`;
  const tabindex = isCurrent ? 0 : -1;
  item.picture.update(thumbnail);
  setText(item.name, name);
  setText(item.size, problem ?? size);
  setShown(item.problem, { when: problem !== undefined });
  setAttributes(item.toggle, {
    "aria-pressed": isSelected ? "true" : "false",
    "aria-disabled": problem === undefined ? undefined : "true",
    "aria-keyshortcuts": "Delete",
    tabindex,
  });
  setAttributes(item.remove, { tabindex });
}
