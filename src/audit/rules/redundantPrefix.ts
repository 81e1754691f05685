/** "Image of" and its kin: a screen reader says by itself that it is a picture. */

import { canSetAlt, setAlt } from "../../alt/edit/editAlt";
import { redundantPrefix as prefixOf } from "../../alt/wording/altText";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";

export const redundantPrefix: Rule = {
  id: "redundant-prefix",
  level: "info",
  title: "A text begins with “image of” or the like",
  help: "Screen readers say “image” by themselves. Begin with what the picture shows.",
  criteria: [],
  techniques: [],
  act: [],
  aliases: ["jsx-a11y/img-redundant-alt", "lint/a11y/noRedundantAlt", "a11y_img_redundant_alt"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  const prefix = text === undefined ? "" : prefixOf(text);
  if (text === undefined || prefix === "") return undefined;
  const { reference } = picture;
  const [first = "", ...others] = Array.from(text.slice(prefix.length).trim());
  const rest = first.toUpperCase() + others.join("");
  return {
    says: [say("prefix", prefix.trim())],
    fixes: () =>
      rest === "" || !canSetAlt(reference)
        ? []
        : [
            {
              kind: "dropPrefix",
              title: `Remove “${prefix.trim()}”`,
              edits: setAlt(document.text, reference, rest),
              isSafe: true,
            },
          ],
  };
}
