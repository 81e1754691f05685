/** How near a model's captions are to what people wrote: CIDEr over tokenised texts, as for COCO. */

import { ciderScores } from "./cider";
import { meanOf } from "./pythonText";
import { tokenizeCaptions } from "./tokenizer/ptbTokenizer";

/** Of one picture. */
export interface RatedCaption {
  readonly candidate: string;
  readonly references: readonly string[];
}

/** Mean CIDEr; 0 for nothing in common. */
export function rateCaptions(said: readonly RatedCaption[]): number {
  const tokens = (texts: readonly string[]): readonly string[] => tokenizeCaptions(texts).captions;
  const scored = said.map(({ candidate, references }) => ({
    candidate: tokens([candidate])[0] ?? "",
    references: tokens(references),
  }));
  return meanOf(ciderScores(scored));
}
