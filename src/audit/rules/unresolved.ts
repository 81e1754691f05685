/** A picture whose file is not there. */

import type { AuditPicture, Rule, Violation } from "../rule";
import { quoted } from "../words";

export const unresolved: Rule = {
  id: "unresolved",
  level: "info",
  title: "The picture's file is not there",
  help: "Correct the address, or name the folder that the site serves as its root.",
  criteria: [],
  techniques: [],
  act: [],
  aliases: [],
  check,
};

function check({ reference, resolved }: AuditPicture): Violation | undefined {
  if (resolved.kind !== "unresolved") return undefined;
  return {
    message: `There is no file for ${quoted(reference.target.value)}. Correct the address, or name its folder as a site's root.`,
  };
}
