/** One thumbnail, or a drawing in its place while there is none. */

import { element, setAttributes, type Part } from "./dom";
import { icon } from "./icons";

/** @param className Of the frame, whose size the thumbnail fills. */
export function createPicture(className: string): Part<string | undefined> {
  // The name stands beside every thumbnail, so an alternative text would say it twice.
  const image = element("img", { class: "picture-image", alt: "", draggable: "false" });
  const stand = icon("picture");
  const root = element("span", { class: `picture ${className}` }, [stand]);
  return {
    element: root,
    update: (thumbnail) => {
      const shown = thumbnail === undefined ? stand : image;
      if (thumbnail !== undefined) setAttributes(image, { src: thumbnail });
      if (root.firstChild !== shown) root.replaceChildren(shown);
    },
  };
}
