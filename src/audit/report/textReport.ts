/** Findings for people, as linters print them, and the sum. */

import { oneLine } from "../../base/cleanText";
import { countOf } from "../../base/countOf";
import { RULES } from "../ruleTable";
import { type AuditRun } from "./reportRun";

export function textReport({ findings }: AuditRun): string {
  return findings
    .map(({ file, range: { start }, level, rule, message }) => {
      const place = `${file}:${start.line + 1}:${start.character + 1}`;
      return `${oneLine(`${place} ${level} ${rule} ${message}`)}\n`;
    })
    .join("");
}

/** Such as "214 documents, 87 pictures: 3 missing, 1 filename." */
export function sumOf({ findings, nDocuments, nPictures }: AuditRun): string {
  const parts = RULES.flatMap(({ id }) => {
    const n = findings.filter(({ rule }) => rule === id).length;
    return n === 0 ? [] : [`${n} ${id}`];
  });
  const what = parts.length === 0 ? "nothing to report" : parts.join(", ");
  return `${countOf(nDocuments, "document")}, ${countOf(nPictures, "picture")}: ${what}.`;
}
