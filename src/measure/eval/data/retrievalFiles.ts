/** What retrieval computes of a picture: its pairs with texts, one row each, in any number of files. */

import type { JsonObject } from "../../../base/json";
import { type EvalId, idAt, readEvalJson, rowsOf } from "./evalJson";

/** One text of a picture's pairs. */
export interface ScoredPair {
  /** In the file's order over all pictures, from 0. */
  readonly text: number;
  /** The largest cosine of any query. */
  readonly itc: number;
  /** The logit of a match. */
  readonly itm: number;
}

export interface PictureRow {
  readonly id: EvalId;
  readonly pairs: readonly ScoredPair[];
  readonly file: string;
}

/** Rows `{image_id, pairs: [[text, itc, itm], …]}`. @throws AppError `document.*`. */
export async function readPairs(files: readonly string[], nTexts: number): Promise<PictureRow[]> {
  const all: PictureRow[] = [];
  for (const file of files) {
    for (const row of rowsOf(await readEvalJson(file), file)) {
      const pairs = row.array("pairs").map((pair) => pairOf(row, pair, nTexts));
      all.push({ id: idAt(row, "image_id"), pairs, file });
    }
  }
  return all;
}

function pairOf(row: JsonObject, value: unknown, nTexts: number): ScoredPair {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const [text, itc, itm] = items.filter((item) => typeof item === "number");
  if (text === undefined || itc === undefined || itm === undefined) {
    row.fail("pairs", "lists of three numbers");
  }
  if (!Number.isInteger(text) || text < 0 || text >= nTexts) {
    row.fail("pairs", `of texts with numbers below ${nTexts}`);
  }
  return { text, itc, itm };
}
