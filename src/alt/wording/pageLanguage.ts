/**
 * In which language the people read who hear a picture's text: what the document says about itself, and
 * where it lies. Knows no file system; a language that only the running program knows stays unknown.
 */

import { frontMatterOf, tomlFrontMatterOf } from "../formats/frontMatter";
import type { AltLanguage } from "../languages";

export interface Page {
  readonly text: string;
  readonly language: AltLanguage;
  /** From the workspace's folder; of an absolute path only the name and marked folders count. */
  readonly path: string;
}

/**
 * The language at an offset of the page, as in BCP 47, or undefined where nothing says it: the nearest
 * `lang` of an element, then the front matter, then the file's name, then its folders.
 */
export function languagesOf(page: Page): (offset: number) => string | undefined {
  const elements = elementsWithLanguage(page);
  const whole = ofFrontMatter(page) ?? ofFileName(page.path) ?? ofFolders(page.path);
  return (offset) =>
    elements.findLast(({ start, end }) => start <= offset && offset < end)?.tag ?? whole;
}

/** True for every kind of English. */
export function isEnglish(tag: string): boolean {
  return new Intl.Locale(tag).language === "en";
}

const NAMES = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
const REGIONS = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
/** Subtags of languages that are far more often the name of a program or of its language. */
const PROGRAMS = new Set(["lua", "ml", "ps", "sh", "ts", "vai"]);
/** What people write for a language though it is a country. */
const COUNTRIES: Readonly<Record<string, string>> = { cn: "zh", jp: "ja", kr: "ko", ua: "uk" };

/** A language that exists, in its usual spelling; "de_AT" is taken for "de-AT". */
function known(written: string): string | undefined {
  if (!/^[a-z]{2,3}(?:[-_][a-z0-9]{2,8}){0,3}$/i.test(written)) return undefined;
  try {
    const [tag = ""] = Intl.getCanonicalLocales(written.replaceAll("_", "-"));
    const { language, region } = new Intl.Locale(tag);
    const first = written.slice(0, language.length).toLowerCase();
    if (PROGRAMS.has(first) || NAMES.of(language) === undefined) return undefined;
    return region !== undefined && REGIONS.of(region) === undefined ? undefined : tag;
  } catch {
    return undefined;
  }
}

/** Languages that documents are translated into, without those whose name is a short English word. */
const TRANSLATED = new Set(
  (
    "ar az bg bn ca cs da de el en es et fa fi fr gl he hi hr hu hy id it ja ka kk km ko lt lv mk mn " +
    "mr nb ne nl nn no pl pt ro ru sk sl sq sr sv ta te th tr uk ur uz vi zh"
  ).split(" "),
);

/** A folder or an ending: shorter words than a sentence are not trusted to be a language. */
function translated(written: string): string | undefined {
  const tag = known(COUNTRIES[written.toLowerCase()] ?? written);
  return tag !== undefined && TRANSLATED.has(new Intl.Locale(tag).language) ? tag : undefined;
}

/** Folders that hold a folder for each language. */
const MARKS = /^_?(?:i18n|l10n|locales?|translations?|langs?|languages?)$/i;

function ofFolders(path: string): string | undefined {
  const folders = path.replaceAll("\\", "/").split("/").slice(0, -1);
  const marked = folders.filter((_, index) => MARKS.test(folders[index - 1] ?? ""));
  const isAbsolute = /^(?:\/|[a-z]:)/i.test(path.replaceAll("\\", "/"));
  return firstOf(marked, known) ?? (isAbsolute ? undefined : firstOf(folders, translated));
}

/** `page.de.md`, and for documents in capitals also `README-de.md` and `README_zh-CN.md`. */
function ofFileName(path: string): string | undefined {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const ending = /\.([a-z]{2,3}(?:[-_][a-z0-9]{2,8}){0,2})\.[a-z]+$/i.exec(name)?.[1];
  const behind = /^[A-Z]+[-_]([A-Za-z]{2}(?:[-_][A-Za-z]{2,4})?)\.[a-z]+$/.exec(name)?.[1];
  return firstOf([ending ?? "", behind ?? ""], translated);
}

