/** A text that was written for an earlier version of its picture (WCAG failure F20), as a repository's history says. */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const stale: Rule = {
  id: "stale",
  level: "hint",
  title: "A picture changed after its text was written",
  help: "See whether the text still says what the picture shows. Correct it, or call it right.",
  criteria: ["1.1.1"],
  techniques: ["F20"],
  act: [],
  aliases: [],
  asks: "history",
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  if (picture.isNewerThanText !== true || text === undefined) return undefined;
  return { says: [say("stale", text)] };
}
