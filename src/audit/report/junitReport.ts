/** Findings as failed cases of a test run, for servers that know nothing else. */

import { groupBy } from "../../base/groupBy";
import { type AuditRun } from "./reportRun";

export function junitReport({ findings, failures }: AuditRun): string {
  const byFile = groupBy(findings, ({ file }) => file);
  const suites = Array.from(byFile, ([file, list]) => {
    const cases = list.map(({ range: { start }, rule, message, level }) => {
      const place = `${start.line + 1}:${start.character + 1}`;
      const head = `<testcase name="${xml(`${rule} at ${place}`)}" classname="${xml(file)}">`;
      return `    ${head}<failure type="${level}" message="${xml(message)}">${xml(`${file}:${place}`)}</failure></testcase>\n`;
    });
    const sums = `tests="${list.length}" failures="${list.length}" errors="0"`;
    return `  <testsuite name="${xml(file)}" ${sums}>\n${cases.join("")}  </testsuite>\n`;
  });
  const errors = failures.map(({ file = "", message }) => {
    const name = xml(file);
    return `  <testsuite name="${name}" tests="1" failures="0" errors="1">\n    <testcase name="read" classname="${name}"><error message="${xml(message)}"/></testcase>\n  </testsuite>\n`;
  });
  const sums = `tests="${findings.length + failures.length}" failures="${findings.length}" errors="${failures.length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sightline" ${sums}>\n${suites.join("")}${errors.join("")}</testsuites>\n`;
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
