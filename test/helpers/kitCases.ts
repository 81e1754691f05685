/** What transformers answered for the cases of a reference kit. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { kitPath } from "./fixtures";

/** One case of cases.json; generation kits have `generation`, retrieval kits the two scores. */
export interface RecordedCase {
  readonly name: string;
  readonly image: string;
  readonly text: string;
  readonly text_ids: readonly number[];
  readonly itm?: number;
  readonly itc?: number;
  readonly generation?: Readonly<Record<string, RecordedGeneration>>;
}

export interface RecordedGeneration {
  /** One list for each returned sequence. */
  readonly ids: readonly (readonly number[])[];
  readonly text: readonly string[];
}

/** Every case of a kit. */
export function recordedCases(kit: string): readonly RecordedCase[] {
  const text = readFileSync(kitPath(kit, "cases.json"), "utf8");
  return (JSON.parse(text) as { readonly cases: readonly RecordedCase[] }).cases;
}

/** The one case of a picture and a text. */
export function recordedCase(kit: string, image: string, text: string): RecordedCase {
  const found = recordedCases(kit).find((entry) => entry.image === image && entry.text === text);
  assert.ok(found, `${kit} has no case of ${image} with "${text}"`);
  return found;
}

/** The bytes of a kit's picture. */
export function kitPicture(kit: string, image: string): Uint8Array {
  return readFileSync(kitPath(kit, "images", image));
}
