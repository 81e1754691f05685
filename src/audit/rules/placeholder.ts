/** Words that stand where a description should (WCAG failures F30 and F39). */

import { isPlaceholder } from "../../alt/wording/placeholderText";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const placeholder: Rule = {
  id: "placeholder",
  level: "warn",
  title: "A placeholder stands for a text",
  help: "Words such as “image” or “alt text” say nothing of a picture. Describe what it shows.",
  criteria: ["1.1.1"],
  techniques: ["F30", "F39"],
  act: ["qt1vmo"],
  aliases: ["alt_suspicious", "placeholder-alt-text", "vague-alt-text"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  if (text === undefined) return undefined;
  const isKnown = document.options.placeholders.has(text.toLowerCase());
  if (!isKnown && !isPlaceholder(text)) return undefined;
  return { says: [say("placeholder", text)] };
}
