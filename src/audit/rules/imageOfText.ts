/** A picture of words, as a model says where somebody asked one: words on a page can be enlarged, copied and read out. */

import { say } from "../messages";
import type { AuditPicture, Rule, Violation } from "../rule";

export const imageOfText: Rule = {
  id: "image-of-text",
  level: "hint",
  title: "A picture shows words",
  help: "Write the words into the page and style them there. A logo, or a screenshot whose look matters, may stay.",
  criteria: ["1.4.5"],
  techniques: ["C30", "G140"],
  act: ["0va7u6"],
  aliases: [],
  asks: "model",
  check,
};

function check({ reference, seen }: AuditPicture): Violation | undefined {
  if (seen !== "text" || reference.isHidden || reference.isDecorative) return undefined;
  return { says: [say("image-of-text")] };
}
