/** The finder of each language, behind which all parsers stand. */

import { findAstroImages } from "./components/astroImages";
import { findSvelteImages } from "./components/svelteImages";
import { findVueImages } from "./components/vueImages";
import type { FindContext } from "./findContext";
import { withinTime } from "./withinTime";
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

/** By the clock, so that a busy machine has several times what it needs; a text that never ends is short. */
const MIN_MS = 2500;
const MS_PER_UNIT = 0.5;

/** Of an angle bracket; so few cannot cost much. */
const FEW_BRACKETS = 8;

/**
 * Parsers of TypeScript read what may be type arguments in two ways, and those within them in two ways each: thirty
 * times `f<a>(`, never closed, takes them longer than anybody lives.
 */
function inTime(find: Finder): Finder {
  return (context) => {
    const nBrackets = context.text.split("<", FEW_BRACKETS + 1).length - 1;
    if (nBrackets < FEW_BRACKETS) return find(context);
    const ms = MIN_MS + Math.round(MS_PER_UNIT * context.text.length);
    return withinTime(ms, () => find(context));
  };
}

export const FINDERS: Readonly<Record<AltLanguage, Finder>> = {
  markdown: findMarkdownImages,
  mdx: inTime(findMdxImages),
  html: findHtmlImages,
  jsx: inTime((context) => findJsxImages(context, "jsx")),
  tsx: inTime((context) => findJsxImages(context, "tsx")),
  typescript: inTime(findAngularImages),
  vue: inTime(findVueImages),
  svelte: inTime(findSvelteImages),
  astro: inTime(findAstroImages),
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
