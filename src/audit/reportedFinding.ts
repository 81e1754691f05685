/** A finding as it is told outside of the program: with its file, its place and its fingerprint. */

import { createHash } from "node:crypto";
import type { TextSpan } from "../alt/imageReference";
import type { LineRange, LinePositions } from "../alt/linePositions";
import type { Finding, Level, RuleId } from "./rule";

export interface ReportedFix {
  readonly title: string;
  readonly edits: readonly {
    readonly range: LineRange;
    readonly span: TextSpan;
    readonly newText: string;
  }[];
  readonly isSafe: boolean;
}

/** Another picture of a finding, such as the one whose text is repeated. */
export interface RelatedPlace {
  readonly file: string;
  readonly range: LineRange;
  readonly span: TextSpan;
  /** Its text. */
  readonly alt: string | null;
}

export interface ReportedFinding {
  /** As it was given, with forward slashes. */
  readonly file: string;
  /** Of the whole picture; lines from zero, columns in UTF-16 units. */
  readonly range: LineRange;
  /** The same in UTF-16 units from the beginning. */
  readonly span: TextSpan;
  readonly rule: RuleId;
  readonly level: Level;
  readonly target: string;
  /** The picture's file as it was found, relative as the document is. */
  readonly resolved: string | null;
  readonly alt: string | null;
  readonly message: string;
  readonly also: readonly RuleId[];
  readonly fixes: readonly ReportedFix[];
  /** Other places that it speaks of. */
  readonly related: readonly RelatedPlace[];
  /** The same for the same picture in each run, wherever its paragraph stands in the document. */
  readonly fingerprint: string;
}

/** What a finding is reported with. */
export interface FindingPlace {
  readonly file: string;
  readonly lines: LinePositions;
  readonly resolved: string | null;
}

/** @param ordinal which of equal findings it is, from zero. */
export function reported(finding: Finding, place: FindingPlace, ordinal: number): ReportedFinding {
  const { rule, level, message, also, picture, related } = finding;
  const { span, target, alt } = picture.reference;
  const { file, lines, resolved } = place;
  return {
    file,
    range: lines.rangeOf(span),
    span,
    rule,
    level,
    target: target.value,
    resolved,
    alt,
    message,
    also,
    related: related.map(({ reference: other }) => ({
      ...{ file, range: lines.rangeOf(other.span), span: other.span, alt: other.alt },
    })),
    fixes: finding.fixes().map(({ title, edits, isSafe }) => ({
      title,
      isSafe,
      edits: edits.map(({ start, end, newText }) => ({
        range: lines.rangeOf({ start, end }),
        span: { start, end },
        newText,
      })),
    })),
    fingerprint: shortHash([rule, file, target.value, alt ?? "", ordinal].join("\n")),
  };
}

/** What makes findings equal, but for which of them comes first. */
export function identityOf({ rule, picture: { reference } }: Finding): string {
  return [rule, reference.target.value, reference.alt ?? ""].join("\n");
}

/** Sixteen digits of a SHA-256. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
