/**
 * Findings as commands of GitHub's workflows, which become annotations. A step shows ten of each level and
 * hides the rest without a word, so the rest is counted.
 */

import { groupBy } from "../../base/groupBy";
import type { ReportedFinding } from "../reportedFinding";
import { type AuditRun } from "./reportRun";

/** What a step shows of each kind. */
const MAX_OF_KIND = 10;

type Kind = "error" | "warning" | "notice";

const KINDS: Readonly<Record<ReportedFinding["level"], Kind>> = {
  error: "error",
  warn: "warning",
  info: "notice",
  hint: "notice",
};

export function githubReport({ findings }: AuditRun): string {
  const lines: string[] = [];
  const byKind = groupBy(findings, ({ level }) => KINDS[level]);
  for (const kind of ["error", "warning", "notice"] as const) {
    const list = byKind.get(kind) ?? [];
    const nShown = list.length > MAX_OF_KIND ? MAX_OF_KIND - 1 : list.length;
    lines.push(...list.slice(0, nShown).map((finding) => annotation(kind, finding)));
    const nMore = list.length - nShown;
    if (nMore > 0) {
      lines.push(`::${kind} title=Sightline::${nMore} more of this kind are in the summary.`);
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

function annotation(kind: Kind, { file, range, rule, message }: ReportedFinding): string {
  const { start, end } = range;
  const places = [
    `file=${property(file)}`,
    `line=${start.line + 1}`,
    `endLine=${end.line + 1}`,
    // Columns count only within one line.
    ...(start.line === end.line
      ? [`col=${start.character + 1}`, `endColumn=${end.character + 1}`]
      : []),
    `title=${property(`sightline ${rule}`)}`,
  ];
  return `::${kind} ${places.join(",")}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
