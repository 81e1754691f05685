/** How the pictures of a document are found, whether or not the editor has it open. */

import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import type { AltLanguage } from "../../alt/languages";
import { finderOf, type FindIn } from "../../audit/documentPictures";
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

export async function finderFor(
  services: Pick<Services, "settings">,
  { document, language, lookup }: TextToRead,
): Promise<FindIn> {
  const components = await componentsFor(services, document);
  const name = fileName(document.uri);
  const context = contextOf(services, document, lookup);
  return finderOf({ text: document.getText(), language, name, components }, context);
}

/** Names of tags that show a picture: the usual ones, the user's, and the project's. */
export async function componentsFor(
  services: Pick<Services, "settings">,
  { uri }: Pick<PlacedDocument, "uri">,
): Promise<readonly string[]> {
  const own = services.settings.altComponents(uri);
  return [...DEFAULT_COMPONENTS, ...own, ...(await projectComponents(services, uri))];
}
