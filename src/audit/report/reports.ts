/** The forms of a report by their names. */

import { csvReport } from "./csvReport";
import { githubReport } from "./githubReport";
import { jsonReport } from "./jsonReport";
import { junitReport } from "./junitReport";
import { markdownReport } from "./markdownReport";
import { rdjsonReport } from "./rdjsonReport";
import type { AuditRun } from "./reportRun";
import { sarifReport } from "./sarifReport";
import { textReport } from "./textReport";

// prettier-ignore
export const REPORT_FORMATS = [
  "text", "json", "sarif", "csv", "markdown", "rdjson", "github", "junit",
] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const REPORTS: Readonly<Record<ReportFormat, (run: AuditRun) => string>> = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  csv: csvReport,
  markdown: (run) => markdownReport(run),
  rdjson: rdjsonReport,
  github: githubReport,
  junit: junitReport,
};
