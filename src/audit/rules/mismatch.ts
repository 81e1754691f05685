/** A text that fits another picture better than its own, as a model that compares says where somebody asked one. */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const mismatch: Rule = {
  id: "mismatch",
  level: "hint",
  title: "A text fits another picture better",
  help: "A model compared the texts with all pictures. It is often wrong: look at both pictures before you change the text.",
  criteria: ["1.1.1"],
  techniques: ["F30", "F20"],
  act: ["qt1vmo"],
  aliases: ["alt-text-quality"],
  isGuess: true,
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const { mismatch: found } = picture;
  const text = judgedText(picture, document);
  if (found === undefined || text === undefined) return undefined;
  return { says: [say(found.kind, text, found.fits)] };
}
