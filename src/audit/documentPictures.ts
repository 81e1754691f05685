/** The pictures of a document, and the file that each means. */

import { canHaveImages } from "../alt/formats/canHaveImages";
import { findImages } from "../alt/formats/findImages";
import type { ImageReference } from "../alt/imageReference";
import type { AltLanguage } from "../alt/languages";
import type { ResolveContext } from "../alt/resolve/resolveTarget";
import { siteLanguageOf } from "../alt/site/place";
import type { AuditPicture } from "./rule";
import { auditPicture } from "./thinPictures";

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
  const { text, language, components } = document;
  const pictures: AuditPicture[] = [];
  // Most documents show none, and what is around them need not be known.
  if (!canHaveImages(text, language, components)) return pictures;
  const find = await finderOf(document, context);
  for (const reference of find(document.text)) {
    pictures.push(await auditPicture(reference, context));
  }
  return pictures;
}

/** The pictures of a text, in its order. @throws AppError as `findImages`. */
export type FindIn = (text: string) => readonly ImageReference[];

/**
 * How the pictures of a document are found, in it and in a text that takes its place: in the language that
 * the site around it reads it in; what that cannot read stays as it was.
 */
export async function finderOf(
  document: PicturedDocument,
  context: ResolveContext,
): Promise<FindIn> {
  return finderIn(document, await siteLanguageOf(document.language, context));
}

/** As `finderOf`, where it is known in which language the site reads the document. */
export function finderIn(
  { text, language, name, components }: PicturedDocument,
  siteLanguage: AltLanguage,
): FindIn {
  const options = { components, name };
  if (siteLanguage !== language) {
    try {
      const found = findImages(text, siteLanguage, options);
      return (now) => (now === text ? found : findImages(now, siteLanguage, options));
    } catch {
      // What the site's own tools could not read either is read as its name says.
    }
  }
  return (now) => findImages(now, language, options);
}
