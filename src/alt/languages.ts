/** Which finder a document needs, by its name or by the editor's language identifier. */

/**
 * Languages that have a finder, each with its extensions and with the editor's identifiers for it where
 * they differ from ours. `jsx` covers plain JavaScript with JSX, `tsx` TypeScript with it, `typescript`
 * the templates in Angular's components.
 */
// prettier-ignore
const TABLE = {
  markdown: "md markdown mkd mdown",
  mdx: "mdx",
  html: "html htm xhtml",
  jsx: "js mjs jsx; javascript javascriptreact",
  tsx: "tsx; typescriptreact",
  typescript: "ts",
  vue: "vue",
  svelte: "svelte",
  astro: "astro",
  handlebars: "hbs handlebars mustache",
  liquid: "liquid",
  jinja: "j2 jinja jinja2 njk; jinja-html django-html nunjucks",
  twig: "twig",
  erb: "erb rhtml",
  ejs: "ejs",
  php: "php phtml",
  blade: "blade.php",
  razor: "cshtml razor vbhtml; aspnetcorerazor",
  gotmpl: "gohtml gotmpl tmpl",
  asciidoc: "adoc asciidoc asc",
  restructuredtext: "rst rest",
  quarto: "qmd",
  rmd: "rmd",
  notebook: "ipynb",
  typst: "typ",
  latex: "tex ltx latex; tex",
  org: "org",
  dita: "dita",
  docbook: "dbk docbook xml; xml",
} as const;

export type AltLanguage = keyof typeof TABLE;

export const ALT_LANGUAGES = Object.keys(TABLE) as readonly AltLanguage[];

const BY_EXTENSION = new Map<string, AltLanguage>();
const BY_EDITOR_ID = new Map<string, AltLanguage>();
for (const language of ALT_LANGUAGES) {
  const [extensions = "", ids = ""] = TABLE[language].split("; ");
  for (const extension of extensions.split(" ")) BY_EXTENSION.set(extension, language);
  for (const id of [language, ...ids.split(" ")]) if (id !== "") BY_EDITOR_ID.set(id, language);
}

/** The language of a file by its extension; undefined for files without image references. */
export function languageOfFile(file: string): AltLanguage | undefined {
  const [, double = "", single = ""] = /([^./\\]+\.)?([^./\\]+)$/.exec(file.toLowerCase()) ?? [];
  if (!file.includes(".")) return undefined;
  return BY_EXTENSION.get(double + single) ?? BY_EXTENSION.get(single);
}

/**
 * The language of an editor's document; undefined where there is nothing to find. The file's name counts
 * where the editor does not know the language: without an extension for it, an .mdx file is plain text.
 * It counts too where it says more: Blade's templates are PHP to an editor.
 */
export function languageOfDocument(editorId: string, file: string): AltLanguage | undefined {
  const known = BY_EDITOR_ID.get(editorId);
  const isWide = known === "php" || known === "docbook";
  return isWide ? (languageOfFile(file) ?? known) : (known ?? languageOfFile(file));
}

/** Every identifier of a language with a finder, for the editor's registrations. */
export const EDITOR_LANGUAGE_IDS: readonly string[] = [...BY_EDITOR_ID.keys()];

/** The extensions of files with a finder, in small letters and without a dot. */
export const DOCUMENT_EXTENSIONS: readonly string[] = [...BY_EXTENSION.keys()];
