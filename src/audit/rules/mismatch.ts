/** A text that fits another picture better than its own, as a model that compares says where somebody asked one. */

import { canSetAlt, setAlt } from "../../alt/edit/editAlt";
import { isAbout } from "../comparable";
import { say } from "../messages";
import type { AuditDocument, AuditPicture, Fix, Rule, Violation } from "../rule";
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
  asks: "model",
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const { mismatch: found } = picture;
  const text = judgedText(picture, document);
  if (found === undefined || text === undefined) return undefined;
  const partner = partnerOf(picture, document);
  return {
    says: [say(found.kind, text, found.fits)],
    ...(partner === undefined
      ? {}
      : { related: [partner], fixes: () => exchange(picture, partner, document) }),
  };
}

/** The picture of the same document with which the text was swapped. */
function partnerOf(
  { mismatch: found, reference }: AuditPicture,
  { pictures }: AuditDocument,
): AuditPicture | undefined {
  const partner = found?.partner;
  if (partner === undefined || partner.document !== undefined) return undefined;
  return pictures.find((other) => other.reference !== reference && isAbout(partner, other));
}

/** Each picture gets the other's text, in one step. What a model says is for people to judge. */
function exchange(picture: AuditPicture, partner: AuditPicture, { text }: AuditDocument): Fix[] {
  const [own, other] = [picture.reference, partner.reference];
  if (!canSetAlt(own) || !canSetAlt(other)) return [];
  const edits = [...setAlt(text, own, other.alt ?? ""), ...setAlt(text, other, own.alt ?? "")].sort(
    (a, b) => a.start - b.start,
  );
  return [{ kind: "exchange", title: "Exchange the two texts", edits, isSafe: false, partner }];
}
