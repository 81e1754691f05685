/** Every rule of the audit, by its id. */

import type { Rule, RuleId } from "./rule";
import { RULE_IDS } from "./rule";
import { decorativeDoubt } from "./rules/decorativeDoubt";
import { filename } from "./rules/filename";
import { hiddenConflict } from "./rules/hiddenConflict";
import { imageOfText } from "./rules/imageOfText";
import { linkUnnamed } from "./rules/linkUnnamed";
import { mismatch } from "./rules/mismatch";
import { missing } from "./rules/missing";
import { placeholder } from "./rules/placeholder";
import { redundantPrefix } from "./rules/redundantPrefix";
import { repeated } from "./rules/repeated";
import { sameAsText } from "./rules/sameAsText";
import { stale } from "./rules/stale";
import { textLost } from "./rules/textLost";
import { tooLong } from "./rules/tooLong";
import { unresolved } from "./rules/unresolved";

const BY_ID: Readonly<Record<RuleId, Rule>> = {
  missing,
  "link-unnamed": linkUnnamed,
  placeholder,
  filename,
  "text-lost": textLost,
  "hidden-conflict": hiddenConflict,
  "redundant-prefix": redundantPrefix,
  "same-as-text": sameAsText,
  repeated,
  "too-long": tooLong,
  mismatch,
  stale,
  "decorative-doubt": decorativeDoubt,
  "image-of-text": imageOfText,
  unresolved,
};

/** The worst first. */
export const RULES: readonly Rule[] = RULE_IDS.map((id) => BY_ID[id]);

export function ruleOf(id: RuleId): Rule {
  return BY_ID[id];
}

/** W3C's explanations of the success criteria that the rules stand for. */
const UNDERSTANDING: Readonly<Record<string, string>> = {
  "1.1.1": "non-text-content",
  "1.4.5": "images-of-text",
  "2.4.4": "link-purpose-in-context",
  "4.1.2": "name-role-value",
};

/** Where W3C explains what a rule stands for; for advice its tutorial on pictures. */
export function helpAddress(id: RuleId): string {
  const page = UNDERSTANDING[BY_ID[id].criteria[0] ?? ""];
  return page === undefined
    ? "https://www.w3.org/WAI/tutorials/images/"
    : `https://www.w3.org/WAI/WCAG22/Understanding/${page}`;
}
