/** Findings for programs: one array, with places from zero. */

import type { AuditRun } from "./reportRun";

export function jsonReport({ findings }: AuditRun): string {
  const rows = findings.map(({ file, range, rule, level, target, alt, message, also, fixes }) => ({
    file,
    range,
    rule,
    level,
    target,
    alt,
    message,
    also,
    fixes: fixes.map(({ title, edits, isSafe }) => ({
      title,
      isSafe,
      edits: edits.map(({ range: place, newText }) => ({ range: place, newText })),
    })),
  }));
  return `${JSON.stringify(rows)}\n`;
}
