/** Words of LaTeX as a reader hears them, as far as they can be told without TeX. */

const MARKS: Readonly<Record<string, string>> = {
  // These mean something else in what is left, until the end.
  textbackslash: "\ue000",
  textasciitilde: "\ue001",
  textasciicircum: "^",
  textquotedbl: '"',
  ldots: "…",
  dots: "…",
  textendash: "–",
  textemdash: "—",
  ss: "ß",
  ae: "æ",
  AE: "Æ",
  oe: "œ",
  OE: "Œ",
  o: "ø",
  O: "Ø",
  aa: "å",
  AA: "Å",
  l: "ł",
  L: "Ł",
  i: "i",
  j: "j",
  LaTeX: "LaTeX",
  TeX: "TeX",
  textregistered: "®",
  texttrademark: "™",
  copyright: "©",
  S: "§",
  P: "¶",
  pounds: "£",
  euro: "€",
};

const ACCENTS: Readonly<Record<string, string>> = {
  "`": "\u0300",
  "'": "\u0301",
  "^": "\u0302",
  "~": "\u0303",
  "=": "\u0304",
  u: "\u0306",
  ".": "\u0307",
  '"': "\u0308",
  r: "\u030a",
  H: "\u030b",
  v: "\u030c",
  d: "\u0323",
  c: "\u0327",
  k: "\u0328",
};

/** Commands that change how a text looks, and not what it says. */
const LOOKS =
  /\\(?:emph|text(?:bf|it|tt|sc|sf|rm|sl|up|md|normal)|mbox|enquote|underline|uppercase|mathrm|mathbf|mathit|ensuremath|texorpdfstring|url|nolinkurl)\s*(?=\{)/g;

/** An accent before a letter, which may stand in braces. */
const ACCENTED =
  /\\(?:([`'^~="."])\s*|([uvHrcdk])(?:\s+|(?=\{)))(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))/g;

/** Undefined for a text that only TeX can tell. */
export function plainLatex(source: string): string | undefined {
  let text = source.replace(LOOKS, "");
  text = text.replace(/\\(?:label|index|footnote|cite\w*|ref)\s*(?:\[[^\]]*\])?\{[^{}]*\}/g, "");
  text = text.replace(ACCENTED, (...found: string[]) => {
    const [whole = "", mark, letter, braced, plain] = found;
    const accent = ACCENTS[mark ?? letter ?? ""];
    return accent === undefined ? whole : ((braced ?? plain ?? "") + accent).normalize("NFC");
  });
  const unknown: string[] = [];
  text = text.replace(/\\([A-Za-z]+)(?:\{\}|\s+|(?![A-Za-z]))/g, (whole, name: string) => {
    const mark = MARKS[name];
    if (mark === undefined) unknown.push(name);
    return mark ?? whole;
  });
  if (unknown.length > 0 || /(?<!\\)#\d/.test(text)) return undefined;
  text = text
    .replace(/\\\\(?:\[[^\]]*\])?/g, " ")
    .replace(/~/g, " ")
    .replace(/``|''/g, '"');
  text = text.replace(/---/g, "—").replace(/--/g, "–");
  text = text.replace(/\\([{}%#&_$ ,;:!/@-])|[{}$]/g, (_, mark: string | undefined) =>
    mark === undefined ? "" : /[,;:!/@-]/.test(mark) ? "" : mark,
  );
  return text.replaceAll("\ue000", "\\").replaceAll("\ue001", "~").replace(/\s+/g, " ").trim();
}
