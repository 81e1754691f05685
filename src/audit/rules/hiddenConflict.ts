/** A text on a picture that its own role or attribute hides: one of the two is a mistake. */

import { oneLineText } from "../../alt/edit/escape";
import { say } from "../messages";
import type { AuditPicture, Rule, Violation } from "../rule";

export const hiddenConflict: Rule = {
  id: "hidden-conflict",
  level: "info",
  title: "A hidden picture has a text",
  help: "A picture for everybody must not be hidden, and a decorative one needs no text. Take one away.",
  criteria: ["1.1.1", "4.1.2"],
  techniques: ["F39", "H67"],
  act: ["46ca7f"],
  aliases: ["img_alt_null", "H67.1", "presentation-role-conflict"],
  check,
};

function check({ reference }: AuditPicture): Violation | undefined {
  const { altState, alt, around } = reference;
  const text = oneLineText(alt ?? "");
  if (around?.isHiddenItself !== true || altState !== "text" || text === "") return undefined;
  return { says: [say("hidden", text)] };
}
