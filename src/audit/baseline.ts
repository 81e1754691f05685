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

/**
 * A text that somebody called right for a picture, whatever a model says: hashes of both, so that neither a new name
 * nor another document matters, and another picture under the same name does.
 */
export interface RightText {
  /** The beginning of the SHA-256 of the picture's file. */
  readonly picture: string;
  readonly text: string;
}

/** What a baseline's file holds. */
export interface Baseline {
  readonly findings: readonly BaselineEntry[];
  readonly right: readonly RightText[];
}

export const NO_BASELINE: Baseline = { findings: [], right: [] };

export interface BaselineResult<T> {
  readonly fresh: readonly T[];
  readonly known: readonly T[];
  /** Entries that no finding matches any more. */
  readonly gone: readonly BaselineEntry[];
}

const VERSION = 1;
/** Addresses within the document are long; their beginning tells them apart with the text. */
const MAX_TARGET = 200;

/** What a file is written for: findings take the place of those before, or come to them. */
export function entriesOf(findings: readonly KnownBy[]): readonly BaselineEntry[] {
  return findings.map(entryOf);
}

/** The file's text: sorted, one entry a line, so that two branches merge. */
export function baselineText({ findings, right }: Baseline): string {
  const entries = new Map<string, BaselineEntry>();
  for (const entry of findings) {
    const key = keyOf(entry);
    entries.set(key, { ...entry, n: (entries.get(key)?.n ?? 0) + entry.n });
  }
  const lines = [...entries.keys()].sort().map((key) => JSON.stringify(entries.get(key)));
  const rights = [...new Set(right.map(({ picture, text }) => JSON.stringify({ picture, text })))];
  const more = rights.length === 0 ? "" : `,"right":${linesText(rights.sort())}`;
  return `{"version":${VERSION},"findings":${linesText(lines)}${more}}\n`;
}

function linesText(lines: readonly string[]): string {
  return `[\n${lines.join(",\n")}${lines.length > 0 ? "\n" : ""}]`;
}

/** @param digest SHA-256 of the picture's file, in hexadecimal. */
export function rightText(digest: string, alt: string): RightText {
  return { picture: digest.slice(0, 16), text: shortHash(alt) };
}

/** True for a text that somebody called right for this picture. */
export function isRight({ right }: Baseline, { picture, text }: RightText): boolean {
  return right.some((known) => known.picture === picture && known.text === text);
}

/** @throws AppError `option.invalid` for a file that is no baseline. */
export function readBaseline(text: string, file: string): Baseline {
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
  const { version, findings, right = [] } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  if (version !== VERSION || !Array.isArray(findings) || !findings.every(isEntry)) throw broken;
  if (!Array.isArray(right) || !right.every(isRightEntry)) throw broken;
  return { findings, right };
}

function isRightEntry(value: unknown): value is RightText {
  const { picture, text } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof picture === "string" && typeof text === "string";
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
