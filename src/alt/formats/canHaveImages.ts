/** Whether a document is worth parsing: a search for the marks of pictures, which loads no parser. */

import type { AltLanguage } from "../languages";
import { hasPugImages } from "./components/pugTemplate";
import { DEFAULT_COMPONENTS, mayHaveTags } from "./findContext";
import { ALT_FORMATS } from "./formatTable";
import { importedNames } from "./script/importedNames";

/** Cheap: false where `findImages` surely finds nothing and has nothing to say. */
export function canHaveImages(
  text: string,
  language: AltLanguage,
  components: readonly string[] = DEFAULT_COMPONENTS,
): boolean {
  if (language === "vue" && hasPugImages(text)) return true;
  const imported = text.includes("import") ? importedNames(text, components).components : [];
  return hasMark(text, language, [...components, ...imported]);
}

/** @param components all names of tags that show a picture, besides `img`. */
export function hasMark(
  text: string,
  language: AltLanguage,
  components: readonly string[],
): boolean {
  const { mark } = ALT_FORMATS[language];
  return mark === "tags" ? mayHaveTags(text, components) : mark.test(text);
}
