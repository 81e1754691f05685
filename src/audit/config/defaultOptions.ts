/** What rules go by where no configuration says otherwise. */

import { MAX_ALT_CHARACTERS } from "../../alt/wording/altText";
import type { RuleOptions } from "../rule";

export const DEFAULT_OPTIONS: RuleOptions = {
  maxLength: MAX_ALT_CHARACTERS,
  title: "accept",
  allowed: new Set(),
  placeholders: new Set(),
};