function firstOf(
  written: readonly string[],
  read: (word: string) => string | undefined,
): string | undefined {
  return written.map(read).find((tag) => tag !== undefined);
}

/** Languages whose documents may begin with front matter; the fences of others hold a program. */
const WITH_FRONT_MATTER: readonly AltLanguage[] = ["markdown", "mdx", "html"];

function ofFrontMatter({ text, language }: Page): string | undefined {
  if (!WITH_FRONT_MATTER.includes(language)) return undefined;
  const front = frontMatterOf(text) || tomlFrontMatterOf(text);
  const line = /^(?:lang|language|locale)[ \t]*[:=][ \t]*(["']?)([\w-]+)\1[ \t]*(?:#.*)?\r?$/gim;
  const written = [...front.matchAll(line)].map((found) => found[2] ?? "");
  return firstOf(written, known);
}

interface LanguageSpan {
  readonly start: number;
  readonly end: number;
  readonly tag: string;
}

/** A tag without `<` outside braces; each alternative begins with another character, so it is linear. */
const TAG =
  /<(\/?)([a-z][\w.:-]*)((?:[^<>"'{}]|"[^"<]*"|'[^'<]*'|\{(?:[^{}<]|\{[^{}<]*\})*\})*)>/gi;
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;
const LANG = /(?:^|\s)(?:xml:)?lang\s*=\s*(?:\{\s*)?(?:"([^"]*)"|'([^']*)'|([\w-]+))/i;
const VOID = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;
/** Elements whose `lang` is that of a program. */
const OF_PROGRAMS = /^(?:script|style|template)$|code|pre|highlight|snippet|editor|terminal/;

interface Open {
  readonly name: string;
  readonly start: number;
  readonly tag: string | undefined;
}

/** Elements that say their language, in the order of their starts. */
function elementsWithLanguage({ text, language }: Page): readonly LanguageSpan[] {
  const found: LanguageSpan[] = [];
  const open: Open[] = [];
  const nOpen = new Map<string, number>();
  const close = (end: number): Open | undefined => {
    const last = open.pop();
    if (last === undefined) return undefined;
    nOpen.set(last.name, (nOpen.get(last.name) ?? 0) - 1);
    if (last.tag !== undefined) found.push({ start: last.start, end, tag: last.tag });
    return last;
  };
  const visible = text.replace(COMMENT, (comment) => " ".repeat(comment.length));
  for (const { 0: whole, 1: slash, 2: written = "", 3: rest = "", index } of visible.matchAll(
    TAG,
  )) {
    const name = written.toLowerCase();
    const end = index + whole.length;
    if (slash === "/") {
      // An end tag that nothing opened closes nothing; what is open within the element ends with it.
      if ((nOpen.get(name) ?? 0) > 0) while (close(end)?.name !== name);
      continue;
    }
    const tag = OF_PROGRAMS.test(name) ? undefined : languageIn(rest);
    if (rest.endsWith("/") || VOID.test(name)) {
      if (tag !== undefined) found.push({ start: index, end, tag });
      continue;
    }
    open.push({ name, start: index, tag });
    nOpen.set(name, (nOpen.get(name) ?? 0) + 1);
  }
  // A page may leave its last end tags out; in Markdown such a tag stands in an example.
  const isMarkup = language !== "markdown" && language !== "mdx";
  if (isMarkup) while (close(text.length) !== undefined);
  return found.sort((a, b) => a.start - b.start);
}

/** @param attributes the source text behind a tag's name. */
function languageIn(attributes: string): string | undefined {
  const [, double, single, plain] = LANG.exec(attributes) ?? [];
  return known((double ?? single ?? plain ?? "").trim());
}
