/** Code of template engines and programs in addresses: where it stands, and not what it says. */

/**
 * Code of the usual engines: Liquid, Jinja, Django, Twig, Handlebars, Vue, Angular, Hugo; ERB, EJS, PHP;
 * JavaScript; Blade; Thymeleaf; Razor; Smarty and others with single braces; Create React App.
 */
const CODE =
  /\{\{[\s\S]*?\}\}+|\{%[\s\S]*?%\}|\{!![\s\S]*?!!\}|<%[\s\S]*?%>|<\?[\s\S]*?(?:\?>|$)|[$#@*]\{[\s\S]*?\}|\[%[\s\S]*?%\]|\{[^{}]*\}|\*\|[^|]*\|\*|%(?:[A-Z][A-Z_]+|sveltekit\.\w+)%/g;
/** Razor, Blade and Velocity write code without an end; `@/a.png` and `@img/a.png` are aliases. */
const OPEN_CODE =
  /^(?:~?@(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[([]|\()|@(?:Model|item|ViewBag|ViewData|Html|Url)\.|\$!?[\w.]+\()/;

/** True when only the engine that reads an address first can tell which file it is. */
export function hasCode(address: string): boolean {
  return OPEN_CODE.test(address) || piecesOf(address).some(({ isCode }) => isCode);
}

/** A part of an address. */
export interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

/** Code and text in turn, up to the query or hash, which changes nothing about the file. */
export function piecesOf(address: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of address.matchAll(CODE)) {
    const text = address.slice(end, match.index);
    const cut = text.search(/[?#]/);
    if (cut >= 0) return [...pieces, { text: text.slice(0, cut), isCode: false }];
    pieces.push({ text, isCode: false }, { text: match[0], isCode: true });
    end = match.index + match[0].length;
  }
  const [rest = ""] = address.slice(end).split(/[?#]/);
  return [...pieces, { text: rest, isCode: false }].filter(({ text }) => text !== "");
}
