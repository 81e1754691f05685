/** What every finder is given, and which tags it takes for pictures. */

import type { AltLanguage } from "../languages";
import type { TemplateCode } from "../tags/templateCode";

export interface FindContext {
  /** The document without a byte order mark, so that offsets are those of every parser. */
  readonly text: string;
  readonly language: AltLanguage;
  /** Names of components that show a picture, as `img` does. */
  readonly components: readonly string[];
  /** Those of React Native among them. @default none */
  readonly native?: readonly string[];
  /** Template code in the document. @default what the usual marks tell */
  readonly codes?: readonly TemplateCode[];
}

/**
 * Of Next.js, Astro, Gatsby, Nuxt, SvelteKit, Docusaurus, AMP, and of the usual libraries of components
 * and of lazy loading. Names that may be something else are left to the settings.
 */
// prettier-ignore
export const DEFAULT_COMPONENTS: readonly string[] = [
  "Image", "Img", "Picture", "StaticImage", "GatsbyImage", "ThemedImage", "enhanced:img",
  "NuxtImg", "NuxtPicture", "nuxt-img", "nuxt-picture", "NextImage", "ExportedImage",
  "amp-img", "v-img", "VImg", "v-lazy-image", "VLazyImage", "q-img", "QImg", "b-img", "BImg",
  "b-img-lazy", "BImgLazy", "el-image", "ElImage", "a-image", "AImage", "n-image", "NImage",
  "van-image", "VanImage", "g-image", "GImage", "ion-img", "IonImg", "IonImage",
  "LazyLoadImage", "CldImage", "IKImage", "UnLazyImage", "ExpoImage",
];

/** `<input type="image">` is a picture too; its type is looked at later. */
export function isImageName(name: string, context: FindContext): boolean {
  return name === "img" || name === "input" || context.components.includes(name);
}

/** What pictures begin with in languages without tags. */
const OTHER_MARKS =
  /\bimage(?:::?|\()|\b(?:figure|thumbnail)::|\\include(?:graphics|svg|pdf)|\[\[[^\]\n]*\.\w+\]|\bim(?:g|age)_\w*tag\b|\binclude_graphics\b|\bfig[-.](?:alt|cap)\b|<(?:\w+:)?image(?:data)?\b/;

/**
 * False when a document surely has no picture, in whatever language it is.
 * @param components names of tags that show a picture, besides `img`.
 */
export function mayHaveImages(text: string, components: readonly string[]): boolean {
  return mayHaveTags(text, components) || OTHER_MARKS.test(text);
}

/**
 * False when Markdown or markup surely has no picture: neither Markdown's mark nor the beginning of a tag that
 * shows one. Cheap, and says nothing about where a picture is.
 * @param components names of tags that show a picture, besides `img`.
 */
export function mayHaveTags(text: string, components: readonly string[]): boolean {
  if (/:::image\s|\{(?:image|figure)\}/.test(text)) return true;
  if (text.includes("![") || /\{\{[<%]\s*\w|\{%-?\s*(?:include|\w*im(?:g|age)|figure)/.test(text)) {
    return true;
  }
  if (!text.includes("<")) return false;
  if (/<area\b|<object\b|\brole\s*=\s*["']?im(?:g|age)\b/i.test(text)) return true;
  const others = /image/i.test(text) ? ["image", "input"] : [];
  const names = ["img", ...others, ...components].map((name) => name.replace(/\W/g, "\\$&"));
  // JSX allows white space before a name.
  return new RegExp(`<\\s*(?:${names.join("|")})`, "i").test(text);
}
