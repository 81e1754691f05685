/** Names under which a script imports a component that shows a picture. Reads imports only, by their marks. */

/** An import of named or default things; more of it than this is nobody's. */
const IMPORT =
  /\bimport\s{1,20}(?:([A-Za-z_$][\w$]{0,80})\s{0,20},?\s{0,20})?(?:\{([^{}]{0,4000})\}\s{0,20})?from\s{0,20}["']([^"'\n]{1,300})["']/g;

/** Modules whose default export is a picture, whatever a script calls it. */
const PICTURES =
  /^(?:next\/(?:legacy\/|future\/)?image|gatsby-image|@theme\/(?:ThemedImage|IdealImage)|next-export-optimize-images\/(?:legacy-)?image|react-native-fast-image)$/;

/** Modules whose pictures assistive technology passes over unless they have a text. */
const NATIVE = /^(?:react-native|expo-image|react-native-fast-image)$/;

export interface ImportedNames {
  /** Local names of components that show a picture. */
  readonly components: readonly string[];
  /** Those of React Native. */
  readonly native: readonly string[];
}

/** @param known names of components that show a picture. */
export function importedNames(text: string, known: readonly string[]): ImportedNames {
  const components: string[] = [];
  const native: string[] = [];
  for (const [, standard, named = "", module = ""] of text.matchAll(IMPORT)) {
    const isNative = NATIVE.test(module);
    const add = (local: string): void => {
      components.push(local);
      if (isNative) native.push(local);
    };
    if (standard !== undefined && PICTURES.test(module)) add(standard);
    for (const part of named.split(",")) {
      const [, imported = "", local = imported] =
        /^\s*(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(part) ?? [];
      if (known.includes(imported) || (isNative && imported === "ImageBackground")) add(local);
    }
  }
  return { components, native };
}
