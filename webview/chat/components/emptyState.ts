/** What stands where answers will be: how to begin, and then the pictures that a question is about. */

import type { PictureView } from "../../../src/protocol/views/chatMessages";
import { element, setShown, setText, type Part } from "../../render/dom";
import { icon } from "../../render/icons";
import { KeyedList } from "../../render/keyedList";
import { primaryButton, secondaryButton } from "../../render/controls";
import type { PageContext } from "./context";
import { createPicture } from "../../render/picture";

export interface EmptyStateProps {
  readonly isShown: boolean;
  readonly nPictures: number;
  /** The pictures that a question would be about. */
  readonly asked: readonly PictureView[];
}

/** More than these are a crowd; the tray shows all. */
const MAX_PREVIEWS = 4;

export function createEmptyState(context: PageContext): Part<EmptyStateProps> {
  const welcome = createWelcome(context);
  const previews = element("div", { class: "previews" });
  const list = new KeyedList(previews, {
    keyOf: (picture: PictureView) => picture.id,
    create: createPreview,
  });
  const root = element("div", { class: "empty" }, [welcome, previews]);
  return {
    element: root,
    update: ({ isShown, nPictures, asked }) => {
      list.update(isShown ? asked.slice(0, MAX_PREVIEWS) : []);
      setShown(welcome, { when: nPictures === 0 });
      setShown(previews, { when: asked.length > 0 });
      setShown(root, { when: isShown });
    },
  };
}

function createWelcome({ strings, post }: PageContext): HTMLElement {
  const add = primaryButton(strings.addPicture);
  add.addEventListener("click", () => {
    post({ type: "pickPictures" });
  });
  const sample = secondaryButton(strings.trySample);
  sample.addEventListener("click", () => {
    post({ type: "trySample" });
  });
  return element("div", { class: "welcome" }, [
    element("span", { class: "welcome-mark" }, [icon("picture")]),
    element("h2", { class: "welcome-title" }, [strings.emptyTitle]),
    element("p", { class: "welcome-hint" }, [strings.emptyHint]),
    element("div", { class: "welcome-actions" }, [add, sample]),
  ]);
}

function createPreview(): Part<PictureView> {
  const picture = createPicture("preview-picture");
  const name = element("span", { class: "preview-name" });
  const size = element("span", { class: "preview-size" });
  return {
    element: element("figure", { class: "preview" }, [
      picture.element,
      element("figcaption", {}, [name, size]),
    ]),
    update: (view) => {
      picture.update(view.thumbnail);
      setText(name, view.name);
      setText(size, sizeOf(view));
    },
  };
}

function sizeOf({ width, height }: PictureView): string {
  return width === undefined || height === undefined ? "" : `${width} × ${height}`;
}
