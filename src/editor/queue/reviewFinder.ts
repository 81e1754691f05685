/** How the pictures of a document are found, in it and in what takes its place, whether or not it is open. */

import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { findImages } from "../../alt/formats/findImages";
import type { ImageReference } from "../../alt/imageReference";
import type { AltLanguage } from "../../alt/languages";
import { isReadAsMdx } from "../../alt/site/place";
import { projectComponents } from "../audit/projectConfigs";
import { contextOf, type PlacedDocument } from "../documents/altContext";
import { fileName } from "../documents/altDocument";
import type { FileLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";

/** A text, and how it is read. */
export interface TextToRead {
  readonly document: PlacedDocument;
  /** Of its name. */
  readonly language: AltLanguage;
  /** Shared by documents that are looked through together. */
  readonly lookup: FileLookup;
}

/** The pictures of a text, in its order. @throws AppError as `findImages`. */
export type FindIn = (text: string) => readonly ImageReference[];

export async function finderFor(
  services: Pick<Services, "settings">,
  { document, language, lookup }: TextToRead,
): Promise<FindIn> {
  const components = await componentsFor(services, document);
  const options = { components, name: fileName(document.uri) };
  const isMdx =
    language === "markdown" && (await isReadAsMdx(contextOf(services, document, lookup)));
  if (isMdx) {
    try {
      findImages(document.getText(), "mdx", options);
      return (text) => findImages(text, "mdx", options);
    } catch {
      // What the site's own tools could not read either is read as its name says.
    }
  }
  return (text) => findImages(text, language, options);
}

/** Names of tags that show a picture: the usual ones, the user's, and the project's. */
export async function componentsFor(
  services: Pick<Services, "settings">,
  { uri }: Pick<PlacedDocument, "uri">,
): Promise<readonly string[]> {
  const own = services.settings.altComponents(uri);
  return [...DEFAULT_COMPONENTS, ...own, ...(await projectComponents(services, uri))];
}
