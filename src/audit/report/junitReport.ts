/** Findings as cases of a test run, for servers that know nothing else. */

import { groupBy } from "../../base/groupBy";
import { isAtLeast } from "../baseline";
import type { ReportedFinding } from "../reportedFinding";
import { type AuditRun } from "./reportRun";

/** What does not fail the command is a passed case, with what is said of it as its output. */
export function junitReport({ findings, failures, failOn }: AuditRun): string {
  const byFile = groupBy(findings, ({ file }) => file);
  const isFailure = ({ level }: ReportedFinding): boolean => isAtLeast(level, failOn);
  const suites = Array.from(byFile, ([file, list]) => {
    const cases = list.map((finding) => `    ${caseOf(finding, isFailure(finding))}\n`);
    const sums = `tests="${list.length}" failures="${list.filter(isFailure).length}" errors="0"`;
    return `  <testsuite name="${xml(file)}" ${sums}>\n${cases.join("")}  </testsuite>\n`;
  });
  const errors = failures.map(({ file = "", message }) => {
    const name = xml(file);
    return `  <testsuite name="${name}" tests="1" failures="0" errors="1">\n    <testcase name="read" classname="${name}"><error message="${xml(message)}"/></testcase>\n  </testsuite>\n`;
  });
  const sums = `tests="${findings.length + failures.length}" failures="${findings.filter(isFailure).length}" errors="${failures.length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sightline" ${sums}>\n${suites.join("")}${errors.join("")}</testsuites>\n`;
}

function caseOf(
  { file, range: { start }, rule, message, level }: ReportedFinding,
  isFailure: boolean,
): string {
  const place = `${start.line + 1}:${start.character + 1}`;
  const said = isFailure
    ? `<failure type="${level}" message="${xml(message)}">${xml(`${file}:${place}`)}</failure>`
    : `<system-out>${xml(`${level}: ${message}`)}</system-out>`;
  return `<testcase name="${xml(`${rule} at ${place}`)}" classname="${xml(file)}">${said}</testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
};

function xml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- XML 1.0 has no way to write them.
      .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
      .replace(/[&<>"\n\t]/g, (mark) => ENTITIES[mark] ?? mark)
  );
}
