/** A picture whose file is not there. */

import { say } from "../messages";
import type { AuditPicture, Rule, Violation } from "../rule";

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
  return { says: [say("unresolved", reference.target.value)] };
}
