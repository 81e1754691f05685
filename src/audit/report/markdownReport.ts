/** Findings as a page of Markdown: a table by rule, then the places by file. */

import { groupBy } from "../../base/groupBy";
import type { ReportedFinding } from "../reportedFinding";
import { helpAddress, RULES } from "../ruleTable";
import { sumOf } from "./textReport";
import { type AuditRun } from "./reportRun";

/** @param maxUnits what a place for summaries takes; the rest is counted. @default no limit */
export function markdownReport(run: AuditRun, maxUnits = Infinity): string {
  const { findings, failures } = run;
  const parts = [`# Alternative texts\n\n${sumOf(run)}\n`];
  if (findings.length > 0) parts.push(tableOf(findings));
  for (const { message } of failures) parts.push(`\n> Not read: ${inline(message)}\n`);
  let nUnits = parts.join("").length;
  let nShown = 0;
  const byFile = groupBy(findings, ({ file }) => file);
  for (const [file, list] of byFile) {
    const section = sectionOf(file, list);
    if (nUnits + section.length > maxUnits - ROOM) {
      parts.push(`\nAnd ${findings.length - nShown} more in other files.\n`);
      break;
    }
    nUnits += section.length;
    nShown += list.length;
    parts.push(section);
  }
  return parts.join("");
}

/** For the line that counts the rest. */
const ROOM = 200;

function tableOf(findings: readonly ReportedFinding[]): string {
  const rows = RULES.flatMap(({ id, title, criteria }) => {
    const n = findings.filter(({ rule }) => rule === id).length;
    if (n === 0) return [];
    return [`| [${id}](${helpAddress(id)}) | ${title} | ${criteria.join(", ")} | ${n} |\n`];
  });
  return `\n| Rule | What it finds | WCAG | Findings |\n| --- | --- | --- | ---: |\n${rows.join("")}`;
}

function sectionOf(file: string, findings: readonly ReportedFinding[]): string {
  const lines = findings.map(({ range, rule, message }) => {
    const line = range.start.line + 1;
    return `- [line ${line}](${address(file)}#L${line}) **${rule}** ${inline(message)}\n`;
  });
  return `\n## ${inline(file)}\n\n${lines.join("")}`;
}

/** A link ends at a parenthesis, and its path at a mark of a query or hash. */
function address(file: string): string {
  const hex = (mark: string): string => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURI(file).replace(/[()?#]/g, hex);
}

/** What a document says is no Markdown. */
function inline(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>|#!~&$]/g, "\\$&");
}
