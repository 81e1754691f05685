/** Which of the rules another tool's finding is, by the names that the rules' own table lists. */

import type { RuleId } from "./rule";
import { RULES } from "./ruleTable";

/**
 * Rules by the code that a linter puts to its finding in an editor, such as `MD045/no-alt-text`,
 * `jsx-a11y/alt-text` or `lint/a11y/useAltText`; none where it is about something else.
 */
export function rulesOfCode(code: string): readonly RuleId[] {
  const parts = partsOf(code);
  return RULES.filter(({ aliases }) => aliases.some((alias) => isNamed(partsOf(alias), parts))).map(
    ({ id }) => id,
  );
}

/** The name itself, whatever stands before it: tools put their own name, a plugin's or a group's there. */
function isNamed(alias: readonly string[], parts: readonly string[]): boolean {
  return parts.includes(alias.at(-1) ?? "");
}

/** Svelte changed its underscores to hyphens, and tools differ in capitals. */
function partsOf(name: string): string[] {
  return name
    .toLowerCase()
    .replaceAll("_", "-")
    .split(/[/()]/)
    .filter((part) => part !== "");
}
