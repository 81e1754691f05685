/** One entry for each language: how it is called, and what it never has a picture without. Loads no parser. */

import type { AltLanguage } from "../languages";

export interface AltFormat {
  /** What an error message and a person call it. */
  readonly label: string;
  /**
   * Without it a document has no picture, so that it is not parsed. `tags`: what Markdown and tags begin
   * with, and the names of components.
   */
  readonly mark: RegExp | "tags";
}

const TAGS = { mark: "tags" } as const;

export const ALT_FORMATS: Readonly<Record<AltLanguage, AltFormat>> = {
  markdown: { label: "Markdown", ...TAGS },
  mdx: { label: "MDX", ...TAGS },
  html: { label: "HTML", ...TAGS },
  jsx: { label: "JSX", ...TAGS },
  tsx: { label: "TSX", ...TAGS },
  typescript: { label: "Angular", mark: /@Component[^]*\btemplate\s*:/ },
  vue: { label: "Vue", ...TAGS },
  svelte: { label: "Svelte", ...TAGS },
  astro: { label: "Astro", ...TAGS },
  handlebars: { label: "Handlebars", ...TAGS },
  liquid: {
    label: "Liquid",
    mark: /<\s*(?:img|input|\w+-)|image_tag|img_tag/i,
  },
  jinja: { label: "Jinja", ...TAGS },
  twig: { label: "Twig", ...TAGS },
  erb: { label: "ERB", mark: /<\s*(?:img|input)|image_\w*tag/i },
  ejs: { label: "EJS", ...TAGS },
  php: { label: "PHP", ...TAGS },
  blade: { label: "Blade", ...TAGS },
  razor: { label: "Razor", ...TAGS },
  gotmpl: { label: "Go templates", ...TAGS },
  asciidoc: { label: "AsciiDoc", mark: /image:|<img/i },
  restructuredtext: {
    label: "reStructuredText",
    mark: /\b(?:image|figure|thumbnail)::|<img/i,
  },
  quarto: {
    label: "Quarto",
    mark: /!\[|<img|fig|include_graphics|:::image/i,
  },
  rmd: { label: "R Markdown", mark: /!\[|<img|fig|include_graphics/i },
  notebook: { label: "Jupyter", mark: /!\[|<img/i },
  typst: { label: "Typst", mark: /\bimage\(/ },
  latex: { label: "LaTeX", mark: /\\include(?:graphics|svg|pdf)/ },
  org: { label: "Org", mark: /\[\[/ },
  dita: { label: "DITA", mark: /<(?:\w+:)?image\b/ },
  docbook: { label: "DocBook", mark: /<(?:\w+:)?imagedata\b/ },
};
