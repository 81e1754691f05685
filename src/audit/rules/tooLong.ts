/** A text that is longer than a listener keeps in mind; a longer description belongs into the page. */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const tooLong: Rule = {
  id: "too-long",
  level: "hint",
  title: "A text is very long",
  help: "Keep the text short and put a long description into the page, where it can be read piece by piece.",
  criteria: [],
  techniques: ["G92", "G73", "G74"],
  act: [],
  aliases: ["alt_long"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  const nCharacters = text === undefined ? 0 : Array.from(text).length;
  if (nCharacters <= document.options.maxLength) return undefined;
  return { says: [say("too-long", String(nCharacters), String(document.options.maxLength))] };
}
