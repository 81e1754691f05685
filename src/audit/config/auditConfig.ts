/** `.sightline.jsonc`: what a project wants of the audit. Nothing in it is run, and no pattern is compiled. */

import { parseJsonc } from "../../alt/jsonc";
import { AppError } from "../../base/errors";
import { LEVELS, RULE_IDS, type Level, type RuleId } from "../rule";

export const CONFIG_NAME = ".sightline.jsonc";

type RuleLevels = readonly (readonly [RuleId, Level | "off"])[];

export interface AuditConfig {
  /** No configuration above this one counts. */
  readonly root?: boolean;
  /** Configurations that this one builds on, relative to it. */
  readonly extends?: readonly string[];
  readonly rules?: RuleLevels;
  readonly include?: readonly string[];
  readonly ignore?: readonly string[];
  readonly overrides?: readonly { readonly files: readonly string[]; readonly rules: RuleLevels }[];
  readonly components?: readonly string[];
  readonly siteRoots?: readonly string[];
  readonly words?: {
    readonly placeholders?: readonly string[];
    readonly allowed?: readonly string[];
  };
  readonly maxLength?: number;
  readonly title?: "accept" | "report";
  readonly honorOtherTools?: boolean;
  readonly baseline?: string;
}

type Reader = (value: unknown, key: string) => unknown;

const READERS: Readonly<Record<string, Reader>> = {
  $schema: textOf,
  root: flagOf,
  extends: (value, key) => (typeof value === "string" ? [value] : textsOf(value, key)),
  rules: rulesOf,
  include: textsOf,
  ignore: textsOf,
  overrides: (value, key) =>
    listOf(value, key).map((each) => {
      const { files, rules } = fieldsOf(each, key, ["files", "rules"]);
      return { files: textsOf(files, `${key}.files`), rules: rulesOf(rules, `${key}.rules`) };
    }),
  components: textsOf,
  siteRoots: textsOf,
  words: (value, key) => {
    const fields = fieldsOf(value, key, ["placeholders", "allowed"]);
    return Object.fromEntries(
      Object.entries(fields).map(([name, list]) => [name, textsOf(list, `${key}.${name}`)]),
    );
  },
  maxLength: (value, key) => {
    if (Number.isSafeInteger(value) && (value as number) > 0) return value;
    throw new Mistake(`"${key}" must be a whole number above zero`);
  },
  title: (value, key) => oneOf(value, ["accept", "report"], key),
  honorOtherTools: flagOf,
  baseline: textOf,
};

/** Every key that is read; the schema has the same. */
export const CONFIG_KEYS: readonly string[] = Object.keys(READERS);

/** What is wrong, without the file that it is in. */
class Mistake extends Error {}

/** @throws AppError `option.invalid` that names the file, the key and what may stand there. */
export function readConfig(text: string, file: string): AuditConfig {
  try {
    const fields = fieldsOf(parseJsonc(text), "the configuration", CONFIG_KEYS);
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, READERS[key]?.(value, key)]),
    );
  } catch (thrown) {
    const reason = thrown instanceof Mistake ? thrown.message : "it is no JSON with comments";
    throw new AppError("option.invalid", `${file} has a mistake: ${reason}. Correct it.`);
  }
}

function fieldsOf(value: unknown, key: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Mistake(`${key} must be an object`);
  }
  const fields = value as Record<string, unknown>;
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Mistake(unknownName("key", unknown, known));
  return fields;
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  const near = known.find((each) => isNear(each.toLowerCase(), name.toLowerCase()));
  const advice = near === undefined ? `use one of ${known.join(", ")}` : `did you mean "${near}"`;
  return `there is no ${kind} "${name}"; ${advice}`;
}

/** One letter more, less or other, or two that are exchanged. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 2;
}

function rulesOf(value: unknown, key: string): RuleLevels {
  const known = ["off", ...LEVELS] as const;
  return Object.entries(fieldsOf(value, `"${key}"`, RULE_IDS)).map(([id, level]) => {
    return [id as RuleId, oneOf(level, known, `${key}.${id}`)] as const;
  });
}

function oneOf<T extends string>(value: unknown, known: readonly T[], key: string): T {
  const found = known.find((each) => each === value);
  if (found === undefined) throw new Mistake(`"${key}" must be one of ${known.join(", ")}`);
  return found;
}

function listOf(value: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Mistake(`"${key}" must be a list`);
  return value;
}

function textsOf(value: unknown, key: string): string[] {
  return listOf(value, key).map((each) => textOf(each, key));
}

function textOf(value: unknown, key: string): string {
  if (typeof value !== "string") throw new Mistake(`"${key}" must be made of texts`);
  return value;
}

function flagOf(value: unknown, key: string): boolean {
  if (typeof value !== "boolean") throw new Mistake(`"${key}" must be true or false`);
  return value;
}
