/** What every finder is given, and which tags it takes for pictures. */

import type { AltLanguage } from "./imageReference";

export interface FindContext {
  /** The document without a byte order mark, so that offsets are those of every parser. */
  readonly text: string;
  readonly language: AltLanguage;
  /** Names of components that show a picture, as `img` does. */
  readonly components: readonly string[];
}

/** Of Next.js, Astro, Gatsby, Nuxt, Vuetify and SvelteKit. */
export const DEFAULT_COMPONENTS: readonly string[] = [
  ...["Image", "Picture", "StaticImage", "NuxtImg", "NuxtPicture"],
  ...["nuxt-img", "nuxt-picture", "v-img", "VImg", "enhanced:img"],
];

export function isImageName(name: string, context: FindContext): boolean {
  return name === "img" || context.components.includes(name);
}
