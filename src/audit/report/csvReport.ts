/** Findings for spreadsheets (RFC 4180). */

import { ruleOf } from "../ruleTable";
import type { AuditRun } from "./reportRun";

// prettier-ignore
const COLUMNS = [
  "file", "line", "column", "rule", "level", "message", "alt", "target", "resolved", "wcag", "fingerprint",
];

export function csvReport({ findings }: AuditRun): string {
  const rows = findings.map((finding) => {
    const { file, range, rule, level, message, alt, target, resolved, fingerprint } = finding;
    const { line, character } = range.start;
    const criteria = ruleOf(rule).criteria.join(" ");
    // prettier-ignore
    return [
      file, line + 1, character + 1, rule, level, message, alt ?? "", target, resolved ?? "", criteria,
      fingerprint,
    ];
  });
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** A spreadsheet takes a cell that begins with one of these for a formula. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
