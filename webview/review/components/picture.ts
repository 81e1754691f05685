/** The picture that is shown, as large as there is room, or why it is not shown. */

import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { secondaryButton } from "../../render/controls";
import { icon } from "../../render/icons";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "../context";
import { currentItem, type PageState } from "../state";

export function createShownPicture({ strings, post }: PageContext): Part<PageState> {
  const image = element("img", { class: "shown-image", draggable: "false", hidden: true });
  const words = element("p", { class: "shown-words" });
  const fetch = secondaryButton(strings.fetch);
  const instead = element("div", { class: "shown-instead" }, [icon("picture"), words, fetch]);
  const root = element("figure", { class: "shown" }, [image, instead]);
  let id: string | undefined;
  fetch.addEventListener("click", () => {
    if (id !== undefined) post({ type: "fetch", id });
  });
  return {
    element: root,
    update: (state) => {
      const item = currentItem(state);
      id = item?.id;
      const look = id === undefined ? undefined : state.looks.get(id);
      const picture = look?.state === "shown" ? look.picture : undefined;
      setShown(root, { when: item !== undefined });
      setShown(image, { when: picture !== undefined });
      setShown(instead, { when: picture === undefined });
      if (picture !== undefined) {
        setAttributes(image, { src: picture, alt: fillIn(strings.pictureOf, item?.name ?? "") });
      }
      const isRemote = look?.state === "remote";
      setShown(fetch, { when: isRemote });
      setText(words, look?.problem ?? (isRemote ? strings.pictureRemote : strings.pictureReading));
    },
  };
}
