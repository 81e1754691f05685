/** What every finder is given, and which tags it takes for pictures. */

import type { AltLanguage } from "./imageReference";

export interface FindContext {
  /** The document without a byte order mark, so that offsets are those of every parser. */
  readonly text: string;
  readonly language: AltLanguage;
  /** Names of components that show a picture, as `img` does. */
  readonly components: readonly string[];
}

/**
 * Of Next.js, Astro, Gatsby, Nuxt, SvelteKit, Docusaurus, AMP, and of the usual libraries of components
 * and of lazy loading. Names that may be something else are left to the settings.
 */
export const DEFAULT_COMPONENTS: readonly string[] = [
  ...["Image", "Img", "Picture", "StaticImage", "GatsbyImage", "ThemedImage", "enhanced:img"],
  ...["NuxtImg", "NuxtPicture", "nuxt-img", "nuxt-picture", "NextImage", "ExportedImage"],
  ...["amp-img", "v-img", "VImg", "v-lazy-image", "VLazyImage", "q-img", "QImg", "b-img", "BImg"],
  ...["b-img-lazy", "BImgLazy", "el-image", "ElImage", "a-image", "AImage", "n-image", "NImage"],
  ...["van-image", "VanImage", "g-image", "GImage", "ion-img", "IonImg", "IonImage"],
  ...["LazyLoadImage", "CldImage", "IKImage", "UnLazyImage", "ExpoImage"],
];

/** `<input type="image">` is a picture too; its type is looked at later. */
export function isImageName(name: string, context: FindContext): boolean {
  return name === "img" || name === "input" || context.components.includes(name);
}
