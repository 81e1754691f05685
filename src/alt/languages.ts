/** Which finder a document needs, by its name or by the editor's language identifier. */

/** Languages that have a finder. `jsx` covers plain JavaScript with JSX, `tsx` TypeScript with it. */
// prettier-ignore
export const ALT_LANGUAGES = [
  "markdown", "mdx", "html", "jsx", "tsx", "vue", "svelte", "astro",
] as const;

export type AltLanguage = (typeof ALT_LANGUAGES)[number];

const BY_EXTENSION: ReadonlyMap<string, AltLanguage> = new Map([
  ["md", "markdown"],
  ["markdown", "markdown"],
  ["mdx", "mdx"],
  ["html", "html"],
  ["htm", "html"],
  ["xhtml", "html"],
  ["js", "jsx"],
  ["mjs", "jsx"],
  ["jsx", "jsx"],
  ["tsx", "tsx"],
  ["vue", "vue"],
  ["svelte", "svelte"],
  ["astro", "astro"],
]);

/** Identifiers of VS Code and of the extensions that bring a language, where they differ from ours. */
const BY_EDITOR_ID: ReadonlyMap<string, AltLanguage> = new Map([
  ...ALT_LANGUAGES.map((language) => [language, language] as const),
  ["javascript", "jsx"],
  ["javascriptreact", "jsx"],
  ["typescriptreact", "tsx"],
]);

/** The language of a file by its extension; undefined for files without image references. */
export function languageOfFile(file: string): AltLanguage | undefined {
  const dot = file.lastIndexOf(".");
  return dot < 0 ? undefined : BY_EXTENSION.get(file.slice(dot + 1).toLowerCase());
}

/**
 * The language of an editor's document; undefined where there is nothing to find. The file's name counts
 * where the editor does not know the language: without an extension for it, an .mdx file is plain text.
 */
export function languageOfDocument(editorId: string, file: string): AltLanguage | undefined {
  return BY_EDITOR_ID.get(editorId) ?? languageOfFile(file);
}

/** Every identifier of a language with a finder, for the editor's registrations. */
export const EDITOR_LANGUAGE_IDS: readonly string[] = [...BY_EDITOR_ID.keys()];

/** The extensions of files with a finder, in small letters and without a dot. */
export const DOCUMENT_EXTENSIONS: readonly string[] = [...BY_EXTENSION.keys()];
