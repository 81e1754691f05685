/** One entry for each language: its finder, what it never has a picture without, and how it is called. */

import { findAstroImages } from "./components/astroImages";
import { findSvelteImages } from "./components/svelteImages";
import { findVueImages } from "./components/vueImages";
import type { FindContext } from "./findContext";
import { findHtmlImages } from "./html/htmlImages";
import { findAsciidocImages } from "./lines/asciidocImages";
import { findOrgImages } from "./lines/orgImages";
import { findRestImages } from "./lines/restImages";
import type { ImageReference } from "../imageReference";
import type { AltLanguage } from "../languages";
import { findMarkdownImages } from "./markdown/markdownImages";
import { findMdxImages } from "./markdown/mdxImages";
import { findNotebookImages } from "./notebooks/notebookImages";
import { findLatexImages } from "./print/latexImages";
import { findTypstImages } from "./print/typstImages";
import { findJsxImages } from "./script/jsxImages";
import { findAngularImages } from "./templates/angularTemplates";
import { findTemplateImages } from "./templates/templateImages";
import { findDitaImages, findDocbookImages } from "./xml/xmlImages";

export interface AltFormat {
  /** What an error message and a person call it. */
  readonly label: string;
  readonly find: (context: FindContext) => ImageReference[];
  /**
   * Without it a document has no picture, so that it is not parsed. `tags`: what Markdown and tags begin
   * with, and the names of components.
   */
  readonly mark: RegExp | "tags";
}

const TAGS = { mark: "tags" } as const;
const TEMPLATE = { find: findTemplateImages, ...TAGS } as const;

export const ALT_FORMATS: Readonly<Record<AltLanguage, AltFormat>> = {
  markdown: { label: "Markdown", find: findMarkdownImages, ...TAGS },
  mdx: { label: "MDX", find: findMdxImages, ...TAGS },
  html: { label: "HTML", find: findHtmlImages, ...TAGS },
  jsx: { label: "JSX", find: (context) => findJsxImages(context, "jsx"), ...TAGS },
  tsx: { label: "TSX", find: (context) => findJsxImages(context, "tsx"), ...TAGS },
  typescript: { label: "Angular", find: findAngularImages, mark: /@Component[^]*\btemplate\s*:/ },
  vue: { label: "Vue", find: findVueImages, ...TAGS },
  svelte: { label: "Svelte", find: findSvelteImages, ...TAGS },
  astro: { label: "Astro", find: findAstroImages, ...TAGS },
  handlebars: { label: "Handlebars", ...TEMPLATE },
  liquid: {
    label: "Liquid",
    find: findTemplateImages,
    mark: /<\s*(?:img|input|\w+-)|image_tag|img_tag/i,
  },
  jinja: { label: "Jinja", ...TEMPLATE },
  twig: { label: "Twig", ...TEMPLATE },
  erb: { label: "ERB", find: findTemplateImages, mark: /<\s*(?:img|input)|image_\w*tag/i },
  ejs: { label: "EJS", ...TEMPLATE },
  php: { label: "PHP", ...TEMPLATE },
  blade: { label: "Blade", ...TEMPLATE },
  razor: { label: "Razor", ...TEMPLATE },
  gotmpl: { label: "Go templates", ...TEMPLATE },
  asciidoc: { label: "AsciiDoc", find: findAsciidocImages, mark: /image:|<img/i },
  restructuredtext: {
    label: "reStructuredText",
    find: findRestImages,
    mark: /\b(?:image|figure|thumbnail)::|<img/i,
  },
  quarto: {
    label: "Quarto",
    find: findMarkdownImages,
    mark: /!\[|<img|fig|include_graphics|:::image/i,
  },
  rmd: { label: "R Markdown", find: findMarkdownImages, mark: /!\[|<img|fig|include_graphics/i },
  notebook: { label: "Jupyter", find: findNotebookImages, mark: /!\[|<img/i },
  typst: { label: "Typst", find: findTypstImages, mark: /\bimage\(/ },
  latex: { label: "LaTeX", find: findLatexImages, mark: /\\include(?:graphics|svg|pdf)/ },
  org: { label: "Org", find: findOrgImages, mark: /\[\[/ },
  dita: { label: "DITA", find: findDitaImages, mark: /<(?:\w+:)?image\b/ },
  docbook: { label: "DocBook", find: findDocbookImages, mark: /<(?:\w+:)?imagedata\b/ },
};
