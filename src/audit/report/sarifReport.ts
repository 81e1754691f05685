/** Findings as SARIF 2.1.0, for code scanning and other collectors. */

import type { LineRange } from "../../alt/linePositions";
import { helpAddress, RULES } from "../ruleTable";
import { RULE_IDS, type Level, type RuleFacts } from "../rule";
import type { RelatedPlace, ReportedFinding, ReportedFix } from "../reportedFinding";
import type { AuditRun } from "./reportRun";

const LEVEL_NAMES = { error: "error", warn: "warning", info: "note", hint: "note" } as const;
const SEVERITIES = {
  error: "error",
  warn: "warning",
  info: "recommendation",
  hint: "recommendation",
};

export function sarifReport(run: AuditRun): string {
  const { findings, failures, version } = run;
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: driverOf(version) },
        columnKind: "utf16CodeUnits",
        automationDetails: { id: "sightline/" },
        originalUriBaseIds: {
          "%SRCROOT%": { description: { text: "The folder that was checked." } },
        },
        invocations: [
          {
            executionSuccessful: failures.length === 0,
            toolExecutionNotifications: failures.map(({ message }) => ({
              level: "error",
              message: { text: message },
            })),
          },
        ],
        results: findings.map(resultOf),
      },
    ],
  };
  return `${JSON.stringify(log)}\n`;
}

function driverOf(version: string): unknown {
  return {
    name: "Sightline",
    semanticVersion: version,
    rules: RULES.map(ruleOf),
  };
}

function ruleOf({ id, level, title, help, criteria, techniques, asks }: RuleFacts): unknown {
  const tags = [
    "accessibility",
    ...(criteria.length > 0 ? [criteria.includes("1.4.5") ? "wcag2aa" : "wcag2a"] : []),
    ...criteria.map((criterion) => `wcag${criterion.replaceAll(".", "")}`),
  ];
  const named = techniques.length === 0 ? "" : ` (${techniques.join(", ")})`;
  return {
    id,
    // Must differ from the id, also for who ignores capitals.
    name: `Alt-${id}`.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: help },
    help: { text: `${help}${named}`, markdown: `${help}${named} [More](${helpAddress(id)})` },
    helpUri: helpAddress(id),
    defaultConfiguration: { level: sarifLevel(level) },
    properties: {
      ...{ tags, precision: asks === "model" ? "low" : "high" },
      "problem.severity": SEVERITIES[level],
    },
  };
}

function sarifLevel(level: Level): string {
  return LEVEL_NAMES[level];
}

function resultOf({
  file,
  range,
  span,
  rule,
  level,
  message,
  fingerprint,
  fixes,
  related,
}: ReportedFinding): unknown {
  const artifactLocation = { uri: uriOf(file), uriBaseId: "%SRCROOT%" };
  const changes = fixes.map((fix) => fixOf(fix, artifactLocation));
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: sarifLevel(level),
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation, region: regionOf(range, span) } }],
    ...(related.length === 0 ? {} : { relatedLocations: related.map(relatedOf) }),
    partialFingerprints: { "altPicture/v1": fingerprint },
    ...(changes.length === 0 ? {} : { fixes: changes }),
  };
}

function relatedOf({ file, range, span, alt }: RelatedPlace, id: number): unknown {
  const artifactLocation = { uri: uriOf(file), uriBaseId: "%SRCROOT%" };
  const physicalLocation = { artifactLocation, region: regionOf(range, span) };
  return { id: id + 1, message: { text: `The picture with “${alt ?? ""}”.` }, physicalLocation };
}

function fixOf({ title, edits }: ReportedFix, artifactLocation: unknown): unknown {
  const replacements = edits.map(({ range, span, newText }) => ({
    deletedRegion: regionOf(range, span),
    insertedContent: { text: newText },
  }));
  return { description: { text: title }, artifactChanges: [{ artifactLocation, replacements }] };
}

/** Lines and columns from one, the end exclusive. */
function regionOf({ start, end }: LineRange, span: ReportedFinding["span"]): unknown {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
    charOffset: span.start,
    charLength: span.end - span.start,
  };
}

/** A relative address; `./` would make another alert of it. */
function uriOf(file: string): string {
  return encodeURI(file.replace(/^(?:\.\/)+/, "")).replace(/[?#]/g, encodeURIComponent);
}
