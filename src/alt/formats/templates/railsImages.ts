/** Rails' `image_tag` in ERB: a call whose options hold the text. Nothing is run. */

import type { ImageReference, TextSpan } from "../../imageReference";
import type { TemplateCode } from "../../tags/templateCode";
import { at, plainImage, slotAt } from "../plainImage";
import { bracketEnd } from "./engineCode";

const CALL =
  /\b(image_tag|image_submit_tag|image_pack_tag|vite_image_tag|cl_image_tag)\b(?:[ \t]*(\()|[ \t]+(?=["':@\w]))/g;
/** Where helpers of Rails look. */
const FOLDERS = [
  "app/assets/images/",
  "app/javascript/images/",
  "public/images/",
  "assets/",
  "images/",
];

export function railsCalls(text: string, codes: readonly TemplateCode[]): ImageReference[] {
  return codes.flatMap(({ start, end, role }) => {
    const code = text.slice(start, end);
    if (role === "silent" && code.startsWith("<%#")) return [];
    return Array.from(code.matchAll(CALL)).map((found) => {
      const from = start + found.index;
      const argumentsStart = from + found[0].length;
      const close = found[2] === undefined ? undefined : bracketEnd(text, argumentsStart - 1);
      const codeEnd = end - (/-?%>$/.exec(code)?.[0].length ?? 0);
      const stop = close === undefined ? codeEnd : close - 1;
      const args = splitArguments(text, { start: argumentsStart, end: stop });
      return imageOf(text, {
        name: found[1] ?? "",
        args,
        span: { start: from, end: close ?? endOf(args, stop) },
        isLink: isLinked(text, { start: from, end }, start),
      });
    });
  });
}

/** Right behind `link_to`, or alone in its block. */
function isLinked(text: string, { start, end }: TextSpan, codeStart: number): boolean {
  if (/\blink_to\s*\(?\s*$/.test(text.slice(codeStart, start))) return true;
  const before = text.slice(Math.max(0, codeStart - 500), codeStart);
  const isOpen = /<%=\s*link_to\b(?:(?!%>)[^])*\bdo\s*-?%>\s*$/.test(before);
  return isOpen && /^\s*<%-?\s*end\s*-?%>/.test(text.slice(end, end + 100));
}

const endOf = (args: readonly TextSpan[], stop: number): number => args.at(-1)?.end ?? stop;

/** Top-level arguments; a block or a condition behind them is none. */
function splitArguments(text: string, { start, end }: TextSpan): TextSpan[] {
  const args: TextSpan[] = [];
  let from = start;
  const add = (stop: number): void => {
    const raw = text.slice(from, stop);
    if (raw.trim() === "") return;
    const begin = from + raw.length - raw.trimStart().length;
    args.push({ start: begin, end: from + raw.trimEnd().length });
  };
  for (let position = start; position < end; position++) {
    const char = text.charAt(position);
    if (char === '"' || char === "'") {
      const string = (char === '"' ? /^"(?:\\[^]|[^"\\])*"/ : /^'(?:\\[^]|[^'\\])*'/).exec(
        text.slice(position, Math.min(end, position + 4000)),
      )?.[0];
      position += (string?.length ?? 1) - 1;
    } else if ("([{".includes(char)) position = (bracketEnd(text, position) ?? end) - 1;
    else if (char === ",") {
      add(position);
      from = position + 1;
    } else if (
      /^(?:do|if|unless)\b/.test(text.slice(position, position + 7)) &&
      /\s/.test(text.charAt(position - 1))
    ) {
      add(position);
      return args;
    }
  }
  add(end);
  return args;
}

interface Call {
  readonly name: string;
  readonly args: readonly TextSpan[];
  readonly span: TextSpan;
  readonly isLink: boolean;
}

const OPTION = /^(?::?(?:"(\w+)"|'(\w+)'|(\w+))\s*(?::(?!:)|=>)|:(\w+)\s*=>)\s*/;

function imageOf(text: string, { name, args, span, isLink }: Call): ImageReference {
  const [first] = args;
  const path = first === undefined ? undefined : stringIn(text, first);
  const alt = args.flatMap((each) => {
    const written = text.slice(each.start, each.end);
    const [head, ...names] = OPTION.exec(written) ?? [];
    const isAlt = head !== undefined && names.includes("alt");
    return isAlt ? [{ start: each.start + head.length, end: each.end }] : [];
  })[0];
  const words = alt === undefined ? undefined : stringIn(text, alt);
  // A double splat, or a variable in the place of the options, may hold the text.
  const isOpen = args.slice(1).some((each) => !OPTION.test(text.slice(each.start, each.end)));
  const isComputed = (alt !== undefined && words === undefined) || (alt === undefined && isOpen);
  const isButton = name === "image_submit_tag";
  return plainImage({
    language: "erb",
    syntax: "ruby",
    span,
    target:
      path === undefined
        ? { kind: "dynamic", value: first === undefined ? "" : text.slice(first.start, first.end) }
        : {
            kind: "url",
            value: path,
            tries: path.startsWith("/") ? [] : FOLDERS.map((each) => each + path),
          },
    alt:
      alt === undefined || words === undefined
        ? null
        : { text: words, span: { start: alt.start + 1, end: alt.end - 1 } },
    ...(isComputed ? { state: "dynamic" } : {}),
    slot: isComputed
      ? "computed"
      : alt === undefined
        ? slotAt(at(first?.end ?? span.end), "ruby", { prefix: ", alt: " })
        : slotAt(alt, "ruby"),
    ...(isButton ? { isDecorative: false, decorative: { form: "none", obstacle: "button" } } : {}),
    around: isLink ? { names: "link" } : {},
  });
}

/** A string without anything computed in it. */
function stringIn(text: string, { start, end }: TextSpan): string | undefined {
  const written = text.slice(start, end);
  const [, double, single] =
    /^(?:"((?:\\[^]|[^"\\])*)"|'((?:\\[^]|[^'\\])*)')$/.exec(written) ?? [];
  if (single !== undefined) return single.replace(/\\(['\\])/g, "$1");
  if (double === undefined || double.includes("#{")) return undefined;
  return double.replace(/\\(?:u([\da-fA-F]{4})|(.))/g, (...found: string[]) => {
    const [whole = "", code, mark = ""] = found;
    if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
    return /["\\#]/.test(mark) ? mark : whole;
  });
}
