/** The pictures of a document, and the file that each means. */

import { findImages } from "../alt/formats/findImages";
import type { ImageReference } from "../alt/imageReference";
import type { AltLanguage } from "../alt/languages";
import { resolveTarget, type ResolveContext } from "../alt/resolve/resolveTarget";
import { isReadAsMdx } from "../alt/site/place";
import type { AuditPicture } from "./rule";

/** A document as its pictures are looked for. */
export interface PicturedDocument {
  readonly text: string;
  /** Of its name. */
  readonly language: AltLanguage;
  /** Its file's name. */
  readonly name: string;
  /** Names of components that show a picture. */
  readonly components: readonly string[];
}

/** In the order of the text. @throws AppError as `findImages`. */
export async function picturesOf(
  document: PicturedDocument,
  context: ResolveContext,
): Promise<readonly AuditPicture[]> {
  const pictures: AuditPicture[] = [];
  for (const reference of await referencesOf(document, context)) {
    pictures.push({ reference, resolved: await resolveTarget(reference, context) });
  }
  return pictures;
}

/** In the language that the site around the document reads it in; what that cannot read stays as it was. */
async function referencesOf(
  { text, language, name, components }: PicturedDocument,
  context: ResolveContext,
): Promise<readonly ImageReference[]> {
  const options = { components, name };
  if (language === "markdown" && (await isReadAsMdx(context))) {
    try {
      return findImages(text, "mdx", options);
    } catch {
      // What the site's own tools could not read either is read as its name says.
    }
  }
  return findImages(text, language, options);
}
