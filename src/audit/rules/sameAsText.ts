/** A text that repeats the caption, or the words right beside the picture: readers hear them twice. */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { folded, judgedText } from "../words";
import { decorativeFix } from "./decorativeFix";

export const sameAsText: Rule = {
  id: "same-as-text",
  level: "info",
  title: "A text repeats the words beside the picture",
  help: "Say what the picture shows beyond these words, or mark it as decorative.",
  criteria: ["1.1.1"],
  techniques: ["H2", "G196"],
  act: [],
  aliases: ["image-redundant-alt", "img_alt_redundant", "H2.EG3", "alt_duplicate", "alt_redundant"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  if (text === undefined) return undefined;
  const { caption, beside } = picture.reference.around ?? {};
  const words = folded(text);
  const isCaption = words !== "" && folded(caption ?? "") === words;
  if (!isCaption && (words === "" || folded(beside ?? "") !== words)) return undefined;
  return {
    says: [say(isCaption ? "same-as-caption" : "same-as-beside", text)],
    // Whether a picture with a caption is decoration, only its author knows.
    fixes: () => decorativeFix(picture, document, !isCaption),
  };
}
