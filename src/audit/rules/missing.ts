/** A picture without a text: readers hear its file's name, or nothing (WCAG failure F65). */

import { canSetAlt, setAlt } from "../../alt/edit/editAlt";
import { oneLineText } from "../../alt/edit/escape";
import type { ImageReference, TextEdit } from "../../alt/imageReference";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Fix, Rule, Violation } from "../rule";

export const missing: Rule = {
  id: "missing",
  level: "warn",
  title: "A picture has no text",
  help: "Say in a few words what the picture shows or does. Mark it as decorative where it says nothing.",
  criteria: ["1.1.1"],
  techniques: ["F65", "H37", "H36", "H24", "H53", "ARIA6", "ARIA10", "G94", "G95"],
  act: ["23a2a8", "59796f", "8fc3b6", "7d6734"],
  // prettier-ignore
  aliases: [
    "image-alt", "input-image-alt", "area-alt", "object-alt", "svg-img-alt", "role-img-alt",
    "img_alt_valid", "imagebutton_alt_exists", "H37", "jsx-a11y/alt-text", "MD045",
    "no-alt-text", "markdown/require-alt-text", "no-empty-image-alt-text", "lint/a11y/useAltText",
    "jsx-a11y(alt-text)", "vuejs-accessibility/alt-text", "@angular-eslint/template/alt-text",
    "require-valid-alt-text", "a11y_missing_attribute", "a11y-missing-attribute", "require-img-alt",
    "alt-require", "html-img-require-alt", "AsciiDoc.ImageContainsAltText", "ContentDescription",
    "missing-alt-text", "img-alt", "text-alternatives", "h36",
  ],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const { reference } = picture;
  const { around = {} } = reference;
  const title = oneLineText(around.title ?? "");
  const isTitled = reference.altState === "named" && title !== "";
  if (!(isTitled && document.options.title === "report") && !hasNoText(reference)) return undefined;
  if (title !== "") {
    return {
      says: [say("missing-title", title)],
      fixes: () => titleFixes(reference, title, document.text),
    };
  }
  const heard = around.fallback === undefined ? [] : [say("heard-instead", around.fallback)];
  return {
    says: [say(around.names === undefined ? "missing" : `missing-${around.names}`), ...heard],
  };
}

function hasNoText({ altState, alt, isDecorative, isHidden, around }: ImageReference): boolean {
  if (isDecorative || isHidden || around?.isOptional === true) return false;
  return altState === "absent" || (altState === "text" && oneLineText(alt ?? "") === "");
}

/** The title becomes the text; where it stands alone for that it goes. */
function titleFixes(reference: ImageReference, title: string, text: string): Fix[] {
  if (!canSetAlt(reference)) return [];
  const edits = [...setAlt(text, reference, title), ...withoutTitle(reference, text)];
  return [{ kind: "moveTitle", title: "Move the title into the text", edits, isSafe: true }];
}

function withoutTitle({ captionSlot }: ImageReference, text: string): TextEdit[] {
  if (captionSlot.form !== "markdown" || captionSlot.title === null) return [];
  const { start, end } = captionSlot.title;
  if (end === start) return [];
  const before = text.slice(0, start);
  return [{ start: before.trimEnd().length, end, newText: "" }];
}
