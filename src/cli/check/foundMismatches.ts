/** What a model that compares said of the texts of documents. */

import type { Mismatched } from "../../audit/rule";
import type { AltRow } from "../documents/altImages";

/** Of each document, by where the picture begins and what its text is. */
export type FoundMismatches = ReadonlyMap<string, ReadonlyMap<string, Mismatched>>;

/** The text of a picture among others of its document. */
export function mismatchKey({ range: { start }, alt }: Pick<AltRow, "range" | "alt">): string {
  return `${start.line}:${start.character} ${alt ?? ""}`;
}
