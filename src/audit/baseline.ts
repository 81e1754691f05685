/**
 * Findings that a project has already, so that only new ones are told. One entry for each picture, by its
 * rule, its file, its address and its text, and never by its line: paragraphs may move.
 */

import { AppError } from "../base/errors";
import { LEVELS, RULE_IDS, type RuleId } from "./rule";
import { shortHash, type ReportedFinding } from "./reportedFinding";

export interface BaselineEntry {
  readonly rule: RuleId;
  readonly file: string;
  readonly target: string;
  /** A hash of the text, so that no content of a document is in the file. */
  readonly text: string;
  /** How many equal ones there are. */
  readonly n: number;
}

/** What a baseline knows a finding by. */
export type KnownBy = Pick<ReportedFinding, "rule" | "file" | "target" | "alt">;

export interface BaselineResult<T> {
  readonly fresh: readonly T[];
  readonly known: readonly T[];
  /** Entries that no finding matches any more. */
  readonly gone: readonly BaselineEntry[];
}

const VERSION = 1;
/** Addresses within the document are long; their beginning tells them apart with the text. */
const MAX_TARGET = 200;

/** The file's text: sorted, one entry a line, so that two branches merge. */
export function baselineText(findings: readonly KnownBy[]): string {
  return entriesText(findings.map(entryOf));
}

/** The text of a file to which findings were added. */
export function extendedBaseline(
  before: readonly BaselineEntry[],
  findings: readonly KnownBy[],
): string {
  return entriesText([...before, ...findings.map(entryOf)]);
}

function entriesText(given: readonly BaselineEntry[]): string {
  const entries = new Map<string, BaselineEntry>();
  for (const entry of given) {
    const key = keyOf(entry);
    entries.set(key, { ...entry, n: (entries.get(key)?.n ?? 0) + entry.n });
  }
  const lines = [...entries.keys()].sort().map((key) => JSON.stringify(entries.get(key)));
  return `{"version":${VERSION},"findings":[\n${lines.join(",\n")}${lines.length > 0 ? "\n" : ""}]}\n`;
}

/** @throws AppError `option.invalid` for a file that is no baseline. */
export function readBaseline(text: string, file: string): BaselineEntry[] {
  const broken = new AppError(
    "option.invalid",
    `${file} is no baseline of this program. Write one with --update-baseline.`,
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw broken;
  }
  const { version, findings } = (parsed ?? {}) as { version?: unknown; findings?: unknown };
  if (version !== VERSION || !Array.isArray(findings) || !findings.every(isEntry)) throw broken;
  return findings;
}

function isEntry(value: unknown): value is BaselineEntry {
  const { rule, file, target, text, n } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const texts = [file, target, text].every((part) => typeof part === "string");
  return texts && (RULE_IDS as readonly unknown[]).includes(rule) && Number.isSafeInteger(n);
}

/**
 * Takes the findings that are known out.
 * @param isThere whether a file of an entry is there still: where it is gone, its entries are those of a
 * document that got another name.
 */
export function withoutBaseline<T extends KnownBy>(
  findings: readonly T[],
  baseline: readonly BaselineEntry[],
  isThere: (file: string) => boolean,
): BaselineResult<T> {
  const left = new Map<string, { entry: BaselineEntry; n: number }>();
  for (const entry of baseline) left.set(keyOf(entry), { entry, n: entry.n });
  const take = (key: string): boolean => {
    const found = left.get(key);
    if (found === undefined || found.n === 0) return false;
    found.n--;
    return true;
  };
  const fresh: T[] = [];
  const known: T[] = [];
  const others: T[] = [];
  for (const finding of findings) (take(keyOf(entryOf(finding))) ? known : others).push(finding);
  const moved = new Map<string, string[]>();
  for (const [key, { entry, n }] of left) {
    if (n === 0 || isThere(entry.file)) continue;
    const same = keyOf({ ...entry, file: "" });
    moved.set(same, [...(moved.get(same) ?? []), key]);
  }
  for (const finding of others) {
    const keys = moved.get(keyOf({ ...entryOf(finding), file: "" })) ?? [];
    (keys.some(take) ? known : fresh).push(finding);
  }
  const gone = [...left.values()].flatMap(({ entry, n }) => (n === 0 ? [] : [{ ...entry, n }]));
  return { fresh, known, gone };
}

/** Files of entries that may be those of a finding whose document got another name. */
export function otherFilesOf(
  findings: readonly KnownBy[],
  baseline: readonly BaselineEntry[],
): string[] {
  const wanted = new Set(findings.map((finding) => keyOf({ ...entryOf(finding), file: "" })));
  const own = new Set(findings.map(({ file }) => file));
  const files = baseline
    .filter((entry) => !own.has(entry.file) && wanted.has(keyOf({ ...entry, file: "" })))
    .map(({ file }) => file);
  return [...new Set(files)];
}

function entryOf({ rule, file, target, alt }: KnownBy): BaselineEntry {
  const shown = target.slice(0, MAX_TARGET);
  return { rule, file, target: shown, text: shortHash(alt ?? ""), n: 1 };
}

function keyOf({ file, rule, target, text }: BaselineEntry): string {
  return [file, rule, target, text].join("\n");
}

/** True for a level that is as bad as another, or worse. */
export function isAtLeast(level: (typeof LEVELS)[number], least: (typeof LEVELS)[number]): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(least);
}
