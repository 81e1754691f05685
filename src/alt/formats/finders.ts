/** The finder of each language, behind which all parsers stand. */

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

/** The pictures of a document, in whatever order. */
export type Finder = (context: FindContext) => ImageReference[];

export const FINDERS: Readonly<Record<AltLanguage, Finder>> = {
  markdown: findMarkdownImages,
  mdx: findMdxImages,
  html: findHtmlImages,
  jsx: (context) => findJsxImages(context, "jsx"),
  tsx: (context) => findJsxImages(context, "tsx"),
  typescript: findAngularImages,
  vue: findVueImages,
  svelte: findSvelteImages,
  astro: findAstroImages,
  handlebars: findTemplateImages,
  liquid: findTemplateImages,
  jinja: findTemplateImages,
  twig: findTemplateImages,
  erb: findTemplateImages,
  ejs: findTemplateImages,
  php: findTemplateImages,
  blade: findTemplateImages,
  razor: findTemplateImages,
  gotmpl: findTemplateImages,
  asciidoc: findAsciidocImages,
  restructuredtext: findRestImages,
  quarto: findMarkdownImages,
  rmd: findMarkdownImages,
  notebook: findNotebookImages,
  typst: findTypstImages,
  latex: findLatexImages,
  org: findOrgImages,
  dita: findDitaImages,
  docbook: findDocbookImages,
};
