/** What a model that compares said of pictures and their texts. */

import type { AuditPicture } from "../../audit/rule";
import type { AltRow } from "../documents/altImages";

/** Of each document, by where the picture begins and what its text is. */
export type SaidByModel = ReadonlyMap<string, ReadonlyMap<string, SaidOfPicture>>;

export type SaidOfPicture = Pick<AuditPicture, "mismatch" | "seen">;

/** The text of a picture among others of its document. */
export function pictureKey({ range: { start }, alt }: Pick<AltRow, "range" | "alt">): string {
  return `${start.line}:${start.character} ${alt ?? ""}`;
}
