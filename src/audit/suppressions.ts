/**
 * Comments in a document that take findings back: Sightline's own, in the comments of every language, and
 * those for other linters that mean the same. Knows lines and marks, and no language.
 */

import { LinePositions } from "../alt/linePositions";
import type { TextSpan } from "../alt/imageReference";
import { RULE_IDS, type RuleFacts } from "./rule";

export interface SuppressionOptions {
  readonly honorsOthers: boolean;
}

/** What begins a comment in one of the languages that hold pictures. */
const COMMENT = String.raw`(?:<!--|\{\/\*|\/\/|\/\*|\{\{!(?:--)?|\{\{--|\{#|<%#|@\*|\{%-?\s{0,5}(?:comment\s{0,5}-?%\}|#)|%|#|;|^[ \t]*\.\.|::)`;
const OWN = new RegExp(
  `${COMMENT}[ \\t]{0,20}sightline-(disable-next-line|disable-line|disable-file|disable|enable|decorative)\\b([^\\n]{0,500})`,
  "gm",
);
const OTHERS = new RegExp(
  `${COMMENT}[ \\t]{0,20}(?:(?:eslint|oxlint|markdownlint|html-eslint)-(disable-next-line|disable-line|disable-file|disable|enable)|(biome-ignore|svelte-ignore))\\b([^\\n]{0,500})`,
  "gm",
);

type Kind =
  "disable-next-line" | "disable-line" | "disable-file" | "disable" | "enable" | "decorative";

interface Directive {
  readonly kind: Kind;
  readonly line: number;
  readonly start: number;
  /** Undefined where it names no rule, and so means all. */
  readonly names: readonly string[] | undefined;
  readonly isOwn: boolean;
}

export class Suppressions {
  readonly #text: string;
  readonly #lines: LinePositions;
  readonly #directives: readonly Directive[];
  readonly #used = new Set<Directive>();

  constructor(text: string, { honorsOthers }: SuppressionOptions) {
    this.#text = text;
    const own = text.includes("sightline-");
    const others = honorsOthers && /(?:lint-|biome-ignore|svelte-ignore)/.test(text);
    this.#lines = new LinePositions(own || others ? text : "");
    this.#directives = [
      ...(own ? this.#ownDirectives() : []),
      ...(others ? this.#otherDirectives() : []),
    ].sort((a, b) => a.start - b.start);
  }

  /** True when a comment takes back what a rule says of the picture at a place. */
  covers({ start, end }: TextSpan, rule: RuleFacts): boolean {
    if (this.#directives.length === 0) return false;
    const range = this.#lines.rangeOf({ start, end });
    const { line } = range.start;
    let isOff: Directive | undefined;
    for (const directive of this.#directives) {
      if (!means(directive, rule)) continue;
      if (directive.kind === "disable-file") return this.#use(directive);
      if (directive.start >= end) {
        // Behind the picture, in its last line.
        if (directive.line > range.end.line) break;
        if (directive.kind === "disable-line") return this.#use(directive);
        continue;
      }
      if (directive.kind === "disable") isOff = directive;
      if (directive.kind === "enable") isOff = undefined;
      if (this.#isAt(directive, line)) return this.#use(directive);
    }
    return isOff !== undefined && this.#use(isOff);
  }

  /** Lines of Sightline's own comments that took nothing back. */
  unusedLines(): number[] {
    return this.#directives
      .filter((each) => each.isOwn && each.kind !== "enable" && !this.#used.has(each))
      .map(({ line }) => line);
  }

  #use(directive: Directive): true {
    this.#used.add(directive);
    return true;
  }

  #isAt({ kind, line, start }: Directive, wanted: number): boolean {
    if (kind === "disable-line") return line === wanted;
    if (kind !== "disable-next-line" && kind !== "decorative") return false;
    return wanted > line && wanted <= this.#nextLine(start);
  }

  /** The line of the next words behind a comment's own; languages want empty lines between the two. */
  #nextLine(start: number): number {
    const lineEnd = this.#text.indexOf("\n", start);
    if (lineEnd < 0) return -1;
    // Keywords of Org belong to what stands below them.
    const gap = /^(?:\s*#\+[^\n]*\n)*\s*/.exec(this.#text.slice(lineEnd, lineEnd + MAX_GAP));
    const at = lineEnd + (gap?.[0].length ?? 0);
    return this.#lines.rangeOf({ start: at, end: at }).start.line;
  }

  #lineOf(start: number): number {
    return this.#lines.rangeOf({ start, end: start }).start.line;
  }

  #ownDirectives(): Directive[] {
    return Array.from(this.#text.matchAll(OWN), ({ 1: kind, 2: rest = "", index }) => {
      const start = index;
      const names = namesIn(rest).filter((name) => (RULE_IDS as readonly string[]).includes(name));
      const given = namesIn(rest).length === 0 ? undefined : names;
      return { kind: kind as Kind, line: this.#lineOf(start), start, names: given, isOwn: true };
    });
  }

  #otherDirectives(): Directive[] {
    return Array.from(
      this.#text.matchAll(OTHERS),
      ({ 1: kind = "disable-next-line", 3: rest = "", index }) => {
        const line = this.#lineOf(index);
        return { kind: kind as Kind, line, start: index, names: namesIn(rest), isOwn: false };
      },
    );
  }
}

/** White space between a comment and its picture; more of it is nobody's. */
const MAX_GAP = 1000;

/** The names before a reason, which `--` or a colon begins, and before the end of the comment. */
function namesIn(rest: string): string[] {
  const [before = ""] = rest.split(/\s--(?:\s|$)|-->|\*\/|--\}\}|\}\}|#\}|%>|\*@|%\}|:\s|\|/);
  return before.split(/[\s,]+/).filter((name) => name !== "");
}

/** Another linter's comment that names no rule says nothing of pictures. */
function means({ kind, names, isOwn }: Directive, rule: RuleFacts): boolean {
  if (kind === "decorative") return rule.id === "missing" || rule.id === "same-as-text";
  if (names === undefined) return true;
  return isOwn ? names.includes(rule.id) : names.some((name) => rule.aliases.includes(name));
}
