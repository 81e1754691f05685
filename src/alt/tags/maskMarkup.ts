/** Documents with what is no markup taken out, so that no mistake in it matters; offsets stay. */

import type { TextSpan } from "../imageReference";

/** A style sheet or a script. */
export interface RawElement {
  readonly name: "script" | "style";
  /** Between the tags. */
  readonly content: TextSpan;
}

const OPENING = /<!--|<(script|style)(?=[\s/>])/gi;
/** The rest of an opening tag; attributes may hold a `>` in quotes. */
const REST_OF_TAG = /(?:"[^"]{0,1000}"|'[^']{0,1000}'|[^'">]){0,1000}>/y;

/** The style sheets and scripts of a component; one without its end tag is none. */
export function rawElements(text: string): RawElement[] {
  const found: RawElement[] = [];
  const opening = new RegExp(OPENING);
  // What was not found once is not looked for again, so that the time stays linear.
  const gone = new Set<string>();
  const endOf = (mark: RegExp, from: number): RegExpExecArray | undefined => {
    if (gone.has(mark.source)) return undefined;
    mark.lastIndex = from;
    const end = mark.exec(text);
    if (end === null) gone.add(mark.source);
    return end ?? undefined;
  };
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const name = match[1]?.toLowerCase() as RawElement["name"] | undefined;
    if (name === undefined) {
      const end = endOf(/-->/g, opening.lastIndex);
      if (end !== undefined) opening.lastIndex = end.index;
      continue;
    }
    REST_OF_TAG.lastIndex = opening.lastIndex;
    const rest = REST_OF_TAG.exec(text)?.[0];
    if (rest === undefined || rest.endsWith("/>")) continue;
    const start = opening.lastIndex + rest.length;
    const end = endOf(name === "script" ? /<\/script\s*>/gi : /<\/style\s*>/gi, start)?.index;
    if (end === undefined) continue;
    found.push({ name, content: { start, end } });
    opening.lastIndex = end;
  }
  return found;
}

/** Spaces instead of everything in the spans but line ends. @param spans in the order of the text. */
export function masked(text: string, spans: readonly TextSpan[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const span of spans) {
    parts.push(text.slice(end, span.start));
    parts.push(text.slice(span.start, span.end).replace(/[^\r\n]/g, " "));
    end = span.end;
  }
  parts.push(text.slice(end));
  return parts.join("");
}
