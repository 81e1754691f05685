/** A text of which the syntax drops a part, so that readers hear another one than was written. */

import { canSetAlt, setAlt } from "../../alt/edit/editAlt";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";

export const textLost: Rule = {
  id: "text-lost",
  level: "warn",
  title: "The syntax drops a part of the text",
  help: "A comma, an equals sign or a quote ends a text that is not in quotes. Quote the text.",
  criteria: ["1.1.1"],
  techniques: ["F30", "F65"],
  act: [],
  aliases: [],
  check,
};

function check({ reference }: AuditPicture, { text }: AuditDocument): Violation | undefined {
  const lost = reference.around?.lost;
  if (lost === undefined) return undefined;
  const { written, meant } = lost;
  return {
    says: [
      reference.alt === null ? say("lost-all", written) : say("lost-part", written, reference.alt),
    ],
    fixes: () =>
      meant === null || !canSetAlt(reference)
        ? []
        : [
            {
              kind: "quote",
              title: "Quote the text",
              edits: setAlt(text, reference, meant),
              isSafe: true,
            },
          ],
  };
}
