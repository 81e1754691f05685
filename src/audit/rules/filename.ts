/** A file's name that stands where a text should (WCAG failure F30). */

import { isFileName, isOwnName } from "../../alt/wording/fileNameText";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const filename: Rule = {
  id: "filename",
  level: "warn",
  title: "A file's name stands for a text",
  help: "A name such as IMG_0042 is read out letter by letter. Describe what the picture shows.",
  criteria: ["1.1.1"],
  techniques: ["F30"],
  act: ["9eb3f6"],
  aliases: ["GH001", "img_alt_misuse", "filename-alt-text", "no-default-alt-text"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  if (text === undefined) return undefined;
  if (!isFileName(text) && !isOwnName(text, picture.reference.target)) return undefined;
  return { says: [say("filename", text)] };
}
