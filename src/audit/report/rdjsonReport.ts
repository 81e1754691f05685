/** Findings for reviewdog (Reviewdog Diagnostic Format), whose columns count bytes of UTF-8 from one. */

import type { LinePosition, LineRange } from "../../alt/linePositions";
import { helpAddress } from "../ruleTable";
import type { ReportedFinding } from "../reportedFinding";
import type { AuditRun } from "./reportRun";

const SEVERITIES = { error: "ERROR", warn: "WARNING", info: "INFO", hint: "INFO" } as const;

export function rdjsonReport({ findings, textOf }: AuditRun): string {
  const lines = new Map<string, readonly string[]>();
  const diagnostics = findings.map((finding) => {
    const { file, message, range, level, rule, fixes } = finding;
    const known = lines.get(file) ?? (textOf(file) ?? "").split(/\r\n|\n|\r/);
    lines.set(file, known);
    const place = { path: file, range: rangeIn(known, range) };
    const [suggested] = fixes.filter(({ edits }) => edits.length === 1);
    return {
      message,
      location: place,
      severity: SEVERITIES[level],
      code: { value: rule, url: helpAddress(rule) },
      ...(suggested === undefined ? {} : { suggestions: suggestionsOf(known, suggested) }),
    };
  });
  return `${JSON.stringify({ source: { name: "sightline" }, diagnostics })}\n`;
}

function suggestionsOf(
  lines: readonly string[],
  { edits }: ReportedFinding["fixes"][number],
): unknown[] {
  return edits.map(({ range, newText }) => ({ range: rangeIn(lines, range), text: newText }));
}

function rangeIn(lines: readonly string[], { start, end }: LineRange): unknown {
  return { start: placeIn(lines, start), end: placeIn(lines, end) };
}

function placeIn(lines: readonly string[], { line, character }: LinePosition): unknown {
  const before = (lines[line] ?? "").slice(0, character);
  return { line: line + 1, column: Buffer.byteLength(before, "utf8") + 1 };
}
