/** A link or button that shows nothing but pictures without a text has no name (WCAG failure F89). */

import { say } from "../messages";
import type { AuditPicture, Rule, Violation } from "../rule";

export const linkUnnamed: Rule = {
  id: "link-unnamed",
  level: "warn",
  title: "A link or button has no name",
  help: "Give the picture a text that says where the link leads or what the button does.",
  criteria: ["2.4.4", "4.1.2", "1.1.1"],
  techniques: ["F89", "H30", "G91"],
  act: ["c487ae", "97a4e1"],
  // prettier-ignore
  aliases: [
    "link-name", "button-name", "H30.2", "jsx-a11y/anchor-has-content", "GH003", "alt_link_missing",
    "lint/a11y/useAnchorContent",
  ],
  check,
};

function check({ reference }: AuditPicture): Violation | undefined {
  const { altState, alt, around, isHidden, isDecorative } = reference;
  const kind = around?.names;
  if (kind === undefined || altState === "dynamic" || altState === "named") return undefined;
  const isSilent = (alt ?? "").trim() === "" || (isHidden && isDecorative);
  if (!isSilent) return undefined;
  return { says: [say(`unnamed-${kind}`)] };
}
